import type { Secret } from '../../apis/core/v1.ts'
import { KLUSTERLETS, type Klusterlet } from '../../apis/operator/v1.ts'
import { SECRETS } from '../../apis/resources.ts'
import { findCondition } from '../../kube/client.ts'
import { tokenExpiry } from '../hub-trust/jwt-expiry.ts'
import {
  agentDeploymentsOf,
  agentNamespaceOf,
  KLUSTERLET,
  KLUSTERLET_CRD,
  OPERATOR_NAMESPACE,
} from '../names.ts'
import type { Session } from '../session.ts'
import { agentHubChecks, HUB_KUBECONFIG_SECRET } from './agent-hub-checks.ts'
import { BOOTSTRAP_SECRET, bootstrapKubeconfig, JOIN, lookWithBootstrap } from './bootstrap-hub.ts'
import { type Check, type Finding, ok, wrong } from './check.ts'
import { lookAtDeletion, operatorCheck } from './deletion-checks.ts'
import { crdCheck, lookAtDeployment } from './workload-checks.ts'

const LOGS = `see kubectl -n ${OPERATOR_NAMESPACE} logs deployment/klusterlet`

/** What the operator says of the hub, and what helps. The reason may consist of several, with commas between them. */
const HUB_CURES: ReadonlyMap<string, string> = new Map([
  ['BootstrapSecretMissing', JOIN],
  ['BootstrapSecretUnauthorized', `the token has expired: ${JOIN}`],
  ['BootstrapSecretError', 'see whether the hub can be reached from the managed cluster'],
  ['HubKubeConfigUnauthorized', 'the hub does not take the certificate of the agent: unjoin, and join anew'],
  ['HubKubeConfigError', 'see whether the hub can be reached from the managed cluster'],
])

/** From the operator of a managed cluster to its lease on the hub. */
export function klusterletChecks(session: Session): readonly Check[] {
  const { cluster, signal } = session
  const find = () => cluster.resource<Klusterlet>(KLUSTERLETS).find({ name: KLUSTERLET }, { signal })
  const found = async () => (await find()) ?? ({ metadata: {} } as Klusterlet)
  return [
    crdCheck(session, 'operator-crd', KLUSTERLET_CRD, JOIN),
    operatorCheck(session, {
      resource: KLUSTERLETS,
      kind: 'Klusterlet',
      name: KLUSTERLET,
      operator: { namespace: OPERATOR_NAMESPACE, name: KLUSTERLET },
      cure: JOIN,
    }),
    {
      id: 'klusterlet',
      look: async () => {
        const klusterlet = await find()
        return klusterlet ? lookAtKlusterlet(klusterlet) : wrong('there is no Klusterlet klusterlet', JOIN)
      },
    },
    { id: 'bootstrap-secret', look: async () => lookAtBootstrapSecret(session, await found()) },
    { id: 'hub-connection', look: async () => lookAtHubConnection(session, await found()) },
    { id: 'agents', look: async () => lookAtAgents(session, await found()) },
    ...agentHubChecks(session, found),
  ]
}

function lookAtKlusterlet(klusterlet: Klusterlet): Finding {
  const deletion = lookAtDeletion(klusterlet, 'the Klusterlet klusterlet', LOGS)
  if (deletion) return deletion
  const { status } = klusterlet
  const conditions = status?.conditions ?? []
  if (conditions.length === 0) return wrong('the operator has not looked at the Klusterlet yet', LOGS)
  for (const type of ['ValidFeatureGates', 'ReadyToApply', 'Applied']) {
    const condition = findCondition(conditions, type)
    if (condition?.status === 'False')
      return wrong(`Klusterlet ${type}: ${condition.reason}: ${condition.message}`, LOGS)
  }
  return ok('the Klusterlet is applied')
}

/** An agent that has joined does not need it any more. */
async function lookAtBootstrapSecret(session: Session, klusterlet: Klusterlet): Promise<Finding> {
  const namespace = agentNamespaceOf(klusterlet)
  if (await hasIdentity(session, namespace)) return ok('the agent has an identity of its own')
  const kubeconfig = await bootstrapKubeconfig(session, klusterlet)
  if (kubeconfig === '')
    return wrong(`the Secret ${namespace}/${BOOTSTRAP_SECRET} is missing, or empty`, JOIN)
  const expiry = tokenExpiry(/^\s*token:\s*"?([^\s"]+)/m.exec(kubeconfig)?.[1] ?? '')
  if (expiry === undefined || expiry > session.cluster.clock.now())
    return ok('the agent has a token to introduce itself with')
  return wrong(
    `the token that the agent introduces itself with has expired at ${new Date(expiry).toISOString()}`,
    JOIN,
  )
}

/** That there is no identity yet is looked at later: first the agents must run that ask for it. */
async function lookAtHubConnection(session: Session, klusterlet: Klusterlet): Promise<Finding> {
  const condition = findCondition(klusterlet.status?.conditions, 'HubConnectionDegraded')
  if (condition?.status !== 'True') return ok('the operator finds the connection to the hub in order')
  const reasons = condition.reason.split(',')
  const messages = condition.message.split('\n') // one for each reason
  for (const [at, reason] of reasons.entries()) {
    const cure = HUB_CURES.get(reason)
    if (cure === undefined) continue
    const seen = reason === 'BootstrapSecretError' && (await lookWithBootstrap(session, klusterlet))
    return seen || wrong(`HubConnectionDegraded: ${reason}: ${messages[at] ?? condition.message}`, cure)
  }
  return ok('the hub takes the token that the agent introduces itself with')
}

async function hasIdentity({ cluster, signal }: Session, namespace: string): Promise<boolean> {
  const secrets = cluster.resource<Secret>(SECRETS)
  const secret = await secrets.find({ namespace, name: HUB_KUBECONFIG_SECRET }, { signal })
  return secret?.data?.kubeconfig !== undefined
}

async function lookAtAgents(session: Session, klusterlet: Klusterlet): Promise<Finding> {
  const namespace = agentNamespaceOf(klusterlet)
  const [first, ...others] = agentDeploymentsOf(klusterlet)
  // There is nothing for the work agent to do before the hub has accepted the cluster: it is scaled to 0.
  const names = (await hasIdentity(session, namespace)) ? [first, ...others] : [first]
  for (const name of names) {
    const finding = await lookAtDeployment(session, { namespace, name }, LOGS)
    if (finding.status === 'wrong') return finding
  }
  return ok('the agents run')
}
