import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../common/json.ts'
import { canonicalJson, isList, memberOf } from '../../../common/json-tools.ts'

/** On Services: a hash of the spec that was wanted last, so that a change of it is told from what the API server fills in. */
export const SPEC_HASH_ANNOTATION = 'operator.openshift.io/spec-hash'

/** The fields of a Service's spec in the order of `k8s.io/api/core/v1`, in which Go writes them. */
const SPEC_FIELDS = [
  'ports',
  'selector',
  'clusterIP',
  'clusterIPs',
  'type',
  'externalIPs',
  'sessionAffinity',
  'loadBalancerIP',
  'loadBalancerSourceRanges',
  'externalName',
  'externalTrafficPolicy',
  'healthCheckNodePort',
  'publishNotReadyAddresses',
  'sessionAffinityConfig',
  'ipFamilies',
  'ipFamilyPolicy',
  'allocateLoadBalancerNodePorts',
  'loadBalancerClass',
  'internalTrafficPolicy',
  'trafficDistribution',
]
const PORT_FIELDS = ['name', 'protocol', 'appProtocol', 'port', 'targetPort', 'nodePort']

/** Hex SHA-256 of the spec as Go's encoder writes it (library-go, SetSpecHashAnnotation). */
export function serviceSpecHash(spec: JsonValue | undefined): string {
  const ports = memberOf(spec, 'ports')
  const draft = new Map(SPEC_FIELDS.map((name) => [name, present(memberOf(spec, name))]))
  draft.set('ports', present(isList(ports) ? ports.map(portOf) : undefined))
  return createHash('sha256').update(goJson(draft)).digest('hex')
}

function portOf(port: JsonValue): JsonValue {
  const fields = PORT_FIELDS.map((name) => [name, present(memberOf(port, name))] as const)
  const values = fields.map(([name, value]) => {
    const isAlwaysWritten = name === 'port' || name === 'targetPort'
    return [name, value ?? (isAlwaysWritten ? 0 : undefined)] as const
  })
  return Object.fromEntries(values) as JsonObject
}

/** What Go's `omitempty` lets through. */
function present(value: JsonValue | undefined): JsonValue | undefined {
  if (value === null || value === '' || value === 0) return undefined
  if (isList(value) && value.length === 0) return undefined
  return isJsonObject(value) && Object.keys(value).length === 0 ? undefined : value
}

function goJson(fields: ReadonlyMap<string, JsonValue | undefined>): string {
  const members = [...fields].flatMap(([name, value]) => {
    if (value === undefined || (name === 'publishNotReadyAddresses' && value === false)) return []
    const text = name === 'ports' ? JSON.stringify(value) : canonicalJson(value)
    return [`${JSON.stringify(name)}:${text}`]
  })
  return `{${members.join(',')}}`.replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
