import { MANIFEST_WORKS, type ManifestWork } from '../../apis/work/v1.ts'
import { MANIFEST_WORK_REPLICA_SETS, type ManifestWorkReplicaSet } from '../../apis/work/v1alpha1.ts'
import { boolFlag, listFlag, stringFlag } from '../../common/flags.ts'
import { CLUSTER_FLAGS, clusterNames } from '../cluster-flags.ts'
import { requireHub } from '../cluster-kind.ts'
import { oneArgument } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { CommandError } from '../failure.ts'
import { remove } from '../removal.ts'
import type { Session } from '../session.ts'
import { type Manifest, readManifests } from './manifest-files.ts'
import { type PlacementKey, placedClusters, placementKey, requirePlacement } from './work-clusters.ts'

interface Work {
  readonly name: string
  readonly manifests: readonly Manifest[]
  readonly overwrite: boolean
}

export const createWork = command({
  name: 'create work',
  description: 'Has objects applied on managed clusters: makes a ManifestWork of them for each.',
  arguments: { placeholder: 'NAME', least: 0, most: Number.POSITIVE_INFINITY },
  flags: {
    ...CLUSTER_FLAGS,
    filename: listFlag([], 'Files, folders or URLs with the objects.', {
      shorthand: 'f',
      placeholder: 'FILES',
    }),
    recursive: boolFlag(true, 'Read folders below folders, too.', { shorthand: 'R' }),
    placement: stringFlag('', 'For the clusters that this placement selects.', {
      placeholder: 'NAMESPACE/NAME',
    }),
    overwrite: boolFlag(false, 'Change works that there are already.'),
    replicaset: boolFlag(false, 'Leave it to a ManifestWorkReplicaSet to follow the placement.', {
      shorthand: 'r',
    }),
  },
  run: async (session, { words, flags }) => {
    const name = oneArgument(words, 'work name must be specified', 'only one work name can be specified')
    const { placement, replicaset, filename, recursive, overwrite } = flags
    session.announceDryRun()
    const clusters = clusterNames(flags)
    if (clusters.length === 0 && placement === '') {
      throw new CommandError('--clusters or --placement must be specified')
    }
    if (clusters.length > 0 && placement !== '') {
      throw new CommandError('--clusters and --placement can only specify one')
    }
    const key = placement === '' ? undefined : placementKey(placement)
    if (replicaset && !key) throw new CommandError('--placement must be specified when enable --replicaset')
    if (filename.length === 0) throw new CommandError('manifest files must be specified')
    await requireHub(session.cluster, session.signal)
    const manifests = await readManifests(filename, { recursive, signal: session.signal })
    const work = { name, manifests, overwrite }
    if (!key) return applyWorks(session, work, clusters, [])
    await requirePlacement(session, key)
    if (replicaset) return applyReplicaSet(session, work, key)
    const { selected, others } = await placedClusters(session, key, name)
    await applyWorks(session, work, selected, others)
  },
})

async function applyWorks(
  session: Session,
  { name, manifests, overwrite }: Work,
  clusters: readonly string[],
  others: readonly string[],
): Promise<void> {
  const { cluster, signal, dryRun, print } = session
  const works = cluster.resource<ManifestWork>(MANIFEST_WORKS)
  for (const namespace of overwrite ? others : []) {
    if (await remove(session, MANIFEST_WORKS, { namespace, name }))
      print(`delete work ${name} in cluster ${namespace}`)
  }
  for (const namespace of clusters) {
    const existing = await works.find({ namespace, name }, { signal })
    if (!existing) {
      const work = { kind: 'ManifestWork', metadata: { namespace, name }, spec: { workload: { manifests } } }
      await works.create(work as ManifestWork, { signal, dryRun })
      print(`create work ${name} in cluster ${namespace}`)
    } else if (!overwrite) {
      print(`work ${name} in cluster ${namespace} already exists`)
    } else {
      const spec = { ...existing.spec, workload: { manifests } }
      await works.update({ ...existing, spec } as ManifestWork, { signal, dryRun })
      print(`update work ${name} in cluster ${namespace}`)
    }
  }
}

async function applyReplicaSet(
  { cluster, signal, dryRun, print }: Session,
  { name, manifests, overwrite }: Work,
  { namespace, name: placement }: PlacementKey,
): Promise<void> {
  const sets = cluster.resource<ManifestWorkReplicaSet>(MANIFEST_WORK_REPLICA_SETS)
  const title = `manifestworkreplicaset ${name} in namespace ${namespace}`
  const existing = await sets.find({ namespace, name }, { signal })
  const spec = {
    manifestWorkTemplate: { workload: { manifests } },
    placementRefs: [{ name: placement }],
  }
  if (!existing) {
    const set = { kind: 'ManifestWorkReplicaSet', metadata: { namespace, name }, spec }
    await sets.create(set as unknown as ManifestWorkReplicaSet, { signal, dryRun })
    print(`create ${title}`)
  } else if (!overwrite) {
    print(`${title} already exists`)
  } else {
    const manifestWorkTemplate = { ...existing.spec?.manifestWorkTemplate, workload: { manifests } }
    const changed = { ...existing, spec: { ...existing.spec, ...spec, manifestWorkTemplate } }
    await sets.update(changed as unknown as ManifestWorkReplicaSet, { signal, dryRun })
    print(`update ${title}`)
  }
}
