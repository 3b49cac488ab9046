import type { Secret } from '../apis/core/v1.ts'
import type { Logger } from '../common/log.ts'
import type { ControlPlane } from '../controlplane/index.ts'
import { type ClusterAccess, KubeClient } from '../kube/index.ts'
import { KubeControllers, type TokenFiller } from '../kube-controllers/index.ts'
import type { CertificateAuthority } from '../pki/index.ts'
import { RELEASE } from './version.ts'

/** Nobody but this process has the key, and it is made anew at every start. */
const IDENTITY = { commonName: 'system:kube-controller-manager', organizations: ['system:masters'] }
const VALIDITY_MS = 10 * 365 * 24 * 60 * 60_000

/** There is nobody to be fair to but ourselves: the server says when it has enough. */
const NO_LIMIT = -1

export interface ControlPlaneControllersComponents {
  readonly log: Logger
  /** Started, and stopped after these. */
  readonly controlPlane: ControlPlane
  readonly authority: CertificateAuthority
}

export interface ControlPlaneControllersOptions {
  /** Where this process reaches its own server, such as `https://127.0.0.1:6443`. */
  readonly server: string
  /** As `--controllers`. */
  readonly controllers: readonly string[]
}

/** The controllers that run beside an API server in its process, and their client. */
export class ControlPlaneControllers {
  readonly #components: ControlPlaneControllersComponents
  readonly #options: ControlPlaneControllersOptions
  #running: { readonly client: KubeClient; readonly controllers: KubeControllers } | undefined

  constructor(components: ControlPlaneControllersComponents, options: ControlPlaneControllersOptions) {
    this.#components = components
    this.#options = options
  }

  async start(): Promise<void> {
    const { log, authority, controlPlane } = this.#components
    const access = await this.#access()
    const client = new KubeClient(
      { readAccess: async () => access, log },
      { qps: NO_LIMIT, userAgent: `kube-controller-manager/${RELEASE}` },
    )
    await client.start()
    const tokens = tokenFillerOf(controlPlane)
    const { controllers: selection } = this.#options
    const controllers = new KubeControllers({ client, authority, tokens, log }, { controllers: selection })
    controllers.start()
    this.#running = { client, controllers }
  }

  async stop(): Promise<void> {
    await this.#running?.controllers.stop()
    await this.#running?.client.stop()
    this.#running = undefined
  }

  async #access(): Promise<ClusterAccess> {
    const { authority } = this.#components
    const { certificatePem: cert, privateKeyPem: key } = await authority.issueClientCertificate({
      ...IDENTITY,
      validityMs: VALIDITY_MS,
    })
    const tls = { ca: authority.certificatePem, cert, key, rejectUnauthorized: true }
    return { server: new URL(this.#options.server), tls }
  }
}

/** Both sides mean the same objects: one knows them as JSON, the other by their kinds. */
function tokenFillerOf(controlPlane: ControlPlane): TokenFiller {
  type Stored = Parameters<ControlPlane['fillTokenSecret']>[0]
  return {
    fillTokenSecret: async (secret, account) => {
      const [stored, owner] = [secret, account] as unknown as [Stored, Stored]
      return (await controlPlane.fillTokenSecret(stored, owner)) as unknown as Secret
    },
  }
}
