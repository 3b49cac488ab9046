import type { ConfigMap } from '../../apis/core/v1.ts'
import type { Condition } from '../../apis/meta/v1.ts'
import { CLUSTER_MANAGERS, type ClusterManager } from '../../apis/operator/v1.ts'
import { CONFIG_MAPS, SERVICE_ACCOUNTS } from '../../apis/resources.ts'
import { findCondition } from '../../kube/index.ts'
import { bootstrapTokenSecret, OPERATOR_NAMESPACE } from '../bootstrap-token.ts'
import { servesHub } from '../cluster-kind.ts'
import { CLUSTER_INFO } from '../init/cluster-info.ts'
import type { Session } from '../session.ts'
import { type Check, ok, wrong } from './check.ts'
import { managedClustersCheck } from './managed-clusters-check.ts'
import { crdCheck, deploymentCheck } from './workload-checks.ts'

const INIT = 'run "clusteradm init --wait"'
const OPERATOR = { namespace: OPERATOR_NAMESPACE, name: 'cluster-manager' }

/** Conditions of a ClusterManager and the status that is bad, in the order of what depends on what. */
const BAD_CONDITIONS = [
  ['ValidFeatureGates', 'False', 'correct the feature gates: kubectl edit clustermanager cluster-manager'],
  ['Applied', 'False', `see kubectl -n ${OPERATOR_NAMESPACE} logs deployment/cluster-manager`],
  ['HubRegistrationDegraded', 'True', 'see kubectl -n open-cluster-management-hub get pods'],
  ['HubPlacementDegraded', 'True', 'see kubectl -n open-cluster-management-hub get pods'],
  ['Progressing', 'True', 'wait for the Deployments in open-cluster-management-hub'],
] as const

/** From the operator to the managed clusters. */
export function hubChecks(session: Session): readonly Check[] {
  const { cluster, signal } = session
  return [
    crdCheck(session, 'operator-crd', 'clustermanagers.operator.open-cluster-management.io', INIT),
    deploymentCheck(session, 'operator', OPERATOR, INIT),
    {
      id: 'cluster-manager',
      look: async () => {
        const manager = await cluster
          .resource<ClusterManager>(CLUSTER_MANAGERS)
          .find({ name: 'cluster-manager' }, { signal })
        if (!manager) return wrong('there is no ClusterManager cluster-manager', INIT)
        return lookAtConditions(manager.status?.conditions)
      },
    },
    {
      id: 'hub-api',
      look: async () =>
        (await servesHub(cluster, signal))
          ? ok('ManagedClusters are served')
          : wrong(
              'ManagedClusters are not served',
              `see kubectl -n ${OPERATOR_NAMESPACE} logs deployment/cluster-manager`,
            ),
    },
    ...['registration-controller', 'registration-webhook', 'work-webhook', 'placement-controller'].map(
      (part) =>
        deploymentCheck(
          session,
          part,
          { namespace: 'open-cluster-management-hub', name: `cluster-manager-${part}` },
          `see kubectl -n ${OPERATOR_NAMESPACE} logs deployment/cluster-manager`,
        ),
    ),
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
        const key = { namespace: OPERATOR_NAMESPACE, name: 'agent-registration-bootstrap' }
        const hasAccount = await cluster.resource(SERVICE_ACCOUNTS).find(key, { signal })
        if (hasAccount || (await bootstrapTokenSecret(cluster, signal)))
          return ok('there is an identity to join with')
        return wrong('there is no identity that clusters could join with', INIT)
      },
    },
    managedClustersCheck(session),
  ]
}

function lookAtConditions(conditions: readonly Condition[] | undefined) {
  if (!conditions?.length) {
    return wrong(
      'the operator has not looked at the ClusterManager yet',
      `see kubectl -n ${OPERATOR_NAMESPACE} logs deployment/cluster-manager`,
    )
  }
  for (const [type, bad, cure] of BAD_CONDITIONS) {
    const condition = findCondition(conditions, type)
    if (condition?.status === bad)
      return wrong(`ClusterManager ${type}: ${condition.reason}: ${condition.message}`, cure)
  }
  return ok('the ClusterManager is applied')
}
