import { AVAILABLE_CONDITION } from '../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../apis/cluster/v1.ts'
import { CLUSTER_MANAGERS } from '../apis/operator/v1.ts'
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CUSTOM_RESOURCE_DEFINITIONS,
  DEPLOYMENTS,
  NAMESPACES,
  ROLE_BINDINGS,
  ROLES,
  SECRETS,
  SERVICE_ACCOUNTS,
} from '../apis/resources.ts'
import { boolFlag, ignoredFlag, stringFlag } from '../common/flags.ts'
import { isConditionTrue, isNotFound } from '../kube/client.ts'
import { ignoreArguments } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { CommandError } from './failure.ts'
import { CLUSTER_INFO_READERS } from './hub-trust/cluster-info-readers.ts'
import {
  BOOTSTRAP_SERVICE_ACCOUNT,
  CLUSTER_MANAGER,
  CLUSTER_MANAGER_CRD,
  OPERATOR_NAMESPACE,
} from './names.ts'
import { awaitGone, remove, removeAll } from './removal.ts'
import type { Session } from './session.ts'

const CRD = { name: CLUSTER_MANAGER_CRD }
const TOKEN_SECRETS = { namespace: 'kube-system', labelSelector: 'app=cluster-manager' }

export const clean = command({
  name: 'clean',
  description: 'Makes a hub an ordinary cluster again. Its managed clusters must have left it.',
  flags: {
    name: stringFlag(CLUSTER_MANAGER, 'Name of the ClusterManager.', { placeholder: 'NAME' }),
    'purge-operator': boolFlag(true, 'Remove the operator, too.'),
    'output-file': ignoredFlag(stringFlag('', 'Accepted for compatibility, without effect.')),
  },
  run: async (session, { words, flags }) => {
    ignoreArguments(session, words)
    const { cluster, signal } = session
    session.announceDryRun()
    if (!(await cluster.resource(CUSTOM_RESOURCE_DEFINITIONS).find(CRD, { signal }))) {
      throw new CommandError('hub has not been initialized')
    }
    const clusters = await managedClusters(session)
    if (clusters.some(({ status }) => isConditionTrue(status?.conditions, AVAILABLE_CONDITION))) {
      session.print('Please detach all managed clusters from the hub control plane')
      return
    }
    await removeBootstrapIdentities(session)
    if (!(await remove(session, CLUSTER_MANAGERS, { name: flags.name }))) {
      session.print('The multicluster hub control plane is cleand up already')
      return
    }
    await awaitGone(session, CLUSTER_MANAGERS, { name: flags.name }, 'cluster manager')
    if (flags.purgeOperator) await removeOperator(session)
    await tellNamespaces(session, clusters)
    session.print('The multicluster hub control plane has been clean up successfully!')
  },
})

async function managedClusters({ cluster, signal }: Session): Promise<readonly ManagedCluster[]> {
  try {
    const { items } = await cluster.resource<ManagedCluster>(MANAGED_CLUSTERS).listAll({ signal })
    return items
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

/** As with the original, they stay, with what others have put there. */
async function tellNamespaces(session: Session, clusters: readonly ManagedCluster[]): Promise<void> {
  const { cluster, signal } = session
  const names = clusters.map(({ metadata }) => metadata.name ?? '').sort()
  const found = await Promise.all(
    names.map((name) => cluster.resource(NAMESPACES).find({ name }, { signal })),
  )
  const left = names.filter((_, at) => found[at])
  if (left.length === 0) return
  const line = `kubectl delete namespace ${left.join(' ')}`
  session.warn(`The namespaces of the managed clusters stay; if nothing in them is needed any more: ${line}`)
}

/** By the names of today, and by those of old hubs, which is all that the original removes. */
async function removeBootstrapIdentities(session: Session): Promise<void> {
  const prefix = 'open-cluster-management:bootstrap'
  const account = (name: string) => ({ namespace: OPERATOR_NAMESPACE, name })
  await removeAll(session, [
    [CLUSTER_ROLES, { name: 'system:open-cluster-management:bootstrap' }],
    [CLUSTER_ROLE_BINDINGS, { name: 'cluster-bootstrap' }],
    [CLUSTER_ROLE_BINDINGS, { name: 'cluster-bootstrap-sa' }],
    [SERVICE_ACCOUNTS, account('cluster-bootstrap')],
    [CLUSTER_ROLES, { name: prefix }],
    [CLUSTER_ROLE_BINDINGS, { name: `${prefix}:agent-registration` }],
    [CLUSTER_ROLE_BINDINGS, { name: `${prefix}:managedcluster` }],
    [SERVICE_ACCOUNTS, account(BOOTSTRAP_SERVICE_ACCOUNT)],
    [ROLES, CLUSTER_INFO_READERS],
    [ROLE_BINDINGS, CLUSTER_INFO_READERS],
  ])
  const { cluster, signal } = session
  if (!session.dryRun) {
    await cluster.resource(SECRETS).deleteCollection({ ...TOKEN_SECRETS, signal })
    return
  }
  const { items } = await cluster.resource(SECRETS).listAll({ ...TOKEN_SECRETS, signal })
  for (const { metadata } of items) session.print(`secrets kube-system/${metadata.name} would be deleted`)
}

async function removeOperator(session: Session): Promise<void> {
  const operator = { namespace: OPERATOR_NAMESPACE, name: CLUSTER_MANAGER }
  const { name } = operator
  await removeAll(session, [
    [DEPLOYMENTS, operator],
    [CUSTOM_RESOURCE_DEFINITIONS, CRD],
    [CLUSTER_ROLES, { name }],
    [CLUSTER_ROLE_BINDINGS, { name }],
    [SERVICE_ACCOUNTS, operator],
    [NAMESPACES, { name: OPERATOR_NAMESPACE }],
  ])
  await awaitGone(session, CUSTOM_RESOURCE_DEFINITIONS, CRD, 'kind ClusterManager')
}
