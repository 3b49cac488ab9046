import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import type { KeyedCertificate } from '../../pki/index.ts'

const PRIVATE_DIRECTORY = 0o700

export const AUTHORITY = { certificate: 'ca.crt', privateKey: 'ca.key' }
export const SERVING = { certificate: 'apiserver.crt', privateKey: 'apiserver.key' }
export const ADMIN = { certificate: 'admin.crt', privateKey: 'admin.key' }
/** Certificate of an authority of which nobody has the key. */
export const FRONT_PROXY_AUTHORITY = 'front-proxy-ca.crt'
export const SERVICE_ACCOUNT_KEY = 'sa.key'

/** Undefined when neither is there. */
export async function readPair(
  directory: string,
  names: { readonly certificate: string; readonly privateKey: string },
): Promise<KeyedCertificate | undefined> {
  const certificateFile = path.join(directory, names.certificate)
  const keyFile = path.join(directory, names.privateKey)
  const [certificatePem, privateKeyPem] = [await readIfThere(certificateFile), await readIfThere(keyFile)]
  // The certificate is written last: a key alone is what a start left behind that did not get there.
  if (certificatePem === undefined) return undefined
  if (privateKeyPem === undefined) {
    throw new ConfigError(
      `${certificateFile} has no key beside it: put ${keyFile} back, or remove both to have new ones made`,
    )
  }
  return { certificatePem, privateKeyPem }
}

export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigError(`cannot read ${file}: ${errorMessage(cause)}`, { cause })
  }
}

/** What somebody can do about a file that could not be written. */
export function unwritable(file: string, cause: unknown): ConfigError {
  return new ConfigError(
    `cannot write ${file}: ${errorMessage(cause)}; give a data directory with room that this user may write to`,
    { cause },
  )
}

export async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY })
  } catch (cause) {
    throw new ConfigError(
      `cannot make ${directory}: ${errorMessage(cause)}; give a data directory that this user may write to`,
      { cause },
    )
  }
}
