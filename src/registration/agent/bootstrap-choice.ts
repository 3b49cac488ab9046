import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import type { ReadAccess } from '../../kube/index.ts'
import { type AgentContext, newHubClient } from './agent-context.ts'
import { type BootstrapKubeconfig, readBootstrapKubeconfig } from './bootstrap-kubeconfig.ts'
import { chooseHub } from './hub-choice.ts'
import { hubClusterOf, KUBECONFIG_KEY } from './hub-kubeconfig.ts'
import { secretText } from './secret-data.ts'

/** With which bootstrap kubeconfig to go on: there is but one, or with the gate MultipleHubs that of a hub which takes the cluster. */
export async function chooseBootstrap(
  context: AgentContext,
  signal: AbortSignal,
): Promise<BootstrapKubeconfig> {
  const { options, secrets, names, log } = context
  const { bootstrapKubeconfigs: files, gates } = options
  if (!gates.MultipleHubs) return readBootstrapKubeconfig(files[0] ?? '', secrets.bootstrap)
  const candidates = await Promise.all(files.map((file) => readBootstrapKubeconfig(file, undefined)))
  const kubeconfig = secretText(secrets.credentials.secret, KUBECONFIG_KEY)
  const current = kubeconfig === undefined ? undefined : await hubClusterOf(kubeconfig)
  const newClient = (readAccess: ReadAccess) => newHubClient(context, readAccess)
  return chooseHub(
    { log, newClient },
    { clusterName: names.clusterName, currentServer: current?.server, candidates },
    signal,
  )
}

/** Whether the hub says that it has no such cluster. A hub that cannot be asked has not said so. */
export async function isUnknownToHub(
  context: AgentContext,
  { readAccess }: BootstrapKubeconfig,
  signal: AbortSignal,
): Promise<boolean> {
  const { names, log } = context
  const client = newHubClient(context, readAccess)
  try {
    const clusters = client.resource<ManagedCluster>(MANAGED_CLUSTERS)
    return (await clusters.find({ name: names.clusterName }, { signal })) === undefined
  } catch (err) {
    signal.throwIfAborted()
    log.warn({ err }, 'cannot ask the hub for the cluster with the bootstrap credentials')
    return false
  } finally {
    await client.stop()
  }
}
