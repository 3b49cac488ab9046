import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError, errorMessage } from '../common/errors.ts'
import { makeDirectory } from '../common/make-directory.ts'

const PRIVATE_MODE = 0o600
const PUBLIC_MODE = 0o644

/** PEM contents. `caPem` is the bundle that the owner verifies its peers by. */
export interface Credentials {
  readonly certificatePem: string
  readonly privateKeyPem: string
  readonly caPem?: string
}

/** File names inside the directory. The defaults are the keys of a Kubernetes TLS Secret. */
export interface CredentialFileNames {
  /** @default 'tls.crt' */
  readonly certificate?: string
  /** @default 'tls.key' */
  readonly privateKey?: string
  /** @default 'ca.crt' */
  readonly ca?: string
}

/** Absolute or relative as the directory was. `caFile` is where a bundle is, or would be if one is written later. */
export interface CredentialFiles {
  readonly certificateFile: string
  readonly privateKeyFile: string
  readonly caFile: string
}

/**
 * Writes credentials where processes re-read them: each file appears whole or not at all, keys with mode 0600 from
 * their first byte on, certificates 0644. Key and certificate are two files and cannot change in one step; the
 * certificate is written last, so that whoever watches it finds its key beside it.
 */
export async function writeCredentialFiles(
  dir: string,
  credentials: Credentials,
  names: CredentialFileNames = {},
): Promise<CredentialFiles> {
  const files = {
    certificateFile: path.join(dir, names.certificate ?? 'tls.crt'),
    privateKeyFile: path.join(dir, names.privateKey ?? 'tls.key'),
    caFile: path.join(dir, names.ca ?? 'ca.crt'),
  }
  try {
    await makeDirectory(dir)
    if (credentials.caPem !== undefined)
      await writeFileAtomically(files.caFile, credentials.caPem, PUBLIC_MODE)
    await writeFileAtomically(files.privateKeyFile, credentials.privateKeyPem, PRIVATE_MODE)
    await writeFileAtomically(files.certificateFile, credentials.certificatePem, PUBLIC_MODE)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const cure = ['ENOSPC', 'EDQUOT'].includes(code ?? '')
      ? 'make some room, or give another directory'
      : 'give a directory that this user may write to'
    throw new ConfigError(`cannot write credentials to "${dir}": ${errorMessage(cause)}; ${cure}`, { cause })
  }
  return files
}

/** Writes a file that only its owner may read: whole or not at all, and on the disk when this resolves. */
export function writePrivateFile(file: string, content: string): Promise<void> {
  return writeFileAtomically(file, content, PRIVATE_MODE)
}

async function writeFileAtomically(file: string, content: string, mode: number): Promise<void> {
  const temporary = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`,
  )
  try {
    const handle = await open(temporary, 'wx', PRIVATE_MODE)
    try {
      await handle.writeFile(content)
      await handle.chmod(mode) // after the umask, which `open` obeys and a shared certificate must not
      await handle.sync() // the rename must not survive a power loss that the content does not
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
