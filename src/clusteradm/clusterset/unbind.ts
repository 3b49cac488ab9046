import { MANAGED_CLUSTER_SET_BINDINGS, MANAGED_CLUSTER_SETS } from '../../apis/cluster/v1beta2.ts'
import { requireHub } from '../cluster-kind.ts'
import { command } from '../command-line/command.ts'
import { CommandError } from '../failure.ts'
import { remove } from '../removal.ts'
import { BINDING_FLAGS, CLUSTER_SET_ARGUMENT, clusterSetName } from './cluster-set-argument.ts'

export const unbindClusterSet = command({
  name: 'clusterset unbind',
  description: 'Takes a cluster set away from a namespace.',
  arguments: CLUSTER_SET_ARGUMENT,
  flags: BINDING_FLAGS,
  run: async (session, { words, flags: { namespace } }) => {
    const { cluster, signal } = session
    const name = clusterSetName(words)
    session.announceDryRun()
    await requireHub(cluster, signal)
    if (namespace === '') throw new CommandError('namespace name must be specified in --namespace')
    await cluster.resource(MANAGED_CLUSTER_SETS).get({ name }, { signal })
    await remove(session, MANAGED_CLUSTER_SET_BINDINGS, { namespace, name })
    session.print(`Clusterset ${name} is unbind from namespace ${namespace}`)
  },
})
