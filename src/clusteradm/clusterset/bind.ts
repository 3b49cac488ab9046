import {
  MANAGED_CLUSTER_SET_BINDINGS,
  MANAGED_CLUSTER_SETS,
  type ManagedClusterSetBinding,
} from '../../apis/cluster/v1beta2.ts'
import { stringFlag } from '../../common/flags.ts'
import { isAlreadyExists } from '../../kube/client.ts'
import { requireHub } from '../cluster-kind.ts'
import { oneArgument } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { CommandError } from '../failure.ts'

export const bindClusterSet = command({
  name: 'clusterset bind',
  description: 'Binds a cluster set to a namespace, whose placements may then choose among its clusters.',
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
