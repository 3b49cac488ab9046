import { aborted } from '../../common/aborted.ts'
import { type AgentContext, newHubClient, ownCredentialsProblem } from './agent-context.ts'
import type { BootstrapKubeconfig } from './bootstrap-kubeconfig.ts'
import { clusterCertificateKeeper } from './cluster-certificate.ts'
import { ClusterCreator } from './cluster-creator.ts'

/** The clock on the wall may jump. */
const LONGEST_SLEEP_MS = 60_000

export interface BootstrappingOptions {
  readonly bootstrap: BootstrapKubeconfig
  /** Whatever credentials there are: the hub refuses them. */
  readonly mustRenew: boolean
}

/** Introduces the cluster to a hub, and resolves once there are credentials of its own that do. Rejects with the reason of the signal. */
export async function getCredentials(
  context: AgentContext,
  { bootstrap, mustRenew }: BootstrappingOptions,
  signal: AbortSignal,
): Promise<void> {
  const { components, options, names, secrets, changed, log } = context
  const { externalServerUrls, clusterAnnotations: annotations } = options
  const caBundle = externalServerUrls.length > 0 ? await components.readSpokeCaBundle?.() : undefined
  const hub = newHubClient(context, bootstrap.readAccess)
  const done = new AbortController()
  const during = AbortSignal.any([signal, done.signal])
  const creator = new ClusterCreator(
    { hub, clock: components.clock, log },
    { clusterName: names.clusterName, annotations, externalServerUrls, caBundle },
  )
  const before = secrets.credentials.secret?.metadata.resourceVersion
  const report = async () => {} // nobody but the cluster's own agent may say anything
  const keeper = clusterCertificateKeeper(context, { hub, hubCluster: bootstrap.hub, report, mustRenew })
  const running = [creator.run(during), keeper.run(during)]
  try {
    // Those from before may do again: only the clock was wrong.
    const isRefused = () => mustRenew && secrets.credentials.secret?.metadata.resourceVersion === before
    while (isRefused() || (await ownCredentialsProblem(context, bootstrap.hub)) !== undefined) {
      await changed.sleep(LONGEST_SLEEP_MS, during)
      signal.throwIfAborted()
    }
    // A hub that approves at once may be faster than the cluster is made; later nobody would make it any more.
    await Promise.race([creator.settled, aborted(signal)])
    signal.throwIfAborted()
  } finally {
    done.abort()
    await Promise.all(running)
    await hub.stop()
  }
}
