import type { JsonObject } from '../../api/json.ts'
import { column, type TableColumns, tableOf, wideColumn } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { formatLabels } from '../label-text.ts'
import { numberAt, objectsAt, textAt, textsAt, valueAt } from '../members.ts'
import { shortList } from '../short-list.ts'
import { loadBalancerAddresses } from './load-balancer.ts'

const MAX_ENDPOINTS = 3

export const SERVICES: TableColumns = tableOf(
  NAME,
  column(
    'Type',
    'string',
    'type determines how the Service is exposed. Defaults to ClusterIP. Valid options are ExternalName, ClusterIP, NodePort, and LoadBalancer. "ClusterIP" allocates a cluster-internal IP address for load-balancing to endpoints. Endpoints are determined by the selector or if that is not specified, by manual construction of an Endpoints object or EndpointSlice objects. If clusterIP is "None", no virtual IP is allocated and the endpoints are published as a set of endpoints rather than a virtual IP. "NodePort" builds on ClusterIP and allocates a port on every node which routes to the same endpoints as the clusterIP. "LoadBalancer" builds on NodePort and creates an external load-balancer (if supported in the current cloud) which routes to the same endpoints as the clusterIP. "ExternalName" aliases this service to the specified externalName. Several other fields do not apply to ExternalName services. More info: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types',
    (service) => textAt(service, 'spec', 'type'),
  ),
  column(
    'Cluster-IP',
    'string',
    'clusterIP is the IP address of the service and is usually assigned randomly. If an address is specified manually, is in-range (as per system configuration), and is not in use, it will be allocated to the service; otherwise creation of the service will fail. This field may not be changed through updates unless the type field is also being changed to ExternalName (which requires this field to be blank) or the type field is being changed from ExternalName (in which case this field may optionally be specified, as describe above).  Valid values are "None", empty string (""), or a valid IP address. Setting this to "None" makes a "headless service" (no virtual IP), which is useful when direct endpoint connections are preferred and proxying is not required.  Only applies to types ClusterIP, NodePort, and LoadBalancer. If this field is specified when creating a Service of type ExternalName, creation will fail. This field will be wiped when updating a Service to type ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
    (service) => textsAt(service, 'spec', 'clusterIPs')[0] ?? '<none>',
  ),
  column(
    'External-IP',
    'string',
    'externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service.  These IPs are not managed by Kubernetes.  The user is responsible for ensuring that traffic arrives at a node with this IP.  A common example is external load-balancers that are not part of the Kubernetes system.',
    externalAddress,
  ),
  column(
    'Port(s)',
    'string',
    'The list of ports that are exposed by this service. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
    (service) => objectsAt(service, 'spec', 'ports').map(servicePort).join(',') || '<none>',
  ),
  AGE,
  wideColumn(
    'Selector',
    'string',
    'Route service traffic to pods with label keys and values matching this selector. If empty or not present, the service is assumed to have an external process managing its endpoints, which Kubernetes will not modify. Only applies to types ClusterIP, NodePort, and LoadBalancer. Ignored if type is ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/',
    (service) => formatLabels(valueAt(service, 'spec', 'selector')),
  ),
)

export const ENDPOINTS: TableColumns = tableOf(
  NAME,
  column('Endpoints', 'string', 'Where the service can be reached', (endpoints) => {
    const subsets = objectsAt(endpoints, 'subsets')
    return subsets.length === 0 ? '<none>' : shortList(subsets.flatMap(subsetAddresses), MAX_ENDPOINTS)
  }),
  AGE,
)

export const ENDPOINT_SLICES: TableColumns = tableOf(
  NAME,
  column('AddressType', 'string', 'What kind of addresses they are', (slice) => textAt(slice, 'addressType')),
  column('Ports', 'string', 'The ports of each endpoint', (slice) =>
    setList(objectsAt(slice, 'ports').map(slicePort)),
  ),
  column('Endpoints', 'string', 'The addresses of the endpoints', (slice) =>
    setList(objectsAt(slice, 'endpoints').flatMap((endpoint) => textsAt(endpoint, 'addresses'))),
  ),
  AGE,
)

function externalAddress(service: JsonObject): string {
  const external = textsAt(service, 'spec', 'externalIPs')
  switch (textAt(service, 'spec', 'type')) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || '<none>'
    case 'LoadBalancer':
      return [...loadBalancerAddresses(service), ...external].join(',') || '<pending>'
    case 'ExternalName':
      return textAt(service, 'spec', 'externalName')
    default:
      return '<unknown>'
  }
}

function servicePort(port: JsonObject): string {
  const nodePort = numberAt(port, 'nodePort')
  const number = numberAt(port, 'port')
  return `${nodePort > 0 ? `${number}:${nodePort}` : number}/${textAt(port, 'protocol')}`
}

function subsetAddresses(subset: JsonObject): readonly string[] {
  const addresses = objectsAt(subset, 'addresses').map((address) => textAt(address, 'ip'))
  const ports = objectsAt(subset, 'ports').map((port) => numberAt(port, 'port'))
  // A headless service may have no ports.
  if (ports.length === 0) return addresses
  return ports.flatMap((port) =>
    addresses.map((address) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)),
  )
}

function slicePort(port: JsonObject): string {
  const number = valueAt(port, 'port')
  const name = valueAt(port, 'name')
  if (typeof number === 'number') return String(number)
  return typeof name === 'string' ? name : '*'
}

function setList(items: readonly string[]): string {
  return shortList(items, MAX_ENDPOINTS) || '<unset>'
}
