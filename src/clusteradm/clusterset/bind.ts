import {
  MANAGED_CLUSTER_SET_BINDINGS,
  MANAGED_CLUSTER_SETS,
  type ManagedClusterSetBinding,
} from '../../apis/cluster/v1beta2.ts'
import { isAlreadyExists } from '../../kube/client.ts'
import { requireHub } from '../cluster-kind.ts'
import { command } from '../command-line/command.ts'
import { CommandError } from '../failure.ts'
import { BINDING_FLAGS, CLUSTER_SET_ARGUMENT, clusterSetName } from './cluster-set-argument.ts'

export const bindClusterSet = command({
  name: 'clusterset bind',
  description: 'Binds a cluster set to a namespace, whose placements may then choose among its clusters.',
  arguments: CLUSTER_SET_ARGUMENT,
  flags: BINDING_FLAGS,
  run: async (session, { words, flags: { namespace } }) => {
    const { cluster, signal } = session
    const name = clusterSetName(words)
    session.announceDryRun()
    await requireHub(cluster, signal)
    if (namespace === '') throw new CommandError('namespace name must be specified in --namespace')
    await cluster.resource(MANAGED_CLUSTER_SETS).get({ name }, { signal })
    const bindings = cluster.resource<ManagedClusterSetBinding>(MANAGED_CLUSTER_SET_BINDINGS)
    const binding = {
      kind: 'ManagedClusterSetBinding',
      metadata: { name, namespace },
      spec: { clusterSet: name },
    }
    try {
      await bindings.create(binding, { signal, dryRun: session.dryRun })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      return session.print(`Clusterset ${name} is already bound to Namespace ${namespace}`)
    }
    session.print(`Clusterset ${name} is bound to Namespace ${namespace}`)
  },
})
