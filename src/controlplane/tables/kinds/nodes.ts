import type { JsonObject } from '../../api/json.ts'
import { type Cell, column, type TableColumns, tableOf, wideColumn } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { booleanAt, objectsAt, textAt, textEntriesAt } from '../members.ts'

const ROLE_LABEL = 'kubernetes.io/role'
const ROLE_LABEL_PREFIX = 'node-role.kubernetes.io/'

export const NODES: TableColumns = tableOf(
  NAME,
  column('Status', 'string', 'Whether it is ready, and takes pods', status),
  column('Roles', 'string', 'What it is for, by its labels', (node) => roles(node).join(',') || '<none>'),
  AGE,
  column('Version', 'string', 'The version of its kubelet', (node) =>
    textAt(node, 'status', 'nodeInfo', 'kubeletVersion'),
  ),
  wideColumn('Internal-IP', 'string', 'Its address in the cluster', address('InternalIP')),
  wideColumn('External-IP', 'string', 'Its address for others', address('ExternalIP')),
  wideColumn('OS-Image', 'string', 'Its operating system', info('osImage')),
  wideColumn('Kernel-Version', 'string', 'The version of its kernel', info('kernelVersion')),
  wideColumn('Container-Runtime', 'string', 'What runs its containers', info('containerRuntimeVersion')),
)

function status(node: JsonObject): string {
  const ready = objectsAt(node, 'status', 'conditions').findLast((each) => textAt(each, 'type') === 'Ready')
  const condition = !ready ? 'Unknown' : textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady'
  return booleanAt(node, 'spec', 'unschedulable') ? `${condition},SchedulingDisabled` : condition
}

function roles(node: JsonObject): readonly string[] {
  const found = textEntriesAt(node, 'metadata', 'labels').map(([label, value]) => {
    if (label.startsWith(ROLE_LABEL_PREFIX)) return label.slice(ROLE_LABEL_PREFIX.length)
    return label === ROLE_LABEL ? value : ''
  })
  return [...new Set(found)].filter((role) => role !== '').toSorted()
}

function address(type: string): Cell {
  return (node) => {
    const found = objectsAt(node, 'status', 'addresses').find((each) => textAt(each, 'type') === type)
    return found ? textAt(found, 'address') : '<none>'
  }
}

function info(member: string): Cell {
  return (node) => textAt(node, 'status', 'nodeInfo', member) || '<unknown>'
}
