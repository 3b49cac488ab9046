import { isExternal, needsHealthCheck, type ServicePort, type ServiceSpec } from './service-shape.ts'

/** Who replaces a Service need not repeat what the server has assigned to it, nor say twice which its first address is. */
export function withAssignedFields(spec: ServiceSpec, old?: ServiceSpec): ServiceSpec {
  const { clusterIP = '', clusterIPs = [] } = spec
  if (old) return withFollowingAddresses(withOldValues(spec, old), old)
  return clusterIP !== '' && clusterIPs.length === 0 ? { ...spec, clusterIPs: [clusterIP] } : spec
}

function withOldValues(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return spec
  const { clusterIP = '', clusterIPs = [], ports = [] } = spec
  const keepsAddress = clusterIP === '' && clusterIPs.length === 0 && old.clusterIP
  return {
    ...spec,
    ...(keepsAddress ? { clusterIP: old.clusterIP, clusterIPs: old.clusterIPs ?? [] } : {}),
    ...(usesNodePorts(spec) && usesNodePorts(old) && ports.length > 0
      ? { ports: withOldNodePorts(ports, old.ports ?? []) }
      : {}),
    ...(needsHealthCheck(spec) && needsHealthCheck(old) && !spec.healthCheckNodePort
      ? { healthCheckNodePort: old.healthCheckNodePort ?? 0 }
      : {}),
  }
}

function withOldNodePorts(
  ports: readonly ServicePort[],
  old: readonly ServicePort[],
): readonly ServicePort[] {
  const taken = new Set(ports.map(({ protocol, nodePort = 0 }) => `${protocol}/${nodePort}`))
  return ports.map((port) => {
    if (port.nodePort) return port
    const before = old.find(
      ({ protocol, port: number, name }) =>
        protocol === port.protocol && number === port.port && (name ?? '') === (port.name ?? ''),
    )
    if (!before?.nodePort || taken.has(`${before.protocol}/${before.nodePort}`)) return port
    return { ...port, nodePort: before.nodePort }
  })
}

/** A client that knows only of the one address, or only of the list, changes the other with it. */
function withFollowingAddresses(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  const { clusterIP = '', clusterIPs = [] } = spec
  const isSameOne = clusterIP === (old.clusterIP ?? '')
  const isSameList = clusterIPs.join() === (old.clusterIPs ?? []).join()
  if (!isSameOne && isSameList) {
    return { ...spec, clusterIPs: clusterIP === '' ? [] : [clusterIP, ...clusterIPs.slice(1)] }
  }
  if (isSameOne && !isSameList && clusterIPs.length > 0) return { ...spec, clusterIP: clusterIPs[0] ?? '' }
  return spec
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
