import { MANIFEST_WORKS } from '../../apis/work/v1.ts'
import { boolFlag } from '../../common/flags.ts'
import { isNotFound } from '../../kube/client.ts'
import { CLUSTER_FLAGS, requiredClusterNames } from '../cluster-flags.ts'
import { requireHub } from '../cluster-kind.ts'
import { oneArgument } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { forEachCluster } from '../each-cluster.ts'
import { awaitGone, remove } from '../removal.ts'
import type { Session } from '../session.ts'

export const deleteWork = command({
  name: 'delete work',
  description: 'Deletes a ManifestWork from managed clusters.',
  arguments: { placeholder: 'NAME', least: 0, most: Number.POSITIVE_INFINITY },
  flags: {
    ...CLUSTER_FLAGS,
    force: boolFlag(false, 'Do not leave it to the agent: what it has applied stays on the cluster.'),
  },
  run: async (session, { words, flags }) => {
    const name = oneArgument(words, 'work name must be specified', 'only one work name can be specified')
    session.announceDryRun()
    const clusters = requiredClusterNames(flags)
    await requireHub(session.cluster, session.signal)
    await forEachCluster(session, clusters, async (namespace) => {
      await deleteOne(session, { namespace, name }, flags.force)
      return []
    })
  },
})

async function deleteOne(
  session: Session,
  key: { readonly namespace: string; readonly name: string },
  isForced: boolean,
): Promise<void> {
  const { cluster, signal } = session
  if (!(await remove(session, MANIFEST_WORKS, key))) {
    return session.print(`work ${key.name} not found or is already deleted`)
  }
  if (session.dryRun) return
  if (isForced) {
    try {
      const body = { metadata: { finalizers: null } }
      await cluster.resource(MANIFEST_WORKS).patch(key, { type: 'merge', body }, { signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  await awaitGone(session, MANIFEST_WORKS, key, `work ${key.name} in cluster ${key.namespace}`)
  session.print(`work ${key.name} in cluster ${key.namespace} is deleted`)
}
