import type { Deployment } from '../../apis/apps/v1.ts'
import type { ConfigMap } from '../../apis/core/v1.ts'
import type { Condition } from '../../apis/meta/v1.ts'
import { CLUSTER_MANAGERS, type ClusterManager } from '../../apis/operator/v1.ts'
import { CONFIG_MAPS, DEPLOYMENTS, SERVICE_ACCOUNTS } from '../../apis/resources.ts'
import { findCondition } from '../../kube/client.ts'
import { bootstrapTokenSecret } from '../bootstrap-token.ts'
import { servesHub } from '../cluster-kind.ts'
import { CLUSTER_INFO } from '../init/cluster-info.ts'
import {
  BOOTSTRAP_SERVICE_ACCOUNT,
  CLUSTER_MANAGER,
  CLUSTER_MANAGER_CRD,
  HUB_NAMESPACE,
  OPERATOR_NAMESPACE,
} from '../names.ts'
import { sorted } from '../output/print-list.ts'
import type { Session } from '../session.ts'
import { type Check, type Finding, ok, wrong } from './check.ts'
import { lookAtDeletion, operatorCheck } from './deletion-checks.ts'
import { managedClustersCheck } from './managed-clusters-check.ts'
import { webhooksCheck } from './webhooks-check.ts'
import { crdCheck, deploymentCheck, lookAtDeployment } from './workload-checks.ts'

const INIT = 'run "clusteradm init --wait"'
/** Where nothing is there yet, it may have been meant to be a managed cluster. */
const BEGIN = `${INIT} to make it a hub; a managed cluster begins with the line that "clusteradm get token" prints on its hub`
const OPERATOR = { namespace: OPERATOR_NAMESPACE, name: CLUSTER_MANAGER }
const OPERATOR_LOGS = `see kubectl -n ${OPERATOR_NAMESPACE} logs deployment/cluster-manager`
const MANAGER = { name: CLUSTER_MANAGER }

/** Every hub has them; others depend on feature gates. */
const REQUIRED_PARTS = [
  'registration-controller',
  'registration-webhook',
  'work-webhook',
  'placement-controller',
]

/** Conditions of a ClusterManager, the status that is bad, and what helps. Without them there is nothing else to look at. */
const FIRST_CONDITIONS = [
  ['ValidFeatureGates', 'False', 'correct the feature gates: kubectl edit clustermanager cluster-manager'],
  ['Applied', 'False', OPERATOR_LOGS],
] as const

/** Those that tell of the components, which are looked at before, for they say more. */
const LAST_CONDITIONS = [
  ['HubRegistrationDegraded', 'True', 'see kubectl -n open-cluster-management-hub get pods'],
  ['HubPlacementDegraded', 'True', 'see kubectl -n open-cluster-management-hub get pods'],
  ['Progressing', 'True', 'wait for the Deployments in open-cluster-management-hub'],
] as const

/** From the operator to the managed clusters. */
export function hubChecks(session: Session): readonly Check[] {
  const { cluster, signal } = session
  return [
    crdCheck(session, 'operator-crd', CLUSTER_MANAGER_CRD, BEGIN),
    operatorCheck(session, {
      resource: CLUSTER_MANAGERS,
      kind: 'ClusterManager',
      name: CLUSTER_MANAGER,
      operator: OPERATOR,
      cure: INIT,
    }),
    {
      id: 'cluster-manager',
      look: async () => {
        const manager = await cluster.resource<ClusterManager>(CLUSTER_MANAGERS).find(MANAGER, { signal })
        if (!manager) return wrong('there is no ClusterManager cluster-manager', INIT)
        const deletion = lookAtDeletion(manager, 'the ClusterManager cluster-manager', OPERATOR_LOGS)
        return deletion ?? lookAtConditions(manager.status?.conditions, FIRST_CONDITIONS)
      },
    },
    {
      id: 'hub-api',
      look: async () =>
        (await servesHub(cluster, signal))
          ? ok('ManagedClusters are served')
          : wrong('ManagedClusters are not served', OPERATOR_LOGS),
    },
    ...REQUIRED_PARTS.map((part) =>
      deploymentCheck(
        session,
        part,
        { namespace: HUB_NAMESPACE, name: `cluster-manager-${part}` },
        OPERATOR_LOGS,
      ),
    ),
    { id: 'other-components', look: () => lookAtOthers(session) },
    webhooksCheck(session),
    {
      id: 'hub-conditions',
      look: async () => {
        const manager = await cluster.resource<ClusterManager>(CLUSTER_MANAGERS).get(MANAGER, { signal })
        return lookAtConditions(manager.status?.conditions, LAST_CONDITIONS)
      },
    },
    {
      id: 'cluster-info',
      look: async () => {
        const info = await cluster.resource<ConfigMap>(CONFIG_MAPS).find(CLUSTER_INFO, { signal })
        return info?.data?.kubeconfig
          ? ok('clusters that join can learn where the hub is')
          : wrong('the ConfigMap kube-public/cluster-info is missing, or empty', INIT)
      },
    },
    {
      id: 'bootstrap-identity',
      look: async () => {
        const key = { namespace: OPERATOR_NAMESPACE, name: BOOTSTRAP_SERVICE_ACCOUNT }
        const hasAccount = await cluster.resource(SERVICE_ACCOUNTS).find(key, { signal })
        if (hasAccount || (await bootstrapTokenSecret(cluster, signal)))
          return ok('there is an identity to join with')
        return wrong('there is no identity that clusters could join with', INIT)
      },
    },
    managedClustersCheck(session),
  ]
}

/** Whatever else runs for the hub, such as the add-on manager. */
async function lookAtOthers(session: Session): Promise<Finding> {
  const { cluster, signal } = session
  const { items } = await cluster
    .resource<Deployment>(DEPLOYMENTS)
    .listAll({ namespace: HUB_NAMESPACE, signal })
  for (const { metadata } of sorted(items)) {
    const key = { namespace: HUB_NAMESPACE, name: metadata.name ?? '' }
    const finding = await lookAtDeployment(session, key, OPERATOR_LOGS)
    if (finding.status === 'wrong') return finding
  }
  return ok(`all ${items.length} Deployments of the hub are available`)
}

type BadCondition = readonly [type: string, bad: string, cure: string]

function lookAtConditions(
  conditions: readonly Condition[] | undefined,
  looked: readonly BadCondition[],
): Finding {
  if (!conditions?.length) {
    return wrong('the operator has not looked at the ClusterManager yet', OPERATOR_LOGS)
  }
  for (const [type, bad, cure] of looked) {
    const condition = findCondition(conditions, type)
    if (condition?.status === bad)
      return wrong(`ClusterManager ${type}: ${condition.reason}: ${condition.message}`, cure)
  }
  return ok('the ClusterManager is applied')
}
