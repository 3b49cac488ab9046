import type { Lease } from '../../apis/coordination/v1.ts'
import type { Node } from '../../apis/core/v1.ts'
import type { Logger } from '../../common/log.ts'
import {
  type Clock,
  isAlreadyExists,
  isNotFound,
  type KubeClient,
  LEASES,
  microTimeText,
  type ResourceClient,
} from '../../kube/index.ts'
import { type NodeFacts, type NodeStatus, nodeLabels, nodeStatus, saysTheSame } from './node-status.ts'

const NODES = { group: '', version: 'v1', plural: 'nodes', namespaced: false } as const
const LEASE_NAMESPACE = 'kube-node-lease'

/** kubelet's: a quarter of the Lease's duration; the status costs more, and is written less often. */
const HEARTBEAT_MS = 10_000
const LEASE_SECONDS = 40
const STATUS_REPORT_MS = 5 * 60_000

/** The API may only just be starting. */
const RETRY_MS = 1000
const STOP_TIMEOUT_MS = 2000

export interface NodeAgentComponents {
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Logger
}

export interface NodeAgentOptions extends NodeFacts {
  /** From which its Pods have their addresses. */
  readonly podRange: string
}

/** Registers the node, and keeps saying that it is there. Says that it is not ready any more when it is stopped in order. */
export class NodeAgent {
  readonly #nodes: ResourceClient<Node>
  readonly #leases: ResourceClient<Lease>
  readonly #clock: Clock
  readonly #log: Logger
  readonly #options: NodeAgentOptions
  readonly #stopping = new AbortController()
  #node: Node | undefined
  /** What the API has heard of us last, and when. */
  #said: NodeStatus | undefined
  #saidAt = 0
  #running: Promise<void> | undefined

  constructor({ client, clock, log }: NodeAgentComponents, options: NodeAgentOptions) {
    this.#nodes = client.resource<Node>(NODES)
    this.#leases = client.resource<Lease>(LEASES)
    this.#clock = clock
    this.#log = log.child({ component: 'node-agent', node: options.name })
    this.#options = options
  }

  /** The Node, once it is registered. */
  get node(): Node | undefined {
    return this.#node
  }

  /** Resolves once the node is registered and ready. */
  async start(): Promise<void> {
    const { signal } = this.#stopping
    while (!(await this.#beat())) await this.#clock.sleep(RETRY_MS, signal)
    this.#running = this.#goOn(signal)
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the node has been stopped'))
    await this.#running
    if (!this.#node) return
    try {
      await this.#report(false, AbortSignal.timeout(STOP_TIMEOUT_MS))
    } catch (err) {
      this.#log.warn({ err }, 'could not say that the node is not ready')
    }
  }

  async #goOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(HEARTBEAT_MS, signal).catch(() => {}) // stopped
      if (!signal.aborted) await this.#beat()
    }
  }

  /** Resolves with whether it has been heard. */
  async #beat(): Promise<boolean> {
    const { signal } = this.#stopping
    try {
      this.#node ??= await this.#register(signal)
      await this.#report(true, signal)
      await this.#renewLease(this.#node, signal)
      return true
    } catch (err) {
      signal.throwIfAborted()
      if (isNotFound(err)) this.#node = this.#said = undefined // somebody has deleted it
      this.#log.warn({ err }, 'could not say that the node is there')
      return false
    }
  }

  async #register(signal: AbortSignal): Promise<Node> {
    const { name, podRange } = this.#options
    const metadata = { name, labels: nodeLabels(this.#options) }
    try {
      const spec = { podCIDR: podRange, podCIDRs: [podRange] }
      return await this.#nodes.create({ metadata, spec, status: this.#status(true) }, { signal })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      return this.#nodes.patch({ name }, { type: 'merge', body: { metadata } }, { signal })
    }
  }

  async #report(isReady: boolean, signal: AbortSignal): Promise<void> {
    const { name } = this.#options
    const now = this.#clock.monotonic()
    const status = this.#status(isReady)
    if (this.#said && saysTheSame(status, this.#said) && now - this.#saidAt < STATUS_REPORT_MS) return
    this.#node = await this.#nodes.patchStatus({ name }, { type: 'strategic', body: { status } }, { signal })
    this.#said = status
    this.#saidAt = now
  }

  #status(isReady: boolean): NodeStatus {
    return nodeStatus(this.#options, this.#node, { isReady, nowMs: this.#clock.now() })
  }

  async #renewLease({ metadata }: Node, signal: AbortSignal): Promise<void> {
    const { name } = this.#options
    const key = { namespace: LEASE_NAMESPACE, name }
    const owner = { apiVersion: 'v1', kind: 'Node', name, uid: metadata.uid ?? '' }
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: microTimeText(this.#clock.now()),
    }
    const object = { metadata: { ...key, ownerReferences: [owner] }, spec }
    try {
      await this.#leases.patch(key, { type: 'merge', body: object }, { signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
      await this.#leases.create(object, { signal })
    }
  }
}
