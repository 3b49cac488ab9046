import type { KeyObject } from 'node:crypto'
import path from 'node:path'
import { ConfigError } from '../../common/errors.ts'
import {
  CertificateAuthority,
  type KeyedCertificate,
  parsePrivateKey,
  type SubjectAltNames,
  type WallClock,
  writePrivateFile,
} from '../../pki/index.ts'
import {
  ADMIN,
  AUTHORITY,
  FRONT_PROXY_AUTHORITY,
  makeDirectory,
  readIfThere,
  readPair,
  SERVICE_ACCOUNT_KEY,
  SERVING,
  unwritable,
} from './credential-store.ts'
import { isDue } from './is-due.ts'
import { kubeconfig } from './kubeconfig.ts'
import { makeCredentialsAside } from './make-aside.ts'

export interface CredentialsOptions {
  /** Of the cluster in the kubeconfig. @default 'controlplane' */
  readonly clusterName?: string
  /** Where clients reach us, such as `https://127.0.0.1:6443`. */
  readonly server: string
  /** What the serving certificate is good for. */
  readonly names: Required<SubjectAltNames>
  readonly clock: WallClock
}

/** Everything that is kept in the directory. */
interface KeptCredentials {
  readonly authority: KeyedCertificate
  readonly frontProxyCertificatePem: string
  readonly serving: KeyedCertificate
  readonly admin: KeyedCertificate
  readonly serviceAccountKey: KeyObject
}

/**
 * Who the control plane is: its authority, which certifies servers and clients, its serving certificate, the key by which it signs
 * service account tokens, and the administrator's kubeconfig. Made at the first start and kept in the data directory from then on;
 * only the serving certificate is ever replaced.
 */
export class ControlPlaneCredentials {
  readonly authority: CertificateAuthority
  /** Of the authority for proxies that speak for others: there are none, and nobody has its key. */
  readonly frontProxyCertificatePem: string
  readonly serviceAccountKey: KeyObject
  readonly kubeconfigFile: string
  readonly #directory: string
  readonly #options: CredentialsOptions
  #serving: KeyedCertificate

  /** @throws ConfigError that names the file which cannot be read or written */
  static async open(dataDirectory: string, options: CredentialsOptions): Promise<ControlPlaneCredentials> {
    const directory = path.join(dataDirectory, 'pki')
    await makeDirectory(directory)
    const kept = await readOrMake(directory, options)
    const credentials = new ControlPlaneCredentials(kept, dataDirectory, options)
    await credentials.#writeKubeconfig(kept.admin)
    return credentials
  }

  private constructor(
    { authority, frontProxyCertificatePem, serving, serviceAccountKey }: KeptCredentials,
    dataDirectory: string,
    options: CredentialsOptions,
  ) {
    this.authority = CertificateAuthority.load(authority, { clock: options.clock })
    this.frontProxyCertificatePem = frontProxyCertificatePem
    this.serviceAccountKey = serviceAccountKey
    this.#serving = serving
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
    if (!isDue(this.#serving.certificatePem, names, clock.now())) return false
    const { serving } = await readOrMake(this.#directory, this.#options)
    this.#serving = serving
    return true
  }

  /** Anew at every start, since the address may be another; the identity in it stays. */
  async #writeKubeconfig(admin: KeyedCertificate): Promise<void> {
    const { clusterName: name = 'controlplane', server } = this.#options
    const contents = { name, server, caPem: this.authority.certificatePem, ...admin }
    try {
      await writePrivateFile(this.kubeconfigFile, kubeconfig(contents))
    } catch (cause) {
      throw unwritable(this.kubeconfigFile, cause)
    }
  }
}

async function readOrMake(
  directory: string,
  { names, clock }: Pick<CredentialsOptions, 'names' | 'clock'>,
): Promise<KeptCredentials> {
  const kept = await readKept(directory)
  if (kept && !isDue(kept.serving.certificatePem, names, clock.now())) return kept
  await makeCredentialsAside(directory, { names, nowMs: clock.now() })
  const made = await readKept(directory)
  if (!made) throw new ConfigError(`the credentials in ${directory} were removed while they were being made`)
  return made
}

/** Undefined unless all are there. */
async function readKept(directory: string): Promise<KeptCredentials | undefined> {
  const keyFile = path.join(directory, SERVICE_ACCOUNT_KEY)
  const [authority, frontProxyCertificatePem, serving, admin, key] = await Promise.all([
    readPair(directory, AUTHORITY),
    readIfThere(path.join(directory, FRONT_PROXY_AUTHORITY)),
    readPair(directory, SERVING),
    readPair(directory, ADMIN),
    readIfThere(keyFile),
  ])
  if (!authority || frontProxyCertificatePem === undefined || !serving || !admin || key === undefined)
    return undefined
  const serviceAccountKey = parsePrivateKey(key, keyFile)
  return { authority, frontProxyCertificatePem, serving, admin, serviceAccountKey }
}
