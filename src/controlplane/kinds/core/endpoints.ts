import { type FieldError, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import {
  ipErrors,
  labelNameErrors,
  listedErrors,
  PORT_PROTOCOLS,
  portErrors,
  qualifiedNameErrors,
  specialIpErrors,
  subdomainErrors,
} from '../field-checks/index.ts'
import { type KindEntry, type KindTable, strategyOf } from '../strategy/index.ts'

interface EndpointAddress extends JsonObject {
  readonly ip: string
  readonly hostname?: string
  readonly nodeName?: string
}

interface EndpointPort extends JsonObject {
  readonly name?: string
  readonly port: number
  readonly protocol?: string
  readonly appProtocol?: string
}

interface EndpointSubset extends JsonObject {
  readonly addresses?: readonly EndpointAddress[]
  readonly notReadyAddresses?: readonly EndpointAddress[]
  readonly ports?: readonly EndpointPort[]
}

interface Endpoints extends KubeObject {
  readonly subsets?: readonly EndpointSubset[]
}

/** Of `v1`. */
export function endpointsKind(table: KindTable): KindEntry {
  const errors = (object: KubeObject) => endpointsErrors(object as Endpoints)
  const strategy = strategyOf({
    allowsCreateOnUpdate: true,
    withDefaults: (object) => endpointsDefaults(object as Endpoints),
    validate: errors,
    validateUpdate: errors,
  })
  return table.namespaced('endpoints', 'Endpoints', strategy)
}

function endpointsDefaults(endpoints: Endpoints): Endpoints {
  const { subsets } = endpoints
  if (!subsets) return endpoints
  const withProtocols = (ports: readonly EndpointPort[]) =>
    ports.map((port) => ({ ...port, protocol: port.protocol || 'TCP' }))
  return {
    ...endpoints,
    subsets: subsets.map((subset) => ({
      ...subset,
      ...(subset.ports ? { ports: withProtocols(subset.ports) } : {}),
    })),
  }
}

function endpointsErrors({ subsets = [] }: Endpoints): FieldError[] {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const path = `subsets[${index}]`
    return [
      ...(addresses.length + notReadyAddresses.length === 0
        ? [required(path, 'must specify `addresses` or `notReadyAddresses`')]
        : []),
      ...addresses.flatMap((each, at) => addressErrors(each, `${path}.addresses[${at}]`)),
      ...notReadyAddresses.flatMap((each, at) => addressErrors(each, `${path}.notReadyAddresses[${at}]`)),
      ...ports.flatMap((each, at) => endpointPortErrors(each, ports.length > 1, `${path}.ports[${at}]`)),
    ]
  })
}

function addressErrors({ ip, hostname, nodeName }: EndpointAddress, path: string): FieldError[] {
  return [
    ...ipErrors(ip, `${path}.ip`),
    ...(hostname ? labelNameErrors(hostname, `${path}.hostname`) : []),
    ...(nodeName === undefined ? [] : subdomainErrors(nodeName, `${path}.nodeName`)),
    ...specialIpErrors(ip, `${path}.ip`),
  ]
}

function endpointPortErrors(
  { name = '', port, protocol, appProtocol }: EndpointPort,
  needsName: boolean,
  path: string,
): FieldError[] {
  return [
    ...(name === '' && needsName ? [required(`${path}.name`)] : []),
    ...(name === '' ? [] : labelNameErrors(name, `${path}.name`)),
    ...portErrors(port, `${path}.port`),
    ...listedErrors(protocol, PORT_PROTOCOLS, `${path}.protocol`),
    ...(appProtocol === undefined ? [] : qualifiedNameErrors(appProtocol, `${path}.appProtocol`)),
  ]
}
