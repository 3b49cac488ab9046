import { HUB_ACCEPTED_CONDITION } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import { aborted } from '../../common/aborted.ts'
import {
  Backoff,
  type Clock,
  isConditionTrue,
  isUnauthorized,
  type KubeClient,
  waitForObject,
} from '../../kube/index.ts'

const BACKOFF = { initialMs: 1000, capMs: 30_000 }
/** No sooner is asked while a watch will tell, which may end for ever without a word. */
const WATCHED_MS = 20_000

export interface AcceptanceComponents {
  /** With the agent's own credentials, which are worth nothing until the hub accepts the cluster. */
  readonly hub: KubeClient
  readonly clock: Clock
  /** With bootstrap credentials, which let everybody see all clusters for as long as they last. Stopped here. */
  newBootstrapClient(): KubeClient
}

/**
 * Resolves as soon as the hub lets the agent see its cluster: at once, as a rule. Before a first acceptance an agent may not watch
 * anything, and asking again and again would either be a burden or find out late; so the bootstrap credentials do the watching.
 * Never rejects: an abort ends the wait as well.
 */
export async function untilVisible(
  { hub, clock, newBootstrapClient }: AcceptanceComponents,
  clusterName: string,
  signal: AbortSignal,
): Promise<void> {
  const isVisible = () =>
    hub
      .resource<ManagedCluster>(MANAGED_CLUSTERS)
      .find({ name: clusterName }, { signal })
      .then(
        () => true,
        (error: unknown) => signal.aborted || isUnauthorized(error), // that is not going to change by itself
      )
  if (await isVisible()) return
  const over = new AbortController()
  const during = AbortSignal.any([signal, over.signal])
  const isAccepted = ({ status }: ManagedCluster) =>
    isConditionTrue(status?.conditions, HUB_ACCEPTED_CONDITION)
  const watcher = newBootstrapClient()
  let isWatched = false
  const onWatched = () => {
    isWatched = true
  }
  const accepted = waitForObject(
    watcher,
    MANAGED_CLUSTERS,
    { name: clusterName },
    isAccepted,
    during,
    onWatched,
  ).catch(() => {}) // aborted
  /** Should the bootstrap credentials not do any more. */
  const asking = (async () => {
    const backoff = new Backoff(clock, BACKOFF)
    while (!during.aborted) {
      const waitMs = backoff.next()
      await clock.sleep(waitMs, during).catch(() => {})
      if (during.aborted || (isWatched && waitMs < WATCHED_MS)) continue
      if (await isVisible()) return
    }
  })()
  await Promise.race([accepted, asking, aborted(signal)])
  over.abort()
  await Promise.all([accepted, asking])
  await watcher.stop()
}
