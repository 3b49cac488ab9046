import { CLUSTER_SET_LABEL } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import { MANAGED_CLUSTER_SETS, type ManagedClusterSet } from '../../apis/cluster/v1beta2.ts'
import { listFlag } from '../../common/flags.ts'
import { requireHub } from '../cluster-kind.ts'
import { command } from '../command-line/command.ts'
import { CommandError } from '../failure.ts'
import { listText } from '../output/tree.ts'
import type { Session } from '../session.ts'
import { CLUSTER_SET_ARGUMENT, clusterSetName } from './cluster-set-argument.ts'

export const setClusterSet = command({
  name: 'clusterset set',
  description: 'Puts managed clusters into a cluster set, or has namespaces managed on its clusters.',
  arguments: CLUSTER_SET_ARGUMENT,
  flags: {
    clusters: listFlag([], 'Names of managed clusters.', { placeholder: 'NAMES' }),
    namespaces: listFlag([], 'Names of namespaces that are to be on the clusters.', { placeholder: 'NAMES' }),
  },
  run: async (session, { words, flags: { clusters, namespaces } }) => {
    const { cluster, signal } = session
    const name = clusterSetName(words)
    session.announceDryRun()
    await requireHub(cluster, signal)
    if (clusters.length === 0 && namespaces.length === 0) {
      throw new CommandError(
        'at least one cluster (--clusters) or namespace (--namespaces) must be specified',
      )
    }
    const set = await cluster.resource<ManagedClusterSet>(MANAGED_CLUSTER_SETS).get({ name }, { signal })
    for (const each of clusters) await putInto(session, each, name)
    if (namespaces.length > 0) await addNamespaces(session, set, namespaces)
  },
})

/** Only the label is patched: what others write to the cluster meanwhile stays. */
async function putInto(
  { cluster, signal, dryRun, print }: Session,
  name: string,
  set: string,
): Promise<void> {
  const clusters = cluster.resource<ManagedCluster>(MANAGED_CLUSTERS)
  const { metadata } = await clusters.get({ name }, { signal })
  const previous = metadata.labels?.[CLUSTER_SET_LABEL]
  if (previous === set) return print(`Cluster ${name} is already in Clusterset ${set}`)
  const body = { metadata: { labels: { [CLUSTER_SET_LABEL]: set } } }
  await clusters.patch({ name }, { type: 'merge', body }, { signal, dryRun })
  print(
    previous
      ? `Cluster ${name} is set, from ClusterSet ${previous} to Clusterset ${set}`
      : `Cluster ${name} is set to Clusterset ${set}`,
  )
}

async function addNamespaces(
  session: Session,
  set: ManagedClusterSet,
  texts: readonly string[],
): Promise<void> {
  const { cluster, signal, dryRun, print } = session
  const { name = '' } = set.metadata
  const managed = [...(set.spec?.managedNamespaces ?? [])]
  const added: string[] = []
  let existing = 0
  print(`Processing managed namespaces: ${listText(texts)}`)
  for (const namespace of texts.map((text) => text.trim())) {
    if (namespace === '') {
      session.warn('Warning: Empty namespace name provided, skipping')
    } else if (managed.some((each) => each.name === namespace)) {
      existing += 1
      print(`Managed namespace ${namespace} already exists in Clusterset ${name}`)
    } else {
      managed.push({ name: namespace })
      added.push(namespace)
    }
  }
  if (added.length === 0) {
    const all = `\nAll specified namespaces already exist in Clusterset ${name}`
    return print(existing > 0 ? all : `\nNo changes made to Clusterset ${name}`)
  }
  const updated = { ...set, spec: { ...set.spec, managedNamespaces: managed } }
  await cluster.resource<ManagedClusterSet>(MANAGED_CLUSTER_SETS).update(updated, { signal, dryRun })
  print(`\nSuccessfully updated Clusterset ${name}`)
  print(`Added ${added.length} managed namespace(s): ${added.join(', ')}`)
  print(`Total managed namespaces in clusterset: ${managed.length}`)
}
