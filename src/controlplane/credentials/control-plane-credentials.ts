import { type KeyObject, X509Certificate } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import {
  CA_VALIDITY_MS,
  CertificateAuthority,
  encodePrivateKey,
  generatePrivateKey,
  type KeyedCertificate,
  parsePrivateKey,
  type SubjectAltNames,
  type WallClock,
  writeCredentialFiles,
  writePrivateFile,
} from '../../pki/index.ts'
import { kubeconfig } from './kubeconfig.ts'

const PRIVATE_DIRECTORY = 0o700

/** A serving certificate is replaced when this part of its life is left. */
const RENEW_BELOW = 0.3

const AUTHORITY = { certificate: 'ca.crt', privateKey: 'ca.key' }
const SERVING = { certificate: 'apiserver.crt', privateKey: 'apiserver.key' }

export interface CredentialsOptions {
  /** Of the cluster in the kubeconfig. @default 'controlplane' */
  readonly clusterName?: string
  /** Where clients reach us, such as `https://127.0.0.1:6443`. */
  readonly server: string
  /** What the serving certificate is good for. */
  readonly names: Required<SubjectAltNames>
  readonly clock: WallClock
}

/**
 * Who the control plane is: its authority, which certifies servers and clients, its serving certificate, the key by which it signs
 * service account tokens, and the administrator's kubeconfig. Made at the first start and kept in the data directory from then on;
 * only the serving certificate is ever replaced.
 */
export class ControlPlaneCredentials {
  readonly authority: CertificateAuthority
  readonly serviceAccountKey: KeyObject
  readonly kubeconfigFile: string
  readonly #directory: string
  readonly #options: CredentialsOptions
  #serving: KeyedCertificate

  /** @throws ConfigError that names the file which cannot be read or written */
  static async open(dataDirectory: string, options: CredentialsOptions): Promise<ControlPlaneCredentials> {
    const directory = path.join(dataDirectory, 'pki')
    await makeDirectory(directory)
    const authority = await openAuthority(directory, options.clock)
    const serving =
      (await readPair(directory, SERVING)) ?? (await issueServing(directory, authority, options))
    const credentials = new ControlPlaneCredentials(
      { authority, serving, serviceAccountKey: await openServiceAccountKey(directory) },
      dataDirectory,
      options,
    )
    await credentials.renewServing()
    await credentials.#writeKubeconfig()
    return credentials
  }

  private constructor(
    components: {
      readonly authority: CertificateAuthority
      readonly serving: KeyedCertificate
      readonly serviceAccountKey: KeyObject
    },
    dataDirectory: string,
    options: CredentialsOptions,
  ) {
    this.authority = components.authority
    this.serviceAccountKey = components.serviceAccountKey
    this.#serving = components.serving
    this.#directory = path.join(dataDirectory, 'pki')
    this.#options = options
    this.kubeconfigFile = path.join(dataDirectory, 'admin.kubeconfig')
  }

  get serving(): KeyedCertificate {
    return this.#serving
  }

  /** Replaces the serving certificate when it is due, or not good for our names. True when it did. */
  async renewServing(): Promise<boolean> {
    const { names, clock } = this.#options
    if (!isDue(new X509Certificate(this.#serving.certificatePem), names, clock.now())) return false
    this.#serving = await issueServing(this.#directory, this.authority, this.#options)
    return true
  }

  /** Anew at every start, since the address may be another; the identity in it stays. */
  async #writeKubeconfig(): Promise<void> {
    const name = this.#options.clusterName ?? 'controlplane'
    const admin =
      (await readPair(this.#directory, { certificate: 'admin.crt', privateKey: 'admin.key' })) ??
      (await this.#issueAdmin())
    const contents = { name, server: this.#options.server, caPem: this.authority.certificatePem, ...admin }
    await writeFileOrSay(this.kubeconfigFile, kubeconfig(contents))
  }

  async #issueAdmin(): Promise<KeyedCertificate> {
    const admin = await this.authority.issueClientCertificate({
      commonName: 'system:admin',
      organizations: ['system:masters'],
      validityMs: CA_VALIDITY_MS,
    })
    await writeCredentialFiles(this.#directory, admin, { certificate: 'admin.crt', privateKey: 'admin.key' })
    return admin
  }
}

async function openAuthority(directory: string, clock: WallClock): Promise<CertificateAuthority> {
  const kept = await readPair(directory, AUTHORITY)
  if (kept) return CertificateAuthority.load(kept, { clock })
  const authority = await CertificateAuthority.create({ commonName: 'controlplane-ca' }, { clock })
  await writeCredentialFiles(directory, authority, AUTHORITY)
  return authority
}

async function openServiceAccountKey(directory: string): Promise<KeyObject> {
  const file = path.join(directory, 'sa.key')
  const pem = await readIfThere(file)
  if (pem !== undefined) return parsePrivateKey(pem, file)
  const key = await generatePrivateKey()
  await writeFileOrSay(file, encodePrivateKey(key))
  return key
}

async function issueServing(
  directory: string,
  authority: CertificateAuthority,
  { names }: CredentialsOptions,
): Promise<KeyedCertificate> {
  const serving = await authority.issueServerCertificate({ commonName: 'kube-apiserver', ...names })
  await writeCredentialFiles(directory, serving, SERVING)
  return serving
}

function isDue(certificate: X509Certificate, names: Required<SubjectAltNames>, now: number): boolean {
  const { dnsNames, ipAddresses } = names
  const from = certificate.validFromDate.getTime()
  const to = certificate.validToDate.getTime()
  if (to - now < (to - from) * RENEW_BELOW) return true
  return (
    dnsNames.some((name) => certificate.checkHost(name) === undefined) ||
    ipAddresses.some((address) => certificate.checkIP(address) === undefined)
  )
}

/** Undefined when neither is there. */
async function readPair(
  directory: string,
  names: { readonly certificate: string; readonly privateKey: string },
): Promise<KeyedCertificate | undefined> {
  const [certificateFile, keyFile] = [names.certificate, names.privateKey].map((name) =>
    path.join(directory, name),
  ) as [string, string]
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

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigError(`cannot read ${file}: ${errorMessage(cause)}`, { cause })
  }
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY })
  } catch (cause) {
    throw new ConfigError(
      `cannot make ${directory}: ${errorMessage(cause)}; give a data directory that this user may write to`,
      { cause },
    )
  }
}

async function writeFileOrSay(file: string, content: string): Promise<void> {
  try {
    await writePrivateFile(file, content)
  } catch (cause) {
    throw new ConfigError(`cannot write ${file}: ${errorMessage(cause)}`, { cause })
  }
}
