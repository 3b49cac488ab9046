import { type KindEntry, KindTable } from '../strategy/index.ts'
import { CONTROLLER_REVISION_STRATEGY } from './controller-revisions.ts'
import { DAEMON_SET_STATUS_STRATEGY, DAEMON_SET_STRATEGY } from './daemon-sets.ts'
import { DEPLOYMENT_STATUS_STRATEGY, DEPLOYMENT_STRATEGY } from './deployments.ts'
import { REPLICA_SET_STATUS_STRATEGY, REPLICA_SET_STRATEGY } from './replica-sets.ts'
import { STATEFUL_SET_STATUS_STRATEGY, STATEFUL_SET_STRATEGY } from './stateful-sets.ts'

const apps = new KindTable('apps')

export const APPS_KINDS: readonly KindEntry[] = [
  apps.namespaced('deployments', 'Deployment', DEPLOYMENT_STRATEGY, {
    subresources: { status: DEPLOYMENT_STATUS_STRATEGY },
  }),
  apps.namespaced('replicasets', 'ReplicaSet', REPLICA_SET_STRATEGY, {
    subresources: { status: REPLICA_SET_STATUS_STRATEGY },
  }),
  apps.namespaced('statefulsets', 'StatefulSet', STATEFUL_SET_STRATEGY, {
    subresources: { status: STATEFUL_SET_STATUS_STRATEGY },
  }),
  apps.namespaced('daemonsets', 'DaemonSet', DAEMON_SET_STRATEGY, {
    subresources: { status: DAEMON_SET_STATUS_STRATEGY },
  }),
  apps.namespaced('controllerrevisions', 'ControllerRevision', CONTROLLER_REVISION_STRATEGY),
]
