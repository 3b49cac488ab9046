import { AGENT_ANNOTATION_PREFIX } from '../../apis/cluster/constants.ts'
import { type ClientConfig, MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import type { Logger } from '../../common/log.ts'
import {
  Backoff,
  type Clock,
  isAlreadyExists,
  isForbidden,
  isUnauthorized,
  type KubeClient,
} from '../../kube/index.ts'

const LOOK_AGAIN_MS = 60 * 60_000
const BACKOFF = { initialMs: 500, capMs: 30_000 }

export interface ClusterCreatorComponents {
  /** With bootstrap credentials. */
  readonly hub: KubeClient
  readonly clock: Clock
  readonly log: Logger
}

export interface ClusterCreatorOptions {
  readonly clusterName: string
  readonly annotations: Readonly<Record<string, string>>
  readonly externalServerUrls: readonly string[]
  /** PEM: the authorities behind those addresses. */
  readonly caBundle?: string | undefined
}

/** Makes the ManagedCluster on the hub, which leaves it to the hub's people to accept it. */
export class ClusterCreator {
  readonly #components: ClusterCreatorComponents
  readonly #options: ClusterCreatorOptions
  readonly #settled = Promise.withResolvers<void>()

  constructor(components: ClusterCreatorComponents, options: ClusterCreatorOptions) {
    this.#components = components
    this.#options = options
  }

  /** Resolves once the hub has the cluster, or does not let us make it. */
  get settled(): Promise<void> {
    return this.#settled.promise
  }

  /** Sees to it until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#components
    const backoff = new Backoff(clock, BACKOFF)
    while (!signal.aborted) {
      let waitMs = LOOK_AGAIN_MS * (1 + Math.random())
      try {
        await this.#ensure(signal)
        this.#settled.resolve()
        backoff.reset()
      } catch (err) {
        if (signal.aborted) return
        if (isUnauthorized(err) || isForbidden(err)) this.#settled.resolve()
        waitMs = backoff.next()
        log.warn({ err, ...cureOf(err) }, 'cannot make the ManagedCluster on the hub, trying again')
      }
      await clock.sleep(waitMs, signal).catch(() => {})
    }
  }

  async #ensure(signal: AbortSignal): Promise<void> {
    const { hub, log } = this.#components
    const { clusterName } = this.#options
    const clusters = hub.resource<ManagedCluster>(MANAGED_CLUSTERS)
    const existing = await clusters.find({ name: clusterName }, { signal })
    const wanted = this.#decorated(
      existing ?? {
        kind: 'ManagedCluster',
        metadata: { name: clusterName },
        spec: { hubAcceptsClient: false },
      },
    )
    if (!existing) {
      try {
        await clusters.create(wanted, { signal })
      } catch (error) {
        if (isAlreadyExists(error)) return
        throw error
      }
      log.info(
        { cure: `on the hub: clusteradm accept --clusters ${clusterName}` },
        'made the ManagedCluster, waiting for the hub to accept it',
      )
      return
    }
    if (configsOf(existing).length === configsOf(wanted).length) return
    await clusters.update(wanted, { signal })
  }

  #decorated(cluster: ManagedCluster): ManagedCluster {
    const { externalServerUrls, caBundle } = this.#options
    const annotations = { ...cluster.metadata.annotations, ...ownAnnotations(this.#options.annotations) }
    const known = configsOf(cluster)
    const added = externalServerUrls
      .filter((url) => known.every((config) => config.url !== url))
      .map((url) => ({ url, ...(caBundle && { caBundle: Buffer.from(caBundle).toString('base64') }) }))
    return {
      ...cluster,
      metadata: { ...cluster.metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
      ...(added.length > 0 && {
        spec: { ...cluster.spec, managedClusterClientConfigs: [...known, ...added] },
      }),
    }
  }
}

/** Those that an agent may write. */
export function ownAnnotations(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).filter(([key]) => key.startsWith(AGENT_ANNOTATION_PREFIX)),
  )
}

function configsOf({ spec }: ManagedCluster): readonly ClientConfig[] {
  return spec?.managedClusterClientConfigs ?? []
}

function cureOf(error: unknown): { cure?: string } {
  if (isUnauthorized(error) || isForbidden(error))
    return {
      cure: 'the bootstrap credentials do not do (any more): join anew with what "clusteradm get token" prints on the hub',
    }
  return {}
}
