import type { ControllerFlagValues } from '../../common/controller-flags.ts'
import {
  findAccess,
  KubeClient,
  type KubeClientComponents,
  type KubeClientOptions,
} from '../../kube/index.ts'
import type { ControllerSetting } from '../controller-process.ts'

interface ManagedClusterFlags
  extends Pick<ControllerFlagValues, 'kubeconfig' | 'kubeApiQps' | 'kubeApiBurst'> {
  readonly spokeKubeconfig: string
}

/** By which the work agent changes the managed cluster: in its own name, and in those of others. Owns those that it has made. */
export class ManagedClients {
  /** The process's own, unless the agent runs in another cluster than the one that it works for. */
  readonly managed: KubeClient
  readonly #isOwn: boolean
  readonly #components: Pick<KubeClientComponents, 'log' | 'metrics' | 'readAccess'>
  readonly #limits: KubeClientOptions
  readonly #users = new Map<string, KubeClient>()

  constructor(
    { log, client, metrics }: Pick<ControllerSetting, 'log' | 'client' | 'metrics'>,
    { kubeconfig, spokeKubeconfig, kubeApiQps: qps, kubeApiBurst: burst }: ManagedClusterFlags,
    userAgent: string,
  ) {
    const readAccess = findAccess({ env: process.env, kubeconfig: spokeKubeconfig || kubeconfig })
    this.#components = { log, metrics, readAccess }
    this.#limits = { qps, burst, userAgent }
    this.#isOwn = spokeKubeconfig !== ''
    this.managed = this.#isOwn ? new KubeClient(this.#components, this.#limits) : client
  }

  impersonate(username: string): KubeClient {
    const known = this.#users.get(username)
    if (known) return known
    const user = new KubeClient(this.#components, { ...this.#limits, impersonate: { username } })
    this.#users.set(username, user)
    return user
  }

  async start(): Promise<void> {
    if (this.#isOwn) await this.managed.start()
  }

  async stop(): Promise<void> {
    const own = [...this.#users.values(), ...(this.#isOwn ? [this.managed] : [])]
    await Promise.all(own.map((client) => client.stop()))
  }
}
