import { isIPv4, isIPv6 } from 'node:net'
import { duplicate, type FieldError, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, labelProblems, subdomainProblems } from '../../registry/index.ts'
import { type Labels, labelsErrors, labelValueProblems } from '../../selectors/index.ts'
import { ipErrors, qualifiedNameErrors, specialIpErrors } from '../field-checks/index.ts'
import {
  immutableErrors,
  type KindEntry,
  KindTable,
  nameErrors,
  strategyOf,
  tooManyErrors,
} from '../strategy/index.ts'

interface Endpoint extends JsonObject {
  readonly addresses?: readonly string[] | null
  readonly hostname?: string
  readonly nodeName?: string
  readonly deprecatedTopology?: Labels & JsonObject
  readonly hints?: JsonObject & { readonly forZones?: readonly (JsonObject & { readonly name: string })[] }
}

interface Port extends JsonObject {
  readonly name?: string
  readonly protocol?: string
  readonly appProtocol?: string
}

interface EndpointSlice extends KubeObject {
  readonly addressType: string
  readonly endpoints?: readonly Endpoint[] | null
  readonly ports?: readonly Port[] | null
}

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6']
const PROTOCOLS = ['SCTP', 'TCP', 'UDP']
const MOST_ENDPOINTS = 1000
const MOST_ADDRESSES = 100
const MOST_PORTS = 20_000
const MOST_TOPOLOGY_LABELS = 16
const MOST_ZONES = 8

function withSliceDefaults(object: KubeObject): KubeObject {
  const { ports } = object as EndpointSlice
  if (!ports) return object
  return { ...object, ports: ports.map((port) => ({ name: '', protocol: 'TCP', ...port })) }
}

/** What is wrong with an EndpointSlice (kubernetes, apis/discovery/validation). */
function sliceErrors(slice: EndpointSlice): FieldError[] {
  const { addressType, endpoints, ports } = slice
  return [
    ...(addressType === '' ? [required('addressType')] : []),
    ...(addressType === '' || ADDRESS_TYPES.includes(addressType)
      ? []
      : [notSupported('addressType', addressType, ADDRESS_TYPES)]),
    ...limited(endpoints ?? [], MOST_ENDPOINTS, 'endpoints', (endpoint, path) =>
      endpointErrors(endpoint, addressType, path),
    ),
    ...portsErrors(ports ?? []),
  ]
}

/** Of more than may be there, none is looked at. */
function limited<Element>(
  elements: readonly Element[],
  most: number,
  path: string,
  errorsOf: (element: Element, path: string) => readonly FieldError[],
): FieldError[] {
  if (elements.length > most) return tooManyErrors(elements.length, most, path)
  return elements.flatMap((element, index) => errorsOf(element, `${path}[${index}]`))
}

function endpointErrors(endpoint: Endpoint, addressType: string, path: string): FieldError[] {
  const { nodeName, hostname, deprecatedTopology: topology = {}, hints } = endpoint
  const addresses = endpoint.addresses ?? []
  const field = `${path}.addresses`
  return [
    ...(addresses.length === 0 ? [required(field, 'must contain at least 1 address')] : []),
    ...tooManyErrors(addresses.length, MOST_ADDRESSES, field),
    ...addresses.flatMap((address, index) => addressErrors(address, addressType, `${field}[${index}]`)),
    ...(nodeName === undefined ? [] : nameErrors(nodeName, `${path}.nodeName`, subdomainProblems)),
    ...tooManyErrors(Object.keys(topology).length, MOST_TOPOLOGY_LABELS, `${path}.deprecatedTopology`),
    ...labelsErrors(topology as Labels, `${path}.deprecatedTopology`),
    ...(hostname === undefined ? [] : nameErrors(hostname, `${path}.hostname`, labelProblems)),
    ...zoneErrors(hints?.forZones ?? [], `${path}.hints.forZones`),
  ]
}

function addressErrors(address: string, type: string, field: string): FieldError[] {
  switch (type) {
    case 'IPv4':
      return isIPv4(address)
        ? specialIpErrors(address, field)
        : [invalid(field, address, 'must be a valid IPv4 address'), ...ipErrors(address, field).slice(0, 1)]
    case 'IPv6':
      return isIPv6(address)
        ? specialIpErrors(address, field)
        : [invalid(field, address, 'must be a valid IPv6 address'), ...ipErrors(address, field).slice(0, 1)]
    case 'FQDN':
      return domainErrors(address, field)
    default:
      return []
  }
}

function domainErrors(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)]
  const domain = name.endsWith('.') ? name.slice(0, -1) : name
  const problems = subdomainProblems(domain)
  if (problems.length > 0) return [invalid(field, domain, problems.join(','))]
  if (domain.includes('.')) return []
  return [invalid(field, domain, 'should be a domain with at least two segments separated by dots')]
}

function zoneErrors(zones: readonly { readonly name: string }[], path: string): FieldError[] {
  const names = zones.map(({ name }) => name)
  return limited(
    names.map((name, index) => ({ name, index })),
    MOST_ZONES,
    path,
    ({ name, index }, at) => [
      ...(names.indexOf(name) < index ? [duplicate(`${at}.name`, name)] : []),
      ...nameErrors(name, `${at}.name`, labelValueProblems),
    ],
  )
}

function portsErrors(ports: readonly Port[]): FieldError[] {
  const seen = new Set<string>()
  return limited(ports, MOST_PORTS, 'ports', ({ name = '', protocol, appProtocol }, path) => {
    const isDuplicate = seen.has(name)
    seen.add(name)
    return [
      ...(name === '' ? [] : nameErrors(name, `${path}.name`, labelProblems)),
      ...(isDuplicate ? [duplicate(`${path}.name`, name)] : []),
      ...(protocol === undefined ? [required(`${path}.protocol`)] : []),
      ...(protocol === undefined || PROTOCOLS.includes(protocol)
        ? []
        : [notSupported(`${path}.protocol`, protocol, PROTOCOLS)]),
      ...(appProtocol === undefined ? [] : qualifiedNameErrors(appProtocol, `${path}.appProtocol`)),
    ]
  })
}

const ENDPOINT_SLICE_STRATEGY = strategyOf({
  countsGenerations: true,
  wanted: ({ metadata: { labels = {} }, ...slice }) => ({ ...slice, labels }),
  withDefaults: withSliceDefaults,
  validate: (slice) => sliceErrors(slice as EndpointSlice),
  validateUpdate: (slice, old) => [
    ...sliceErrors(slice as EndpointSlice),
    ...immutableErrors(slice.addressType, old.addressType, 'addressType'),
  ],
})

export const DISCOVERY_KINDS: readonly KindEntry[] = [
  new KindTable('discovery.k8s.io').namespaced('endpointslices', 'EndpointSlice', ENDPOINT_SLICE_STRATEGY),
]
