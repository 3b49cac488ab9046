import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Secret } from '../../apis/core/v1.ts'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { makeDirectory } from '../../common/make-directory.ts'
import { writePrivateFile } from '../../pki/index.ts'
import { CERTIFICATE_KEY } from './hub-kubeconfig.ts'

const PRIVATE_DIRECTORY = 0o700

/**
 * Writes each entry of a Secret into a file of the directory that only the owner can read; what is the same already is left.
 * The certificate comes last, so that whoever watches it finds its key beside it. Files are never removed.
 */
export async function writeSecretFiles(dir: string, { data = {} }: Secret): Promise<void> {
  try {
    await makeDirectory(dir, PRIVATE_DIRECTORY)
    const keys = Object.keys(data).toSorted(
      (one, other) => Number(one === CERTIFICATE_KEY) - Number(other === CERTIFICATE_KEY),
    )
    for (const key of keys) await writeIfChanged(path.join(dir, path.basename(key)), data[key] ?? '')
  } catch (cause) {
    throw new ConfigError(
      `cannot write the hub's credentials to ${JSON.stringify(dir)}: ${errorMessage(cause)}; give a directory that this user may write to`,
      { cause },
    )
  }
}

async function writeIfChanged(file: string, base64: string): Promise<void> {
  const content = Buffer.from(base64, 'base64').toString()
  const existing = await readFile(file, 'utf8').catch(() => undefined)
  if (existing !== content) await writePrivateFile(file, content)
}
