import { duplicate, type FieldError, forbidden, invalid } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import {
  familyOf,
  ipErrors,
  qualifiedNameErrors,
  repeatedIndexes,
  subdomainErrors,
} from '../field-checks/index.ts'
import type { Pod } from '../pod/index.ts'
import { immutableErrors } from '../strategy/index.ts'

interface ContainerStatus extends JsonObject {
  readonly name: string
  readonly state?: JsonObject & { readonly terminated?: JsonObject & { readonly exitCode?: number } }
}

interface Address extends JsonObject {
  readonly ip: string
}

interface PodStatus extends JsonObject {
  readonly conditions?: readonly (JsonObject & { readonly type: string })[]
  readonly nominatedNodeName?: string
  readonly qosClass?: string
  readonly hostIP?: string
  readonly hostIPs?: readonly Address[]
  readonly podIPs?: readonly Address[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[]
}

/** What is wrong with what a node says of a pod (kubernetes, apis/core/validation). */
export function podStatusErrors(pod: Pod, old: Pod): FieldError[] {
  const status: PodStatus = pod.status ?? {}
  const before: PodStatus = old.status ?? {}
  const { restartPolicy = 'Always' } = old.spec
  const { nominatedNodeName = '' } = status
  return [
    // The original has these in the wrong place.
    ...(status.conditions ?? []).flatMap(({ type }, index) =>
      qualifiedNameErrors(type, `metadata.conditions[${index}].Type`),
    ),
    ...(nominatedNodeName !== '' && nominatedNodeName !== before.nominatedNodeName
      ? subdomainErrors(nominatedNodeName, 'status.nominatedNodeName')
      : []),
    ...immutableErrors(status.qosClass, before.qosClass, 'status.qosClass'),
    ...restartErrors(status, before, 'containerStatuses', restartPolicy),
    ...restartErrors(status, before, 'initContainerStatuses', restartPolicy, sidecarsOf(pod)),
    ...restartErrors(status, before, 'ephemeralContainerStatuses', 'Never'),
    ...addressErrors(status.podIPs ?? [], 'status.podIPs'),
    ...hostErrors(status),
  ]
}

/** What has ended for good does not begin again. */
function restartErrors(
  status: PodStatus,
  before: PodStatus,
  list: 'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses',
  restartPolicy: string,
  restartable: ReadonlySet<string> = new Set(),
): FieldError[] {
  if (restartPolicy === 'Always') return []
  const isRunning = (name: string) =>
    (status[list] ?? []).some((each) => each.name === name && !each.state?.terminated)
  return (before[list] ?? []).flatMap(({ name, state }, index) => {
    if (!state?.terminated || restartable.has(name)) return []
    const failed = (state.terminated.exitCode ?? 0) !== 0
    if ((failed && restartPolicy === 'OnFailure') || !isRunning(name)) return []
    const detail = 'may not be transitioned to non-terminated state'
    return [forbidden(`status.${list}[${index}].state`, detail)]
  })
}

function sidecarsOf({ spec }: Pod): Set<string> {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return new Set(sidecars.map(({ name }) => name))
}

function hostErrors({ hostIP = '', hostIPs = [] }: PodStatus): FieldError[] {
  const [first] = hostIPs
  return [
    ...(first && first.ip !== hostIP
      ? [invalid('status.hostIPs[0].ip', first.ip, 'must be equal to `hostIP`')]
      : []),
    ...addressErrors(hostIPs, 'status.hostIPs'),
  ]
}

function addressErrors(addresses: readonly Address[], path: string): FieldError[] {
  const ips = addresses.map(({ ip }) => ip)
  const isTooMany = ips.length > 1 && (ips.length > 2 || new Set(ips.map(familyOf)).size < 2)
  return [
    ...ips.flatMap((ip, index) => ipErrors(ip, `${path}[${index}]`)),
    ...(isTooMany ? [invalid(path, addresses, 'may specify no more than one IP for each IP family')] : []),
    ...repeatedIndexes(ips).map((index) => duplicate(`${path}[${index}]`, { IP: ips[index] ?? '' })),
  ]
}
