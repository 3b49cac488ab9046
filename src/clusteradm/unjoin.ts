import type { Secret } from '../apis/core/v1.ts'
import { KLUSTERLETS, type Klusterlet } from '../apis/operator/v1.ts'
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CUSTOM_RESOURCE_DEFINITIONS,
  DEPLOYMENTS,
  LEASES,
  NAMESPACES,
  SECRETS,
  SERVICE_ACCOUNTS,
} from '../apis/resources.ts'
import { APPLIED_MANIFEST_WORKS } from '../apis/work/v1.ts'
import { boolFlag, ignoredFlag, stringFlag } from '../common/flags.ts'
import { isNotFound, type KubeClient, readKubeconfigText } from '../kube/client.ts'
import { servesOperatorKind } from './cluster-kind.ts'
import { ignoreArguments } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { CommandError } from './failure.ts'
import { agentNamespaceOf, isHosted, KLUSTERLET, KLUSTERLET_CRD, OPERATOR_NAMESPACE } from './names.ts'
import { listText } from './output/tree.ts'
import { awaitGone, remove, removeAll } from './removal.ts'
import type { Session } from './session.ts'

const MANAGED_KUBECONFIG_SECRET = 'external-managed-kubeconfig'
const OPERATOR = { namespace: OPERATOR_NAMESPACE, name: KLUSTERLET }
/** An operator that may do nothing any more cannot give it up: the next one would wait minutes for it. */
const OPERATOR_LEASE = { namespace: OPERATOR_NAMESPACE, name: 'klusterlet-lock' }
const CRD = { name: KLUSTERLET_CRD }

export const unjoin = command({
  name: 'unjoin',
  description:
    'Has a managed cluster leave its hub: removes the agent and the klusterlet. To be run against the managed cluster.',
  flags: {
    'cluster-name': stringFlag('', 'Name of the cluster that leaves.', { placeholder: 'NAME' }),
    'purge-operator': boolFlag(true, 'Remove the operator, too, when no other klusterlet needs it.'),
    'output-file': ignoredFlag(stringFlag('', 'Accepted for compatibility, without effect.')),
  },
  run: async (session, { words, flags }) => {
    ignoreArguments(session, words)
    const { clusterName, purgeOperator } = flags
    session.announceDryRun()
    if (clusterName === '') throw new CommandError('name is missing')
    session.print(`Remove applied resources in the managed cluster ${clusterName} ... `)
    if (!(await servesOperatorKind(session.cluster, 'klusterlets', session.signal))) {
      session.print('klusterlet CRD not found, there is no need to unjoin.')
      return
    }
    const klusterlet = await klusterletOf(session, clusterName)
    if (!klusterlet) {
      session.print(`klusterlet corresponds to ${clusterName} not found`)
      return
    }
    const works = await appliedWorks(session, klusterlet)
    if (works.length > 0) {
      session.print(
        `appliedManifestWorks ${listText(works)} still exist on the managed cluster,you should manually clean them, uninstall kluster will cause those works out of control.`,
      )
      session.warn(
        `Delete the ManifestWorks of ${clusterName} on the hub first. If the hub is gone for good, "kubectl delete klusterlet ${klusterlet.metadata.name}" removes the agents and leaves what they have applied.`,
      )
      return
    }
    await removeKlusterlet(session, klusterlet)
    if (purgeOperator && !(await purge(session, klusterlet))) return
    session.print(
      `Applied resources have been deleted during the ${clusterName} joined stage. The status of mcl ${clusterName} will be unknown in the hub cluster.`,
    )
  },
})

async function klusterletOf(
  { cluster, signal }: Session,
  clusterName: string,
): Promise<Klusterlet | undefined> {
  const { items } = await cluster.resource<Klusterlet>(KLUSTERLETS).listAll({ signal })
  return items.find(({ spec }) => spec?.clusterName === clusterName)
}

/** What the hub has applied and not taken back yet. In hosted mode it is on another cluster than the klusterlet. */
async function appliedWorks(session: Session, klusterlet: Klusterlet): Promise<string[]> {
  const { signal } = session
  try {
    const managed = await managedCluster(session, klusterlet)
    const { items } = await managed.resource(APPLIED_MANIFEST_WORKS).listAll({ signal })
    return items.map(({ metadata }) => metadata.name ?? '').sort()
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

async function managedCluster(session: Session, klusterlet: Klusterlet): Promise<KubeClient> {
  const { cluster, signal } = session
  if (!isHosted(klusterlet)) return cluster
  const key = { namespace: agentNamespaceOf(klusterlet), name: MANAGED_KUBECONFIG_SECRET }
  const secret = await cluster.resource<Secret>(SECRETS).get(key, { signal })
  const text = Buffer.from(secret.data?.kubeconfig ?? '', 'base64').toString()
  const source = `Secret ${key.namespace}/${key.name}`
  return session.clientFor(() => readKubeconfigText(text, { dir: '', source }))
}

async function removeKlusterlet(session: Session, klusterlet: Klusterlet): Promise<void> {
  const { name = '' } = klusterlet.metadata
  if (await remove(session, KLUSTERLETS, { name }))
    await awaitGone(session, KLUSTERLETS, { name }, 'klusterlet')
  else session.print(`klusterlet ${name} is cleaned up already`)
  const namespace = agentNamespaceOf(klusterlet)
  if (await remove(session, NAMESPACES, { name: namespace })) return
  session.print(`namespace ${namespace} is cleaned up already`)
}

/** False when there are other klusterlets, which need the operator. */
async function purge(session: Session, { metadata }: Klusterlet): Promise<boolean> {
  const { cluster, signal } = session
  const { items } = await cluster.resource<Klusterlet>(KLUSTERLETS).listAll({ signal })
  if (items.some((other) => other.metadata.name !== metadata.name)) {
    session.print('operator not purged: there are other klusterlet on cluster')
    return false
  }
  const { name } = OPERATOR
  await removeAll(session, [
    [DEPLOYMENTS, OPERATOR],
    [CUSTOM_RESOURCE_DEFINITIONS, CRD],
    [CLUSTER_ROLES, { name }],
    [CLUSTER_ROLE_BINDINGS, { name }],
    [SERVICE_ACCOUNTS, OPERATOR],
    [LEASES, OPERATOR_LEASE],
  ])
  await awaitGone(session, CUSTOM_RESOURCE_DEFINITIONS, CRD, 'kind Klusterlet')
  return true
}
