import { isIPv6 } from 'node:net'
import type { Node, Pod, Service } from '../../apis/core/v1.ts'
import type { AddressType, Endpoint, EndpointPort, EndpointSlice } from '../../apis/discovery/v1.ts'
import { ownerReferenceTo } from '../../kube/index.ts'
import {
  addressesOf,
  HEADLESS,
  hasEndpoint,
  hostnameOf,
  isHeadless,
  isReady,
  targetPortOf,
} from '../endpoints/service-pods.ts'
import { planSlices, recycled, type SlicePlan, slicesKey, type WantedSlices } from './plan-slices.ts'

export const SERVICE_NAME = 'kubernetes.io/service-name'
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
export const SLICE_MANAGER = 'endpointslice-controller.k8s.io'

const ZONE = 'topology.kubernetes.io/zone'

/** As kube-controller-manager's `--max-endpoints-per-slice`. */
export const MOST_ENDPOINTS = 100

const LONGEST_NAME = 253

export interface ServiceState {
  readonly service: Service
  /** Those that it selects. */
  readonly pods: readonly Pod[]
  readonly nodeOf: (name: string) => Node | undefined
  /** Those of this controller. */
  readonly slices: readonly EndpointSlice[]
}

/** What is to be done for the slices of a Service (k8s.io/endpointslice). */
export function planForService(state: ServiceState, most: number = MOST_ENDPOINTS): SlicePlan {
  const types = addressTypesOf(state.service)
  const plans = types.map((type) => planForType(state, type, most))
  return {
    create: plans.flatMap(({ create }) => create),
    update: plans.flatMap(({ update }) => update),
    remove: [
      ...state.slices.filter(({ addressType }) => !types.includes(addressType)),
      ...plans.flatMap(({ remove }) => remove),
    ],
  }
}

function planForType(state: ServiceState, addressType: AddressType, most: number): SlicePlan {
  const { service } = state
  const [own, others] = partition(
    state.slices.filter((slice) => slice.addressType === addressType),
    (slice) => isOwned(slice, service),
  )
  const ownByKey = Map.groupBy(own, slicesKey)
  const wanted = wantedSlices(state, addressType)
  const keys = new Set(wanted.map(({ template }) => slicesKey(template)))
  const plans = wanted.map((group) => planSlices(group, ownByKey.get(slicesKey(group.template)) ?? [], most))
  const remove = [
    ...plans.flatMap((plan) => plan.remove),
    ...own.filter((slice) => !keys.has(slicesKey(slice))),
  ]
  const create = plans.flatMap((plan) => plan.create)
  const isBare = create.length === 0 && remove.length === own.length
  const plan = recycled({
    create: isBare ? [templateFor(service, addressType, [])] : create,
    update: plans.flatMap(({ update }) => update),
    remove,
  })
  return { ...plan, remove: [...plan.remove, ...others] }
}

function partition<T>(all: readonly T[], belongs: (each: T) => boolean): [T[], T[]] {
  return [all.filter(belongs), all.filter((each) => !belongs(each))]
}

/** At least one kind, for there is to be a slice even when there are no endpoints. */
function wantedSlices({ service, pods, nodeOf }: ServiceState, addressType: AddressType): WantedSlices[] {
  const groups = new Map<string, { template: EndpointSlice; endpoints: Endpoint[] }>()
  for (const pod of pods.filter(hasEndpoint)) {
    const node = nodeOf(pod.spec?.nodeName ?? '')
    const endpoint = endpointOf(pod, node, service, addressType)
    // Whose node is not known may be gone with it.
    if (!endpoint || (!node && !service.spec?.publishNotReadyAddresses)) continue
    const template = templateFor(service, addressType, portsOf(service, pod))
    const key = slicesKey(template)
    const group = groups.get(key) ?? { template, endpoints: [] }
    group.endpoints.push(endpoint)
    groups.set(key, group)
  }
  if (groups.size > 0) return [...groups.values()]
  return [{ template: templateFor(service, addressType, []), endpoints: [] }]
}

function endpointOf(
  pod: Pod,
  node: Node | undefined,
  service: Service,
  addressType: AddressType,
): Endpoint | undefined {
  const addresses = addressesOf(pod).filter((address) => isIPv6(address) === (addressType === 'IPv6'))
  if (addresses.length === 0) return undefined
  const { namespace, name, uid, deletionTimestamp } = pod.metadata
  const serving = isReady(pod)
  const terminating = deletionTimestamp !== undefined
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating)
  const hostname = hostnameOf(pod, service)
  const nodeName = pod.spec?.nodeName
  const zone = node?.metadata.labels?.[ZONE]
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    targetRef: { kind: 'Pod', ...(namespace && { namespace }), ...(name && { name }), ...(uid && { uid }) },
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
  }
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((servicePort) => {
    const port = targetPortOf(pod, servicePort)
    const { name = '', protocol = 'TCP', appProtocol } = servicePort
    return port === undefined ? [] : [{ name, port, protocol, ...(appProtocol && { appProtocol }) }]
  })
}

function templateFor(service: Service, addressType: AddressType, ports: EndpointPort[]): EndpointSlice {
  const { namespace, name = '', labels } = service.metadata
  const { [HEADLESS]: _, ...others } = labels ?? {}
  return {
    metadata: {
      generateName: prefixFor(name),
      ...(namespace && { namespace }),
      labels: {
        ...others,
        ...(isHeadless(service) && { [HEADLESS]: '' }),
        [SERVICE_NAME]: name,
        [MANAGED_BY]: SLICE_MANAGER,
      },
      ownerReferences: [
        {
          ...ownerReferenceTo({ apiVersion: 'v1', kind: 'Service', ...service }),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType,
    ports,
    endpoints: [],
  }
}

export function prefixFor(name: string): string {
  return name.length < LONGEST_NAME ? `${name}-` : name
}

/** Not one of another Service, which had the name before. */
function isOwned({ metadata }: EndpointSlice, service: Service): boolean {
  return (metadata.ownerReferences ?? []).some(
    ({ apiVersion, kind, uid }) => apiVersion === 'v1' && kind === 'Service' && uid === service.metadata.uid,
  )
}

function addressTypesOf({ spec }: Service): AddressType[] {
  const families = (spec?.ipFamilies ?? []).filter((family) => family === 'IPv4' || family === 'IPv6')
  if (families.length > 0) return families
  if (spec?.clusterIP && spec.clusterIP !== 'None') return [isIPv6(spec.clusterIP) ? 'IPv6' : 'IPv4']
  return ['IPv4', 'IPv6']
}
