import { isExternal, needsHealthCheck, type ServicePort, type ServiceSpec } from './service-shape.ts'

/** Who replaces a Service need not repeat what the server has assigned to it, nor say twice which its first address is. */
export function withAssignedFields(spec: ServiceSpec, old?: ServiceSpec): ServiceSpec {
  const { clusterIP = '', clusterIPs = [] } = spec
  if (old) return withFollowingAddresses(withOldValues(spec, old), old)
  return clusterIP !== '' && clusterIPs.length === 0 ? { ...spec, clusterIPs: [clusterIP] } : spec
}

function withOldValues(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  return {
    ...spec,
    ...(needsAddress(spec) && needsAddress(old) ? keptAddresses(spec, old) : {}),
    ...(usesNodePorts(spec) && usesNodePorts(old) && spec.ports
      ? { ports: withOldNodePorts(spec.ports, old.ports ?? []) }
      : {}),
    ...(needsHealthCheck(spec) && needsHealthCheck(old) && !spec.healthCheckNodePort
      ? { healthCheckNodePort: old.healthCheckNodePort ?? 0 }
      : {}),
  }
}

function keptAddresses(spec: ServiceSpec, old: ServiceSpec): Partial<ServiceSpec> {
  const clusterIP = spec.clusterIP || old.clusterIP || ''
  const { clusterIPs = [] } = spec
  const isSame = clusterIP === (old.clusterIP ?? '')
  return { clusterIP, clusterIPs: clusterIPs.length === 0 && isSame ? (old.clusterIPs ?? []) : clusterIPs }
}

/** By the names of the ports: whatever else of one has changed, it is the same. */
function withOldNodePorts(
  ports: readonly ServicePort[],
  old: readonly ServicePort[],
): readonly ServicePort[] {
  const before = new Map(old.map(({ name = '', nodePort = 0 }) => [name, nodePort]))
  const taken = new Set(ports.map(({ nodePort = 0 }) => nodePort))
  return ports.map((port) => {
    const known = before.get(port.name ?? '') ?? 0
    if (port.nodePort || known === 0 || taken.has(known)) return port
    taken.add(known)
    return { ...port, nodePort: known }
  })
}

/** A client that knows only of the one address changes all of them with it. */
function withFollowingAddresses(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  const { clusterIP = '', clusterIPs = [] } = spec
  if (clusterIP === (old.clusterIP ?? '') || !isSame(clusterIPs, old.clusterIPs ?? [])) return spec
  return { ...spec, clusterIPs: clusterIP === '' ? [] : [clusterIP] }
}

/** What belongs to the type that a Service no longer has goes with it, unless a client has just set it. */
export function withoutForeignFields(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  if (spec.type === old.type) return withoutHealthCheck(spec, old)
  const changed: Record<string, ServiceSpec[string]> = { ...spec }
  const drop = (...names: string[]) => {
    for (const name of names) if (isSame(spec[name], old[name])) delete changed[name]
  }
  if (spec.type === 'ExternalName') drop('clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy')
  if (spec.type !== 'LoadBalancer') drop('allocateLoadBalancerNodePorts', 'loadBalancerClass')
  if (!isExternal(spec)) drop('externalTrafficPolicy')
  if (usesNodePorts(old) && !usesNodePorts(spec)) {
    const before = new Set((old.ports ?? []).map(({ nodePort = 0 }) => nodePort))
    changed.ports = (spec.ports ?? []).map(({ nodePort = 0, ...port }) =>
      nodePort === 0 || before.has(nodePort) ? port : { ...port, nodePort },
    )
  }
  return withoutHealthCheck(changed as ServiceSpec, old)
}

function withoutHealthCheck(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  if (needsHealthCheck(spec) || spec.healthCheckNodePort !== old.healthCheckNodePort) return spec
  const { healthCheckNodePort: _, ...rest } = spec
  return rest
}

function usesNodePorts({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer'
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

function needsAddress({ type }: ServiceSpec): boolean {
  return type !== 'ExternalName'
}
