import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import { MANAGED_CLUSTERS } from '../../apis/cluster/v1.ts'
import { AppError, errorMessage } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import type { KubeClient, ReadAccess } from '../../kube/index.ts'
import { BOOTSTRAP_RIGHTS, missingRight } from './access-reviews.ts'
import type { BootstrapKubeconfig } from './bootstrap-kubeconfig.ts'

export interface HubChoiceComponents {
  readonly log: Logger
  newClient(readAccess: ReadAccess): KubeClient
}

/** Where the agent is, if it is anywhere, and what it may choose from. */
export interface HubChoiceOptions {
  readonly clusterName: string
  /** The API server of the hub that it has credentials for. */
  readonly currentServer: string | undefined
  readonly candidates: readonly BootstrapKubeconfig[]
}

/**
 * The hub to join of several: the one where the agent is already, if it still takes the cluster, or else the first that does.
 * A hub takes the cluster if its bootstrap credentials have their rights, and it either does not know the cluster or accepts it.
 * Rejects with an AppError when none does.
 */
export async function chooseHub(
  { log, newClient }: HubChoiceComponents,
  { clusterName, currentServer, candidates }: HubChoiceOptions,
  signal: AbortSignal,
): Promise<BootstrapKubeconfig> {
  const isCurrent = ({ hub }: BootstrapKubeconfig) => hub.server === currentServer
  const inOrder = [...candidates.filter(isCurrent).slice(0, 1), ...candidates]
  const objections = new Map<BootstrapKubeconfig, string>()
  for (const candidate of inOrder) {
    if (objections.has(candidate)) continue
    const client = newClient(candidate.readAccess)
    try {
      const objection = await objectionTo(client, clusterName, signal)
      if (objection === undefined) return candidate
      objections.set(candidate, objection)
      log.info({ file: candidate.source, objection }, 'this hub does not take the cluster')
    } finally {
      await client.stop()
    }
  }
  const reasons = [...objections].map(([{ source }, objection]) => `${source}: ${objection}`)
  throw new AppError('ERR_NO_HUB', `no hub takes the cluster ${clusterName}: ${reasons.join('; ')}`)
}

async function objectionTo(
  client: KubeClient,
  clusterName: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const missing = await missingRight(client, BOOTSTRAP_RIGHTS, signal)
    if (missing) return `its bootstrap credentials may not ${missing}`
    const clusters = client.resource<ManagedCluster>(MANAGED_CLUSTERS)
    const cluster = await clusters.find({ name: clusterName }, { signal })
    return cluster && !cluster.spec?.hubAcceptsClient ? 'it does not accept the cluster' : undefined
  } catch (error) {
    signal.throwIfAborted()
    return errorMessage(error)
  }
}
