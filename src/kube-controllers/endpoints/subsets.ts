import { isIPv6 } from 'node:net'
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '../../apis/core/v1.ts'
import { addressesOf, hasEndpoint, hostnameOf, isReady, targetPortOf } from './service-pods.ts'

/** Endpoints have no more addresses. */
export const MOST_ADDRESSES = 1000

interface PodEndpoint {
  readonly address: EndpointAddress
  readonly isReady: boolean
  readonly ports: readonly EndpointPort[]
}

/** What Endpoints say of a Service's Pods: those with the same ports together, in an order that stays the same. */
export function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const byPorts = new Map<string, PodEndpoint[]>()
  for (const pod of pods) {
    const endpoint = endpointOf(service, pod)
    if (!endpoint) continue
    const key = JSON.stringify(endpoint.ports)
    byPorts.set(key, [...(byPorts.get(key) ?? []), endpoint])
  }
  return [...byPorts.keys()].toSorted().map((key) => subsetOf(byPorts.get(key) ?? []))
}

function subsetOf(endpoints: readonly PodEndpoint[]): EndpointSubset {
  const [first] = endpoints
  const addresses = addressesWhere(endpoints, true)
  const notReadyAddresses = addressesWhere(endpoints, false)
  return {
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ...(first && first.ports.length > 0 && { ports: first.ports }),
  }
}

function addressesWhere(endpoints: readonly PodEndpoint[], ready: boolean): readonly EndpointAddress[] {
  return endpoints
    .filter((endpoint) => endpoint.isReady === ready)
    .map(({ address }) => address)
    .toSorted((one, other) => compareTexts(idOf(one), idOf(other)))
}

/** Undefined for a Pod that has nothing to offer. */
function endpointOf(service: Service, pod: Pod): PodEndpoint | undefined {
  const { ports: servicePorts = [], publishNotReadyAddresses = false, clusterIP } = service.spec ?? {}
  if (!hasEndpoint(pod) || (pod.metadata.deletionTimestamp && !publishNotReadyAddresses)) return undefined
  const ip = addressesOf(pod).find((address) => isIPv6(address) === wantsIPv6(service))
  if (ip === undefined) return undefined
  const ports = servicePorts
    .flatMap((servicePort) => {
      const port = targetPortOf(pod, servicePort)
      const { name, protocol = 'TCP', appProtocol } = servicePort
      return port === undefined
        ? []
        : [{ ...(name && { name }), port, protocol, ...(appProtocol && { appProtocol }) }]
    })
    .toSorted((one, other) => compareTexts(JSON.stringify(one), JSON.stringify(other)))
  const isWithoutPorts = servicePorts.length === 0 && clusterIP === 'None'
  if (ports.length === 0 && !isWithoutPorts) return undefined
  return { address: addressOf(pod, ip, service), isReady: publishNotReadyAddresses || isReady(pod), ports }
}

function addressOf(pod: Pod, ip: string, service: Service): EndpointAddress {
  const { namespace, name, uid } = pod.metadata
  const hostname = hostnameOf(pod, service)
  const nodeName = pod.spec?.nodeName
  return {
    ip,
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    targetRef: { kind: 'Pod', ...(namespace && { namespace }), ...(name && { name }), ...(uid && { uid }) },
  }
}

function wantsIPv6({ spec }: Service): boolean {
  const [family] = spec?.ipFamilies ?? []
  return family === undefined ? isIPv6(spec?.clusterIP ?? '') : family === 'IPv6'
}

/**
 * No more addresses than Endpoints may have, of each subset in proportion: ready ones go before others. Returns the same subsets
 * if they are few enough.
 */
export function truncated(
  subsets: readonly EndpointSubset[],
  most: number = MOST_ADDRESSES,
): readonly EndpointSubset[] {
  const ready = countOf(subsets, 'addresses')
  const notReady = countOf(subsets, 'notReadyAddresses')
  if (ready + notReady <= most) return subsets
  return ready > most
    ? shortened(subsets.map(withoutNotReady), 'addresses', ready, most)
    : shortened(subsets, 'notReadyAddresses', notReady, most - ready)
}

type AddressList = 'addresses' | 'notReadyAddresses'

function shortened(
  subsets: readonly EndpointSubset[],
  list: AddressList,
  total: number,
  most: number,
): readonly EndpointSubset[] {
  let left = most
  return subsets.map(({ [list]: all = [], ...rest }) => {
    const share = Math.min(Math.ceil((all.length / total) * most), left)
    left -= Math.min(share, all.length)
    const kept = all.slice(0, share)
    return kept.length > 0 ? { ...rest, [list]: kept } : rest
  })
}

function withoutNotReady({ notReadyAddresses: _, ...subset }: EndpointSubset): EndpointSubset {
  return subset
}

function countOf(subsets: readonly EndpointSubset[], list: AddressList): number {
  return subsets.reduce((sum, subset) => sum + (subset[list]?.length ?? 0), 0)
}

function idOf({ ip, targetRef }: EndpointAddress): string {
  return `${ip} ${targetRef?.uid ?? ''}`
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
