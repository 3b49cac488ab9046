import { isIP } from 'node:net'
import type { EndpointAddress, EndpointSubset, Endpoints, Service } from '../../apis/core/v1.ts'
import type { Endpoint, EndpointSlice } from '../../apis/discovery/v1.ts'
import { ownerReferenceTo } from '../../kube/index.ts'
import { TRIGGER_TIME } from '../endpoints/trigger-times.ts'
import { planSlices, recycled, type SlicePlan, slicesKey, type WantedSlices } from './plan-slices.ts'
import { MANAGED_BY, prefixFor, SERVICE_NAME } from './service-slices.ts'

export const MIRRORING_MANAGER = 'endpointslicemirroring-controller.k8s.io'

const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror'
const LEADER = 'control-plane.alpha.kubernetes.io/leader'
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** As kube-controller-manager's `--mirroring-max-endpoints-per-subset`. */
const MOST_ENDPOINTS = 1000

/** Whether somebody made these Endpoints by hand for a Service without a selector. */
export function isMirrored({ metadata }: Endpoints, service: Service | undefined): boolean {
  const { labels = {}, annotations = {} } = metadata
  const isLeft = labels[SKIP_MIRROR] === 'true' || Object.hasOwn(annotations, LEADER)
  return service !== undefined && service.spec?.selector == null && !isLeft
}

/** What is to be done so that slices say what Endpoints say (kubernetes, controller/endpointslicemirroring). */
export function planForEndpoints(endpoints: Endpoints, slices: readonly EndpointSlice[]): SlicePlan {
  const wanted = wantedSlices(endpoints)
  const existing = Map.groupBy(slices, slicesKey)
  const keys = new Set(wanted.map(({ template }) => slicesKey(template)))
  const plans = wanted.map((group) =>
    planSlices(group, existing.get(slicesKey(group.template)) ?? [], MOST_ENDPOINTS),
  )
  return recycled({
    create: plans.flatMap(({ create }) => create),
    update: plans.flatMap(({ update }) => update),
    remove: [
      ...plans.flatMap(({ remove }) => remove),
      ...slices.filter((slice) => !keys.has(slicesKey(slice))),
    ],
  })
}

function wantedSlices(endpoints: Endpoints): WantedSlices[] {
  const groups = new Map<string, { template: EndpointSlice; endpoints: Endpoint[] }>()
  for (const subset of endpoints.subsets ?? []) {
    for (const { address, ready } of addressesOf(subset)) {
      const family = isIP(address.ip)
      if (family === 0) continue
      const template = templateFor(endpoints, subset, family === 6 ? 'IPv6' : 'IPv4')
      const key = slicesKey(template)
      const group = groups.get(key) ?? { template, endpoints: [] }
      group.endpoints.push(mirrored(address, ready))
      groups.set(key, group)
    }
  }
  return [...groups.values()]
}

function addressesOf({ addresses = [], notReadyAddresses = [] }: EndpointSubset) {
  return [
    ...addresses.map((address) => ({ address, ready: true })),
    ...notReadyAddresses.map((address) => ({ address, ready: false })),
  ].slice(0, MOST_ENDPOINTS)
}

function mirrored({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    ...(targetRef && { targetRef }),
  }
}

function templateFor(
  endpoints: Endpoints,
  { ports = [] }: EndpointSubset,
  addressType: 'IPv4' | 'IPv6',
): EndpointSlice {
  const { namespace, name = '', labels, annotations = {} } = endpoints.metadata
  const { [TRIGGER_TIME]: _, [LAST_APPLIED]: __, ...others } = annotations
  return {
    metadata: {
      generateName: prefixFor(name),
      ...(namespace && { namespace }),
      labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: MIRRORING_MANAGER },
      annotations: others,
      ownerReferences: [
        {
          ...ownerReferenceTo({ apiVersion: 'v1', kind: 'Endpoints', ...endpoints }),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType,
    ports: ports.map(({ name: portName = '', port, protocol = 'TCP', appProtocol }) => ({
      name: portName,
      port,
      protocol,
      ...(appProtocol && { appProtocol }),
    })),
    endpoints: [],
  }
}
