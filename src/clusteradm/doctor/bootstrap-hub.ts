import { JOINED_CONDITION } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import type { Secret } from '../../apis/core/v1.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import { SECRETS } from '../../apis/resources.ts'
import { isConditionTrue, isUnauthorized, readKubeconfigText } from '../../kube/client.ts'
import { connectionTrouble, isUntrusted } from '../failure.ts'
import { agentNamespaceOf } from '../names.ts'
import { type Session, serverText } from '../session.ts'
import { type Finding, wrong } from './check.ts'

export const BOOTSTRAP_SECRET = 'bootstrap-hub-kubeconfig'
export const JOIN = 'run the command that "clusteradm get token" prints on the hub'

/** The kubeconfig that an agent without an identity introduces itself with; empty where there is none. */
export async function bootstrapKubeconfig(
  { cluster, signal }: Session,
  klusterlet: Klusterlet,
): Promise<string> {
  const key = { namespace: agentNamespaceOf(klusterlet), name: BOOTSTRAP_SECRET }
  const secret = await cluster.resource<Secret>(SECRETS).find(key, { signal })
  return Buffer.from(secret?.data?.kubeconfig ?? '', 'base64').toString()
}

/**
 * What is wrong between an agent that has no identity yet and its hub, seen with what the agent introduces itself with. Undefined where
 * that shows nothing, also since the agent may see another network than this machine.
 */
export async function lookWithBootstrap(
  session: Session,
  klusterlet: Klusterlet,
): Promise<Finding | undefined> {
  const source = `Secret ${agentNamespaceOf(klusterlet)}/${BOOTSTRAP_SECRET}`
  const text = await bootstrapKubeconfig(session, klusterlet)
  const readAccess = async () => readKubeconfigText(text, { dir: '', source })
  const name = klusterlet.spec?.clusterName ?? ''
  const { signal } = session
  try {
    const hub = session.clientFor(readAccess)
    const managed = await hub.resource<ManagedCluster>(MANAGED_CLUSTERS).find({ name }, { signal })
    return isConditionTrue(managed?.status?.conditions, JOINED_CONDITION) ? taken(name) : undefined
  } catch (error) {
    signal.throwIfAborted()
    if (isUnauthorized(error)) {
      return wrong(
        `the hub does not take the token of the ${source}: it has been revoked, or is one of another hub`,
        JOIN,
      )
    }
    const trouble = connectionTrouble(error)
    if (trouble === undefined) return undefined
    const server = serverText(await readAccess())
    if (isUntrusted(error)) {
      return wrong(`the CA of the ${source} is not that of the hub ${server}`, JOIN)
    }
    return wrong(
      `the hub ${server} of the ${source} cannot be reached from this machine: ${trouble}`,
      `start the hub, or if its address is another one now, ${JOIN}`,
    )
  }
}

function taken(name: string): Finding {
  return wrong(
    `this agent has no identity, and yet the hub has a cluster ${name} that has joined: another cluster may have this name`,
    `if another cluster is ${name}: clusteradm unjoin --cluster-name ${name}, and join with another --cluster-name. ` +
      `If this one is, on the hub: clusteradm accept --clusters ${name}`,
  )
}
