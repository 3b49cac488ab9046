import { MANAGED_CLUSTER_SET_BINDINGS, MANAGED_CLUSTER_SETS } from '../../apis/cluster/v1beta2.ts'
import { stringFlag } from '../../common/flags.ts'
import { requireHub } from '../cluster-kind.ts'
import { oneArgument } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { CommandError } from '../failure.ts'
import { remove } from '../removal.ts'

export const unbindClusterSet = command({
  name: 'clusterset unbind',
  description: 'Takes a cluster set away from a namespace.',
  arguments: { placeholder: 'NAME', least: 0, most: Number.POSITIVE_INFINITY },
  flags: { namespace: stringFlag('default', 'The namespace.', { shorthand: 'n', placeholder: 'NAME' }) },
  run: async (session, { words, flags: { namespace } }) => {
    const { cluster, signal } = session
    const name = oneArgument(
      words,
      'the name of the clusterset must be specified',
      'only one clusterset can be specified',
    )
    session.announceDryRun()
    await requireHub(cluster, signal)
    if (namespace === '') throw new CommandError('namespace name must be specified in --namespace')
    await cluster.resource(MANAGED_CLUSTER_SETS).get({ name }, { signal })
    await remove(session, MANAGED_CLUSTER_SET_BINDINGS, { namespace, name })
    session.print(`Clusterset ${name} is unbind from namespace ${namespace}`)
  },
})
