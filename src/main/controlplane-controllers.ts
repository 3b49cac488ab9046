import type { Secret } from '../apis/core/v1.ts'
import type { Logger } from '../common/log.ts'
import type { ControlPlane } from '../controlplane/index.ts'
import { type KubeClient, KubeMetrics } from '../kube/index.ts'
import { KubeControllers, type TokenFiller } from '../kube-controllers/index.ts'
import type { CertificateAuthority } from '../pki/index.ts'
import { inProcessClient } from './in-process-client.ts'

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
    const client = inProcessClient(
      { log, controlPlane, metrics: this.#metrics },
      { userName: 'system:kube-controller-manager', program: 'kube-controller-manager' },
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
