import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CUSTOM_RESOURCE_DEFINITIONS,
  SECRETS,
  SERVICE_ACCOUNTS,
} from '../../apis/resources.ts'
import { bootstrapTokenSecret } from '../bootstrap-token.ts'
import { ignoreArguments } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { CommandError } from '../failure.ts'
import { BOOTSTRAP_SERVICE_ACCOUNT, CLUSTER_MANAGER_CRD, OPERATOR_NAMESPACE } from '../names.ts'
import { remove, removeAll } from '../removal.ts'

const PREFIX = 'open-cluster-management:bootstrap'

/** Silent, as the original, but for what it warns of. Both kinds of token end: agents that have joined do not need them. */
export const deleteToken = command({
  name: 'delete token',
  description: 'Takes back the tokens that clusters join with, and the rights of their holders.',
  flags: {},
  run: async (session, { words }) => {
    ignoreArguments(session, words)
    const { cluster, signal } = session
    session.announceDryRun()
    if (
      !(await cluster.resource(CUSTOM_RESOURCE_DEFINITIONS).find({ name: CLUSTER_MANAGER_CRD }, { signal }))
    ) {
      throw new CommandError('this is not a hub')
    }
    await removeAll(session, [
      [CLUSTER_ROLE_BINDINGS, { name: `${PREFIX}:agent-registration` }],
      [CLUSTER_ROLE_BINDINGS, { name: `${PREFIX}:managedcluster` }],
      [CLUSTER_ROLES, { name: PREFIX }],
    ])
    const secret = await bootstrapTokenSecret(cluster, signal)
    if (secret?.metadata.name) {
      await remove(session, SECRETS, { namespace: 'kube-system', name: secret.metadata.name })
    }
    const account = { namespace: OPERATOR_NAMESPACE, name: BOOTSTRAP_SERVICE_ACCOUNT }
    await remove(session, SERVICE_ACCOUNTS, account)
  },
})
