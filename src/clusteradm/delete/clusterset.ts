import { DEFAULT_CLUSTER_SET_NAME } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTER_SET_BINDINGS, MANAGED_CLUSTER_SETS } from '../../apis/cluster/v1beta2.ts'
import { requireHub } from '../cluster-kind.ts'
import { oneArgument } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { awaitGone, remove } from '../removal.ts'

export const deleteClusterSet = command({
  name: 'delete clusterset',
  description: 'Deletes a cluster set that is bound to no namespace.',
  arguments: { placeholder: 'NAME', least: 0, most: Number.POSITIVE_INFINITY },
  flags: {},
  run: async (session, { words }) => {
    const { cluster, signal, print } = session
    session.announceDryRun()
    await requireHub(cluster, signal)
    const name = oneArgument(
      words,
      'the name of the clusterset must be specified',
      'only one clusterset can be deleted',
    )
    if (name === DEFAULT_CLUSTER_SET_NAME) return print(`Clusterset ${name} can not be deleted`)
    if (!(await cluster.resource(MANAGED_CLUSTER_SETS).find({ name }, { signal }))) {
      return print(`Clusterset ${name} not found or is already deleted`)
    }
    const bindings = await cluster
      .resource(MANAGED_CLUSTER_SET_BINDINGS)
      .listAll({ fieldSelector: `metadata.name=${name}`, signal })
    if (bindings.items.length > 0) {
      return print(`Clusterset ${name} still bind to a namespace! Please unbind before deleted.`)
    }
    await remove(session, MANAGED_CLUSTER_SETS, { name })
    await awaitGone(session, MANAGED_CLUSTER_SETS, { name }, `clusterset ${name}`)
    print(`Clusterset ${name} is deleted`)
  },
})
