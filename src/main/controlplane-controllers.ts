import type { Secret } from '../apis/core/v1.ts'
import type { Logger } from '../common/log.ts'
import type { ControlPlane } from '../controlplane/index.ts'
import { KubeClient, KubeMetrics } from '../kube/index.ts'
import { KubeControllers, type TokenFiller } from '../kube-controllers/index.ts'
import type { CertificateAuthority } from '../pki/index.ts'
import { InProcessTransport } from './in-process-transport.ts'
import { RELEASE } from './version.ts'

const USER = { name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'] }

/** Nobody connects to it. */
const SERVER = new URL('http://in-process')

/** There is nobody to be fair to but ourselves: the server says when it has enough. */
const NO_LIMIT = -1

export interface ControlPlaneControllersComponents {
  readonly log: Logger
  /** Started, and stopped after these. */
  readonly controlPlane: ControlPlane
  readonly authority: CertificateAuthority
}

export interface ControlPlaneControllersOptions {
  /** As `--controllers`. */
  readonly controllers: readonly string[]
}

/** The controllers that run beside an API server in its process, and their client. */
export class ControlPlaneControllers {
  readonly #components: ControlPlaneControllersComponents
  readonly #options: ControlPlaneControllersOptions
  readonly #metrics: KubeMetrics
  #running: { readonly client: KubeClient; readonly controllers: KubeControllers } | undefined

  constructor(components: ControlPlaneControllersComponents, options: ControlPlaneControllersOptions) {
    this.#components = components
    this.#options = options
    this.#metrics = new KubeMetrics(components.controlPlane.metrics)
  }

  async start(): Promise<void> {
    const { log, authority, controlPlane } = this.#components
    const transport = new InProcessTransport({
      log,
      handle: (request) => controlPlane.handleAs(USER, request),
    })
    const readAccess = async () => ({ server: SERVER, tls: { rejectUnauthorized: true } })
    const client = new KubeClient(
      { readAccess, transport, log, metrics: this.#metrics },
      { qps: NO_LIMIT, userAgent: `kube-controller-manager/${RELEASE}` },
    )
    await client.start()
    const tokens = tokenFillerOf(controlPlane)
    const { controllers: selection } = this.#options
    const components = { client, authority, tokens, log, metrics: this.#metrics }
    const controllers = new KubeControllers(components, { controllers: selection })
    controllers.start()
    this.#running = { client, controllers }
  }

  async stop(): Promise<void> {
    await this.#running?.controllers.stop()
    await this.#running?.client.stop()
    this.#running = undefined
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
