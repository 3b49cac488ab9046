import type { JsonObject } from '../../api/json.ts'
import { column, type TableColumns, tableOf, wideColumn } from '../column.ts'
import { AGE, containerColumns, NAME } from '../common-columns.ts'
import { formatLabels } from '../label-text.ts'
import { objectsAt, textAt, valueAt } from '../members.ts'
import { conditionStatus, podSummary } from './pod-summary.ts'

const ENDED = new Map([
  ['Succeeded', 'The pod has completed successfully.'],
  ['Failed', 'The pod failed.'],
])

export const PODS: TableColumns = {
  columns: [
    NAME,
    column(
      'Ready',
      'string',
      'The aggregate readiness state of this pod for accepting traffic.',
      (pod, now) => podSummary(pod, now).ready,
    ),
    column(
      'Status',
      'string',
      'The aggregate status of the containers in this pod.',
      (pod, now) => podSummary(pod, now).status,
    ),
    column(
      'Restarts',
      'string',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
      (pod, now) => podSummary(pod, now).restarts,
    ),
    AGE,
    wideColumn(
      'IP',
      'string',
      'podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.',
      (pod) => textAt(objectsAt(pod, 'status', 'podIPs')[0], 'ip') || '<none>',
    ),
    wideColumn(
      'Node',
      'string',
      'NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate for scheduling by the scheduler defined in schedulerName. Once this field is set, the kubelet for this node becomes responsible for the lifecycle of this pod. This field should not be used to express a desire for the pod to be scheduled on a specific node. https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename',
      (pod) => textAt(pod, 'spec', 'nodeName') || '<none>',
    ),
    wideColumn(
      'Nominated Node',
      'string',
      'nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods. This field does not guarantee that the pod will be scheduled on this node. Scheduler may decide to place the pod elsewhere if other nodes become available sooner. Scheduler may also decide to give the resources on this node to a higher priority pod that is created after preemption. As a result, this field may be different than PodSpec.nodeName when the pod is scheduled.',
      (pod) => textAt(pod, 'status', 'nominatedNodeName') || '<none>',
    ),
    wideColumn(
      'Readiness Gates',
      'string',
      'If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its containers are ready AND all conditions specified in the readiness gates have status equal to "True" More info: https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates',
      readinessGates,
    ),
  ],
  conditions: (pod) => {
    const phase = textAt(pod, 'status', 'phase')
    const message = ENDED.get(phase)
    return message ? [{ type: 'Completed', status: 'True', reason: phase, message }] : []
  },
}

export const POD_TEMPLATES: TableColumns = tableOf(
  NAME,
  ...containerColumns(['template'], { priority: 0 }),
  column('Pod Labels', 'string', 'What its pods are labelled with', (template) =>
    formatLabels(valueAt(template, 'template', 'metadata', 'labels')),
  ),
)

function readinessGates(pod: JsonObject): string {
  const gates = objectsAt(pod, 'spec', 'readinessGates')
  if (gates.length === 0) return '<none>'
  const open = gates.filter((gate) => conditionStatus(pod, textAt(gate, 'conditionType')) === 'True')
  return `${open.length}/${gates.length}`
}
