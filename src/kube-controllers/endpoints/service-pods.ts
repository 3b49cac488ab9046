import type { Pod, Service, ServicePort } from '../../apis/core/v1.ts'
import type { ObjectKey } from '../../apis/meta/v1.ts'
import type { ObjectReader } from '../../kube/index.ts'

/** What a Service makes of Pods, be it in Endpoints or in EndpointSlices (kubernetes, k8s.io/endpointslice/util). */

/** Label of what belongs to a headless Service. */
export const HEADLESS = 'service.kubernetes.io/headless'

/** Services without a selector, or by a name elsewhere, have endpoints that are somebody else's business. */
export function hasOwnEndpoints({ spec }: Service): boolean {
  return spec?.selector != null && spec.type !== 'ExternalName'
}

/** An empty selector selects all of the namespace. */
export function isSelected({ metadata, spec }: Service, pod: Pod): boolean {
  const labels = pod.metadata.labels ?? {}
  return (
    metadata.namespace === pod.metadata.namespace &&
    Object.entries(spec?.selector ?? {}).every(
      ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
    )
  )
}

/** The Service's Pods, by name, so that what is made of them stays the same. */
export function podsOf(service: Service, pods: ObjectReader<Pod>): readonly Pod[] {
  return pods
    .list(service.metadata.namespace ?? '')
    .filter((pod) => isSelected(service, pod))
    .toSorted((one, other) => ((one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1))
}

/** Keys of the Services that a Pod stands behind. */
export function servicesOf(pod: Pod, services: ObjectReader<Service>): readonly ObjectKey[] {
  return services
    .list(pod.metadata.namespace ?? '')
    .filter((service) => hasOwnEndpoints(service) && isSelected(service, pod))
    .map(({ metadata }) => ({ namespace: metadata.namespace, name: metadata.name ?? '' }))
}

/** Whether it has an address, and is not over. */
export function hasEndpoint({ status = {} }: Pod): boolean {
  const isOver = status.phase === 'Succeeded' || status.phase === 'Failed'
  return !isOver && addressesOf({ metadata: {}, status }).length > 0
}

export function addressesOf({ status }: Pod): readonly string[] {
  const all = (status?.podIPs ?? []).flatMap(({ ip }) => ip || [])
  return all.length === 0 && status?.podIP ? [status.podIP] : all
}

export function isReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True')
}

/** A Pod has a name of its own below that of a Service that is its subdomain. */
export function hostnameOf({ metadata, spec }: Pod, service: Service): string | undefined {
  const isBelow =
    spec?.subdomain === service.metadata.name && metadata.namespace === service.metadata.namespace
  return isBelow && spec?.hostname ? spec.hostname : undefined
}

/** `None`, or not there at all. */
export function isHeadless({ spec }: Service): boolean {
  return !spec?.clusterIP || spec.clusterIP === 'None'
}

/** Where a Pod serves a port of the Service; undefined when the Pod has no port of that name. */
export function targetPortOf({ spec }: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...(spec?.containers ?? []), ...sidecars]
    .flatMap(({ ports = [] }) => ports)
    .find(({ name, protocol = 'TCP' }) => name === target && protocol === (port.protocol ?? 'TCP'))
    ?.containerPort
}
