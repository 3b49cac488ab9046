import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../api/field-error.ts'
import type { JsonValue } from '../../api/json.ts'
import { labelsErrors } from '../../selectors/index.ts'
import {
  cidrErrors,
  familyOf,
  ipErrors,
  labelNameErrors,
  listedErrors,
  PORT_PROTOCOLS,
  portErrors,
  qualifiedNameErrors,
  specialIpErrors,
  subdomainErrors,
} from '../field-checks/index.ts'
import {
  isExternal,
  isHeadless,
  type LoadBalancerIngress,
  NO_CLUSTER_IP,
  needsHealthCheck,
  type Service,
  type ServicePort,
  type ServiceSpec,
} from './service-shape.ts'

/** What is wrong with a Service, in the original's words and order (kubernetes, apis/core/validation). */

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const POLICIES = ['Cluster', 'Local']
const FAMILIES = ['IPv4', 'IPv6']
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode']
const LONGEST_AFFINITY_SECONDS = 86_400
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'"
const FIXED = 'may not change once set'

export function serviceErrors(service: Service): FieldError[] {
  const { spec } = service
  const { ports = [] } = spec
  return [
    ...(ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName'
      ? [required('spec.ports')]
      : []),
    ...typeErrors(spec),
    ...portsErrors(spec),
    ...labelsErrors(spec.selector ?? {}, 'spec.selector'),
    ...affinityErrors(spec),
    ...addressErrors(spec),
    ...(spec.externalIPs ?? []).flatMap((ip, index) => externalIpErrors(ip, `spec.externalIPs[${index}]`)),
    ...listedErrors(spec.type, TYPES, 'spec.type'),
    ...nodePortErrors(spec),
    ...samePortErrors(ports),
    ...sourceRangeErrors(service),
    ...loadBalancerErrors(spec),
    ...trafficErrors(spec),
  ]
}

export function serviceUpdateErrors(service: Service, old: Service): FieldError[] {
  const { spec } = service
  const isBalanced = spec.type === 'LoadBalancer'
  return [
    ...addressChangeErrors(spec, old.spec),
    ...(isBalanced && old.spec.type === spec.type && old.spec.loadBalancerClass !== spec.loadBalancerClass
      ? [invalid('spec.loadBalancerClass', spec.loadBalancerClass, FIXED)]
      : []),
    ...loadBalancerClassErrors(spec),
    ...(needsHealthCheck(spec) &&
    needsHealthCheck(old.spec) &&
    spec.healthCheckNodePort !== old.spec.healthCheckNodePort
      ? [forbidden('spec.healthCheckNodePort', 'field is immutable')]
      : []),
    ...serviceErrors(service),
  ]
}

export function serviceStatusErrors({ spec, status }: Service): FieldError[] {
  const { ingress = [] } = status?.loadBalancer ?? {}
  const path = 'status.loadBalancer.ingress'
  if (spec.type !== 'LoadBalancer' && ingress.length > 0)
    return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
  return ingress.flatMap((each, index) => ingressErrors(each, `${path}[${index}]`))
}

/** Which addresses, and of which families. Of a Service that has none there is nothing to say. */
export function addressErrors(spec: ServiceSpec): FieldError[] {
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  if (spec.type === 'ExternalName') return []
  const path = 'spec.clusterIPs'
  const addresses = clusterIPs.flatMap((ip, index) => {
    if (index > 0 || ip !== NO_CLUSTER_IP) return ipErrors(ip, `${path}[${index}]`)
    return clusterIPs.length === 1
      ? []
      : [invalid(path, clusterIPs, "'None' must be the first and only value")]
  })
  const families = clusterIPs.map(familyOf)
  const errors = [
    ...(clusterIP !== '' && clusterIPs.length === 0 ? [required(path)] : []),
    ...(clusterIP !== '' && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP
      ? [invalid(path, clusterIPs, 'first value must match `clusterIP`')]
      : []),
    ...(clusterIP === '' && clusterIPs.length > 0
      ? [invalid(path, clusterIPs, 'must be empty when `clusterIP` is not specified')]
      : []),
    ...familyErrors(ipFamilies),
    ...(ipFamilyPolicy === undefined || FAMILY_POLICIES.includes(ipFamilyPolicy)
      ? []
      : [notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, FAMILY_POLICIES)]),
    ...addresses,
    ...(clusterIPs.length > 2 ? [invalid(path, clusterIPs, 'may only hold up to 2 values')] : []),
  ]
  if (addresses.length > 0) return errors
  return [
    ...errors,
    ...(clusterIPs.length > 1 && new Set(families).size < 2
      ? [invalid(path, clusterIPs, 'may specify no more than one IP for each IP family')]
      : []),
    ...(isHeadless(spec) ? [] : mismatchErrors(clusterIPs, ipFamilies)),
  ]
}

function typeErrors(spec: ServiceSpec): FieldError[] {
  const { type, clusterIPs = [], ipFamilies = [], ipFamilyPolicy, externalName = '' } = spec
  const refusal = 'may not be set for ExternalName services'
  switch (type) {
    case 'LoadBalancer':
    case 'NodePort':
      return isHeadless(spec)
        ? [invalid('spec.clusterIPs[0]', NO_CLUSTER_IP, `may not be set to 'None' for ${type} services`)]
        : []
    case 'ExternalName': {
      const name = externalName.replace(/\.$/, '')
      return [
        ...(clusterIPs.length > 0 ? [forbidden('spec.clusterIPs', refusal)] : []),
        ...(ipFamilies.length > 0 ? [forbidden('spec.ipFamilies', refusal)] : []),
        ...(ipFamilyPolicy === undefined ? [] : [forbidden('spec.ipFamilyPolicy', refusal)]),
        ...(name === '' ? [required('spec.externalName')] : subdomainErrors(name, 'spec.externalName')),
      ]
    }
    default:
      return []
  }
}

function portsErrors({ ports = [] }: ServiceSpec): FieldError[] {
  const names = new Set<string>()
  return ports.flatMap((port, index) => {
    const { name = '', appProtocol } = port
    const path = `spec.ports[${index}]`
    const isKnown = names.has(name)
    names.add(name)
    return [
      ...(name === '' && ports.length > 1 ? [required(`${path}.name`)] : []),
      ...(name === '' ? [] : labelNameErrors(name, `${path}.name`)),
      ...(name !== '' && isKnown ? [duplicate(`${path}.name`, name)] : []),
      ...portErrors(port.port, `${path}.port`),
      ...listedErrors(port.protocol, PORT_PROTOCOLS, `${path}.protocol`),
      ...portErrors(port.targetPort, `${path}.targetPort`),
      ...(appProtocol === undefined ? [] : qualifiedNameErrors(appProtocol, `${path}.appProtocol`)),
    ]
  })
}

function affinityErrors({ sessionAffinity, sessionAffinityConfig: config }: ServiceSpec): FieldError[] {
  const path = 'spec.sessionAffinityConfig'
  const errors = listedErrors(sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity')
  if (sessionAffinity === 'None' && config)
    return [...errors, forbidden(path, 'must not be set when session affinity is None')]
  if (sessionAffinity !== 'ClientIP') return errors
  const needed = 'when session affinity type is ClientIP'
  if (!config) return [required(path, needed)]
  if (!config.clientIP) return [required(`${path}.clientIP`, needed)]
  const { timeoutSeconds: seconds } = config.clientIP
  const at = `${path}.clientIP.timeoutSeconds`
  if (seconds === undefined) return [required(at, needed)]
  if (seconds > 0 && seconds <= LONGEST_AFFINITY_SECONDS) return []
  return [invalid(at, seconds, `must be greater than 0 and less than ${LONGEST_AFFINITY_SECONDS}`)]
}

function familyErrors(families: readonly string[]): FieldError[] {
  const seen = new Set<string>()
  return families.flatMap((family, index) => {
    const path = `spec.ipFamilies[${index}]`
    const isKnown = seen.has(family)
    seen.add(family)
    return [
      ...(FAMILIES.includes(family) ? [] : [notSupported(path, family, FAMILIES)]),
      ...(isKnown ? [duplicate(path, family)] : []),
    ]
  })
}

function mismatchErrors(addresses: readonly string[], families: readonly string[]): FieldError[] {
  return addresses.flatMap((ip, index) => {
    const family = families[index]
    if (family === undefined || !FAMILIES.includes(family) || familyOf(ip) === family) return []
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``
    return [invalid(`spec.clusterIPs[${index}]`, ip, detail)]
  })
}

function externalIpErrors(ip: string, path: string): FieldError[] {
  const errors = ipErrors(ip, path)
  return errors.length > 0 ? errors : specialIpErrors(ip, path)
}

function nodePortErrors({ type, ports = [] }: ServiceSpec): FieldError[] {
  const taken = new Set<string>()
  const refused = ports.flatMap(({ nodePort = 0 }, index) =>
    type === 'ClusterIP' && nodePort !== 0
      ? [forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'")]
      : [],
  )
  const repeated = ports.flatMap(({ protocol, nodePort = 0 }, index) => {
    const key = `${protocol}/${nodePort}`
    if (nodePort === 0) return []
    if (taken.has(key)) return [duplicate(`spec.ports[${index}].nodePort`, nodePort)]
    taken.add(key)
    return []
  })
  return [...refused, ...repeated]
}

function samePortErrors(ports: readonly ServicePort[]): FieldError[] {
  const taken = new Set<string>()
  return ports.flatMap(({ protocol, port }, index) => {
    const key = `${protocol}/${port}`
    if (taken.has(key)) return [duplicate(`spec.ports[${index}]`, internalPort(protocol ?? '', port))]
    taken.add(key)
    return []
  })
}

/** The original prints an internal type, of which it has filled in only these. */
function internalPort(protocol: string, port: number): JsonValue {
  return { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
}

function sourceRangeErrors({ spec, metadata }: Service): FieldError[] {
  const { type, loadBalancerSourceRanges: ranges = [] } = spec
  const annotation = metadata.annotations?.[SOURCE_RANGES]
  if (ranges.length > 0) {
    const path = 'spec.LoadBalancerSourceRanges'
    return [
      ...(type === 'LoadBalancer' ? [] : [forbidden(path, ONLY_LOAD_BALANCER)]),
      ...ranges.flatMap((range, index) => cidrErrors(range.trim(), `${path}[${index}]`)),
    ]
  }
  if (annotation === undefined) return []
  const path = `metadata.annotations[${SOURCE_RANGES}]`
  const listed = annotation.trim() === '' ? [] : annotation.split(',')
  return [
    ...(type === 'LoadBalancer' ? [] : [forbidden(path, ONLY_LOAD_BALANCER)]),
    ...listed.flatMap((range) => cidrErrors(range.trim(), path)),
  ]
}

function loadBalancerErrors(spec: ServiceSpec): FieldError[] {
  const { type, allocateLoadBalancerNodePorts: allocates } = spec
  return [
    ...(allocates !== undefined && type !== 'LoadBalancer'
      ? [forbidden('spec.allocateLoadBalancerNodePorts', ONLY_LOAD_BALANCER)]
      : []),
    ...(allocates === undefined && type === 'LoadBalancer'
      ? [required('allocateLoadBalancerNodePorts')]
      : []),
    ...loadBalancerClassErrors(spec),
  ]
}

function loadBalancerClassErrors({ type, loadBalancerClass }: ServiceSpec): FieldError[] {
  if (loadBalancerClass === undefined) return []
  return type === 'LoadBalancer'
    ? qualifiedNameErrors(loadBalancerClass, 'spec.loadBalancerClass')
    : [forbidden('spec.loadBalancerClass', ONLY_LOAD_BALANCER)]
}

function trafficErrors(spec: ServiceSpec): FieldError[] {
  const { type, internalTrafficPolicy, trafficDistribution } = spec
  return [
    ...externalPolicyErrors(spec),
    ...healthCheckErrors(spec),
    ...(internalTrafficPolicy === undefined && type !== 'ExternalName' && TYPES.includes(type ?? '')
      ? [required('spec.internalTrafficPolicy')]
      : []),
    ...(internalTrafficPolicy === undefined || POLICIES.includes(internalTrafficPolicy)
      ? []
      : [notSupported('spec.internalTrafficPolicy', internalTrafficPolicy, POLICIES)]),
    ...(trafficDistribution === undefined || DISTRIBUTIONS.includes(trafficDistribution)
      ? []
      : [notSupported('spec.trafficDistribution', trafficDistribution, DISTRIBUTIONS)]),
  ]
}

function externalPolicyErrors(spec: ServiceSpec): FieldError[] {
  const path = 'spec.externalTrafficPolicy'
  const { externalTrafficPolicy: policy = '' } = spec
  if (isExternal(spec)) return listedErrors(policy, POLICIES, path)
  return policy === '' ? [] : [invalid(path, policy, 'may only be set for externally-accessible services')]
}

function healthCheckErrors(spec: ServiceSpec): FieldError[] {
  const path = 'spec.healthCheckNodePort'
  const { healthCheckNodePort: port = 0 } = spec
  if (needsHealthCheck(spec)) return port === 0 ? [required(path)] : portErrors(port, path)
  if (port === 0) return []
  const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
  return [invalid(path, port, detail)]
}

/** Addresses and families can be added and taken away, but what is there stays as it is. */
function addressChangeErrors(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return []
  if (isHeadless(spec) && isHeadless(old)) return []
  return [
    ...clusterIpChangeErrors(spec, old.clusterIPs ?? []),
    ...(isHeadless(spec) || isHeadless(old) ? [] : familyChangeErrors(spec, old.ipFamilies ?? [])),
  ]
}

function clusterIpChangeErrors(spec: ServiceSpec, before: readonly string[]): FieldError[] {
  const { clusterIPs: now = [], ipFamilyPolicy } = spec
  const changed = (index: number) => invalid(`spec.clusterIPs[${index}]`, now, FIXED)
  if (now.length === before.length) {
    return before.flatMap((ip, index) => (ip === now[index] ? [] : [changed(index)]))
  }
  const isReleased = now.length < before.length
  return [
    ...(isReleased && now.length === 0
      ? [invalid('spec.clusterIPs[0]', null, 'primary clusterIP can not be unset')]
      : []),
    ...(before.length > 0 && now.length > 0 && now[0] !== before[0] ? [changed(0)] : []),
    ...(isReleased && now.length === 1 && ipFamilyPolicy !== 'SingleStack'
      ? [
          invalid(
            'spec.ipFamilyPolicy',
            ipFamilyPolicy,
            "must be set to 'SingleStack' when releasing the secondary clusterIP",
          ),
        ]
      : []),
  ]
}

function familyChangeErrors(spec: ServiceSpec, before: readonly string[]): FieldError[] {
  const { ipFamilies: now = [], clusterIPs = [], ipFamilyPolicy } = spec
  const path = 'spec.ipFamilies[0]'
  if (now.length === before.length) {
    return before.flatMap((family, index) => (family === now[index] ? [] : [invalid(path, now, FIXED)]))
  }
  const isReleased = now.length < before.length
  return [
    ...(isReleased && clusterIPs.length === 0
      ? [invalid(path, now, 'primary ipFamily can not be unset')]
      : []),
    ...(before.length > 0 && now.length > 0 && now[0] !== before[0]
      ? [invalid(path, clusterIPs, FIXED)]
      : []),
    ...(isReleased && now.length === 1 && ipFamilyPolicy !== 'SingleStack'
      ? [
          invalid(
            'spec.ipFamilyPolicy',
            ipFamilyPolicy,
            "must be set to 'SingleStack' when releasing the secondary ipFamily",
          ),
        ]
      : []),
  ]
}

function ingressErrors({ ip = '', hostname = '', ipMode }: LoadBalancerIngress, path: string): FieldError[] {
  const modes = ['Proxy', 'VIP']
  return [
    ...(ip === '' ? [] : ipErrors(ip, `${path}.ip`)),
    ...(ipMode === undefined && ip !== ''
      ? [required(`${path}.ipMode`, 'must be specified when `ip` is set')]
      : []),
    ...(ipMode !== undefined && ip === ''
      ? [forbidden(`${path}.ipMode`, 'may not be specified when `ip` is not set')]
      : []),
    ...(ipMode !== undefined && ip !== '' && !modes.includes(ipMode)
      ? [notSupported(`${path}.ipMode`, ipMode, modes)]
      : []),
    ...(hostname === '' ? [] : subdomainErrors(hostname, `${path}.hostname`)),
    ...(familyOf(hostname) === undefined
      ? []
      : [invalid(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address')]),
  ]
}
