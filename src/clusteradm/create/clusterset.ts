import { MANAGED_CLUSTER_SETS } from '../../apis/cluster/v1beta2.ts'
import { requireHub } from '../cluster-kind.ts'
import { oneArgument } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'

export const createClusterSet = command({
  name: 'create clusterset',
  description: 'Creates a cluster set.',
  arguments: { placeholder: 'NAME', least: 0, most: Number.POSITIVE_INFINITY },
  flags: {},
  run: async (session, { words }) => {
    const { cluster, signal } = session
    session.announceDryRun()
    await requireHub(cluster, signal)
    const name = oneArgument(
      words,
      'the name of the clusterset must be specified',
      'only one clusterset can be created',
    )
    const sets = cluster.resource(MANAGED_CLUSTER_SETS)
    if (await sets.find({ name }, { signal })) return session.print(`Clusterset ${name} is already created`)
    if (!session.dryRun) await sets.create({ kind: 'ManagedClusterSet', metadata: { name } }, { signal })
    session.print(`Clusterset ${name} is created`)
  },
})
