import path from 'node:path'
import {
  CA_VALIDITY_MS,
  CertificateAuthority,
  encodePrivateKey,
  generatePrivateKey,
  type SubjectAltNames,
  type WallClock,
  writeCredentialFiles,
  writePrivateFile,
} from '../../pki/index.ts'
import {
  ADMIN,
  AUTHORITY,
  FRONT_PROXY_AUTHORITY,
  readIfThere,
  readPair,
  SERVICE_ACCOUNT_KEY,
  SERVING,
  unwritable,
} from './credential-store.ts'
import { isDue } from './is-due.ts'

export interface MakeCredentialsOptions {
  /** What the serving certificate is good for. */
  readonly names: Required<SubjectAltNames>
  readonly nowMs: number
}

/**
 * Makes what a directory does not have of a control plane's credentials, and a new serving certificate where that is due.
 *
 * @throws ConfigError that names the file which cannot be read or written
 */
export async function makeCredentials(
  directory: string,
  { names, nowMs }: MakeCredentialsOptions,
): Promise<void> {
  const clock: WallClock = { now: () => nowMs }
  const authority = await openAuthority(directory, clock)
  await makeUnlessThere(path.join(directory, FRONT_PROXY_AUTHORITY), () => frontProxyCertificate(clock))
  await makeUnlessThere(path.join(directory, SERVICE_ACCOUNT_KEY), async () =>
    encodePrivateKey(await generatePrivateKey()),
  )
  const serving = await readPair(directory, SERVING)
  if (!serving || isDue(serving.certificatePem, names, nowMs))
    await writeCredentialFiles(
      directory,
      await authority.issueServerCertificate({ commonName: 'kube-apiserver', ...names }),
      SERVING,
    )
  if (!(await readPair(directory, ADMIN)))
    await writeCredentialFiles(
      directory,
      await authority.issueClientCertificate({
        commonName: 'system:admin',
        organizations: ['system:masters'],
        validityMs: CA_VALIDITY_MS,
      }),
      ADMIN,
    )
}

async function openAuthority(directory: string, clock: WallClock): Promise<CertificateAuthority> {
  const kept = await readPair(directory, AUTHORITY)
  if (kept) return CertificateAuthority.load(kept, { clock })
  const authority = await CertificateAuthority.create({ commonName: 'controlplane-ca' }, { clock })
  await writeCredentialFiles(directory, authority, AUTHORITY)
  return authority
}

async function makeUnlessThere(file: string, make: () => Promise<string>): Promise<void> {
  if ((await readIfThere(file)) !== undefined) return
  const content = await make()
  try {
    await writePrivateFile(file, content)
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

/** Its key is forgotten at once: nobody speaks for others, and yet there is an authority that says so. */
async function frontProxyCertificate(clock: WallClock): Promise<string> {
  const { certificatePem } = await CertificateAuthority.create({ commonName: 'front-proxy-ca' }, { clock })
  return certificatePem
}
