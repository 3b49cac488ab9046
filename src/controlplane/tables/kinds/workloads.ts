import type { JsonObject } from '../../api/json.ts'
import { type Cell, type Column, column, type TableColumns, tableOf, wideColumn } from '../column.ts'
import { AGE, containerColumns, NAME, selectorColumn } from '../common-columns.ts'
import { formatLabels, selectorText } from '../label-text.ts'
import { booleanAt, numberAt, objectsAt, textAt, valueAt } from '../members.ts'

const TEMPLATE = ['spec', 'template']

const READY_OF_DESIRED: Column = column(
  'Ready',
  'string',
  'Number of the pod with ready state',
  (object) => `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`,
)

export const DEPLOYMENTS: TableColumns = tableOf(
  NAME,
  READY_OF_DESIRED,
  column(
    'Up-to-date',
    'string',
    'Total number of non-terminating pods targeted by this deployment that have the desired template spec.',
    count('status', 'updatedReplicas'),
  ),
  column(
    'Available',
    'string',
    'Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.',
    count('status', 'availableReplicas'),
  ),
  AGE,
  ...containerColumns(TEMPLATE),
  // Deployments alone show an empty selector as nothing.
  wideColumn(
    'Selector',
    'string',
    "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels.",
    (deployment) => selectorText(valueAt(deployment, 'spec', 'selector')) ?? '<invalid>',
  ),
)

export const STATEFUL_SETS: TableColumns = tableOf(NAME, READY_OF_DESIRED, AGE, ...containerColumns(TEMPLATE))

export const REPLICA_SETS: TableColumns = tableOf(
  NAME,
  ...replicaColumns(),
  AGE,
  ...containerColumns(TEMPLATE),
  selectorColumn('The pods that the replica set counts as its own', 'spec', 'selector'),
)

export const REPLICATION_CONTROLLERS: TableColumns = tableOf(
  NAME,
  ...replicaColumns(),
  AGE,
  ...containerColumns(TEMPLATE),
  wideColumn(
    'Selector',
    'string',
    'The pods that the replication controller counts as its own',
    (controller) => formatLabels(valueAt(controller, 'spec', 'selector')),
  ),
)

export const DAEMON_SETS: TableColumns = tableOf(
  NAME,
  column('Desired', 'integer', 'Nodes that should run the pod', count('status', 'desiredNumberScheduled')),
  column('Current', 'integer', 'Of these, nodes that have it', count('status', 'currentNumberScheduled')),
  column('Ready', 'integer', 'Nodes on which the pod is ready', count('status', 'numberReady')),
  column(
    'Up-to-date',
    'integer',
    'Nodes that have the pod of the present template',
    count('status', 'updatedNumberScheduled'),
  ),
  column('Available', 'integer', 'Nodes on which the pod is available', count('status', 'numberAvailable')),
  column('Node Selector', 'string', 'Labels of the nodes that the pod may run on', (set) =>
    formatLabels(valueAt(set, ...TEMPLATE, 'spec', 'nodeSelector')),
  ),
  AGE,
  ...containerColumns(TEMPLATE),
  selectorColumn('The pods that the daemon set counts as its own', 'spec', 'selector'),
)

export const CONTROLLER_REVISIONS: TableColumns = tableOf(
  NAME,
  column('Controller', 'string', 'Whose history it belongs to', controllerOf),
  column('Revision', 'string', 'Its place in the history of the controller', count('revision')),
  AGE,
)

export const POD_DISRUPTION_BUDGETS: TableColumns = tableOf(
  NAME,
  column(
    'Min Available',
    'string',
    'How many pods have to stay available',
    numberOrPercentage('spec', 'minAvailable'),
  ),
  column(
    'Max Unavailable',
    'string',
    'How many pods may be missing',
    numberOrPercentage('spec', 'maxUnavailable'),
  ),
  column(
    'Allowed Disruptions',
    'integer',
    'How many pods may be evicted now',
    count('status', 'disruptionsAllowed'),
  ),
  AGE,
)

export const SCALE: TableColumns = tableOf(
  { ...NAME, definition: { ...NAME.definition, format: '' } },
  column('Desired', 'integer', 'How many there should be', count('spec', 'replicas')),
  column('Available', 'integer', 'How many there are', count('status', 'replicas')),
  AGE,
)

function replicaColumns(): readonly Column[] {
  return [
    column('Desired', 'integer', 'How many pods there should be', count('spec', 'replicas')),
    column('Current', 'integer', 'How many pods there are', count('status', 'replicas')),
    column('Ready', 'integer', 'How many of them are ready', count('status', 'readyReplicas')),
  ]
}

function count(...path: readonly string[]): Cell {
  return (object) => numberAt(object, ...path)
}

function numberOrPercentage(...path: readonly string[]): Cell {
  return (object) => String(valueAt(object, ...path) ?? 'N/A')
}

function controllerOf(object: JsonObject): string {
  const owner = objectsAt(object, 'metadata', 'ownerReferences').find((each) => booleanAt(each, 'controller'))
  if (!owner) return '<none>'
  const version = textAt(owner, 'apiVersion')
  const group = version.includes('/') ? version.slice(0, version.indexOf('/')) : ''
  const kind = textAt(owner, 'kind') + (group && `.${group}`)
  return kind === '' ? textAt(owner, 'name') : `${kind.toLowerCase()}/${textAt(owner, 'name')}`
}
