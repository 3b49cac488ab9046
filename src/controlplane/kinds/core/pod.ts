import type { JsonObject } from '../../api/json.ts'
import { type Strategy, withMeta } from '../../registry/index.ts'
import { selectableFields, valueAt } from '../../selectors/index.ts'
import type { Pod } from '../pod/index.ts'
import { type KindEntry, type KindTable, strategyOf, strategyWithStatus } from '../strategy/index.ts'
import { podDefaults } from './pod-defaults.ts'
import { newPodErrors } from './pod-errors.ts'
import { qualityOfService } from './pod-quality.ts'
import { podStatusErrors } from './pod-status-errors.ts'
import { ephemeralUpdateErrors, podUpdateErrors } from './pod-update-errors.ts'

const POD: Strategy = strategyWithStatus({
  countsGenerations: true,
  withDefaults: (object) => withOneAddressMore(podDefaults(object as Pod)),
  prepareForCreate: (object) => {
    const pod = object as Pod
    return { ...pod, status: newStatus(pod) }
  },
  validate: (object) => newPodErrors(object as Pod),
  validateUpdate: (object, old) => podUpdateErrors(object as Pod, old as Pod),
  deletion: { graceSeconds: (object, requested) => graceSeconds(object as Pod, requested) },
})

const POD_STATUS: Strategy = strategyOf({
  ...POD,
  prepareForUpdate: (object, old) => {
    const { ownerReferences } = old.metadata
    const [pod, before] = [object as Pod, old as Pod]
    const qosClass = pod.status?.qosClass ?? before.status?.qosClass
    const status = { ...pod.status, ...(qosClass === undefined ? {} : { qosClass }) }
    return withMeta({ ...pod, spec: before.spec, status }, { ownerReferences })
  },
  validateUpdate: (object, old) => podStatusErrors(object as Pod, old as Pod),
})

const POD_EPHEMERAL_CONTAINERS: Strategy = strategyOf({
  ...POD,
  prepareForUpdate: (object, old) => {
    const { ephemeralContainers: _, ...spec } = (old as Pod).spec
    const { ephemeralContainers } = (object as Pod).spec
    return { ...old, spec: { ...spec, ...(ephemeralContainers ? { ephemeralContainers } : {}) } }
  },
  validateUpdate: (object, old) => ephemeralUpdateErrors(object as Pod, old as Pod),
})

/** Of `v1`. What a service account adds to a pod is not in it: `withTokenVolume`. */
export function podKind(table: KindTable): KindEntry {
  return table.namespaced('pods', 'Pod', POD, {
    subresources: { status: POD_STATUS, ephemeralcontainers: POD_EPHEMERAL_CONTAINERS },
    selectableFields: selectableFields(
      [
        'metadata.name',
        'metadata.namespace',
        'spec.nodeName',
        'spec.restartPolicy',
        'spec.schedulerName',
        'spec.serviceAccountName',
        'spec.hostNetwork',
        'status.phase',
        'status.podIP',
        'status.podIPs',
        'status.nominatedNodeName',
      ],
      {
        'spec.hostNetwork': valueAt('spec.hostNetwork', 'false'),
      },
    ),
  })
}

function newStatus(pod: Pod): JsonObject {
  const status = { phase: 'Pending', qosClass: qualityOfService(pod.spec) }
  if (!pod.spec.schedulingGates?.length) return status
  const waiting = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  }
  return { ...status, conditions: [waiting] }
}

/** The one address is the first of all; a node may know only of either. */
function withOneAddressMore(pod: Pod): Pod {
  const { status } = pod
  if (!status) return pod
  const podIP = (status.podIP as string | undefined) ?? ''
  const podIPs = (status.podIPs as readonly { readonly ip: string }[] | undefined) ?? []
  if (podIP !== '' && podIPs[0]?.ip !== podIP)
    return { ...pod, status: { ...status, podIPs: [{ ip: podIP }] } }
  const [first] = podIPs
  return podIP === '' && first ? { ...pod, status: { ...status, podIP: first.ip } } : pod
}

/** Nobody has to be asked to end what has not begun, or has ended. */
function graceSeconds({ spec, status }: Pod, requested: number | undefined): number {
  if (!spec.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0
  const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0
  return seconds < 0 ? 1 : seconds
}
