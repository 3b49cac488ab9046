import { type FieldError, invalid } from '../../api/field-error.ts'
import { invalidObject, StatusError } from '../../api/status.ts'
import { familyOf, type IpFamily } from '../field-checks/index.ts'
import { AddressRange } from './address-range.ts'
import { NumberPool } from './number-pool.ts'
import { addressErrors } from './service-errors.ts'
import {
  isHeadless,
  NO_CLUSTER_IP,
  needsHealthCheck,
  type Service,
  type ServicePort,
  type ServiceSpec,
} from './service-shape.ts'
import { withAssignedFields } from './service-update.ts'

export interface ServiceAddressesOptions {
  /** One, or one of each family; the first decides what a Service has that does not say. */
  readonly cidrs: readonly string[]
  /** The first and the last. @default 30000 to 32767 */
  readonly nodePorts?: readonly [number, number]
  /** A number less than `size`. @default a random one */
  readonly random?: (size: number) => number
}

/** A Service with all that it needs to be written. Exactly one of both methods is to be called, whatever becomes of the write. */
export interface Assignment {
  readonly service: Service
  /** It has been written: what its former version had, and it has no more, is free again. */
  keep(): void
  /** It was not written, or only for show: what it got is free again. */
  giveBack(): void
}

const NODE_PORTS = [30_000, 32_767] as const
const KIND = { group: '', kind: 'Service' }
const POLICY = 'spec.ipFamilyPolicy'

/**
 * Gives Services their addresses and node ports (kubernetes, registry/core/service). Two Services never have the same one, not
 * even while neither is written yet. It knows only of Services that it was told of.
 */
export class ServiceAddresses {
  readonly #ranges: ReadonlyMap<string, AddressRange>
  readonly #defaultFamily: IpFamily
  readonly #firstPort: number
  readonly #lastPort: number
  readonly #ports: NumberPool

  /** Throws an Error when the ranges are none. */
  constructor({ cidrs, nodePorts = NODE_PORTS, random }: ServiceAddressesOptions) {
    const ranges = cidrs.map((cidr) => new AddressRange(cidr, random))
    const [first] = ranges
    this.#ranges = new Map(ranges.map((range) => [range.family, range]))
    if (!first || this.#ranges.size < ranges.length)
      throw new Error('services need one range of addresses for each family that they are to have')
    this.#defaultFamily = first.family
    this.#firstPort = nodePorts[0]
    this.#lastPort = nodePorts[1]
    this.#ports = new NumberPool(this.#lastPort - this.#firstPort + 1, 0, random)
  }

  /** The address that the API server's own Service has. */
  get first(): string {
    return (this.#ranges.get(this.#defaultFamily) as AddressRange).first
  }

  /** Tells of a Service that was there before. */
  adopt({ spec }: Service): void {
    for (const ip of addressesOf(spec)) this.#rangeOf(ip)?.take(ip)
    for (const port of nodePortsOf(spec)) if (this.#hasPort(port)) this.#ports.take(port - this.#firstPort)
  }

  /** Tells that a Service is gone. */
  release({ spec }: Service): void {
    for (const ip of addressesOf(spec)) this.#rangeOf(ip)?.giveBack(ip)
    for (const port of nodePortsOf(spec)) this.#ports.giveBack(port - this.#firstPort)
  }

  /**
   * Fills in addresses, families and node ports of a Service that has its defaults, before it is looked at any further.
   *
   * @param old what it is to replace
   * @throws StatusError Invalid, or InternalError when there are none left
   */
  assign(service: Service, old?: Service): Assignment {
    const spec = withAssignedFields(service.spec, old?.spec)
    const taken = new Reservation()
    try {
      const withFamilies = this.#withFamilies(service, spec, old?.spec)
      const withAddresses = this.#withAddresses(service, withFamilies, old?.spec, taken)
      const assigned = this.#withNodePorts(service, withAddresses, old?.spec, taken)
      return {
        service: { ...service, spec: assigned },
        keep: () => this.#releaseUnused(old?.spec, assigned),
        giveBack: () => taken.undo(),
      }
    } catch (error) {
      taken.undo()
      throw error
    }
  }

  #withFamilies(service: Service, given: ServiceSpec, old: ServiceSpec | undefined): ServiceSpec {
    if (given.type === 'ExternalName') return given
    if (keepsPreferredFamilies(given, old)) return given
    const hasNoEndpoints = given.clusterIP === NO_CLUSTER_IP && Object.keys(given.selector ?? {}).length === 0
    const policy =
      given.ipFamilyPolicy ?? old?.ipFamilyPolicy ?? (hasNoEndpoints ? 'RequireDualStack' : 'SingleStack')
    const spec = withSingleStack({ ...given, ipFamilyPolicy: policy }, old)
    this.#refuse(service, addressErrors({ ...given, ipFamilyPolicy: policy }))
    this.#refuse(service, policyErrors(spec, old))

    const families = [...(spec.ipFamilies ?? []), ...this.#familiesFromAddresses(service, spec)]
    if (hasNoEndpoints) {
      const first = families[0] ?? this.#defaultFamily
      const both = policy === 'SingleStack' || families.length > 1 ? families : [first, otherFamily(first)]
      return { ...spec, ipFamilies: both.length > 0 ? both : [first] }
    }
    this.#refuse(service, [
      ...(policy === 'RequireDualStack' && this.#ranges.size < 2
        ? [invalid(POLICY, policy, 'this cluster is not configured for dual-stack services')]
        : []),
      ...families.flatMap((family, index) =>
        this.#ranges.has(family)
          ? []
          : [invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster')],
      ),
    ])
    const [first = this.#defaultFamily] = families
    const wantsBoth = policy !== 'SingleStack' && families.length < 2 && this.#ranges.size === 2
    return {
      ...spec,
      ipFamilies: wantsBoth ? [first, otherFamily(first)] : families.length > 0 ? families : [first],
    }
  }

  #familiesFromAddresses(service: Service, { clusterIPs = [], ipFamilies = [] }: ServiceSpec): string[] {
    if (clusterIPs[0] === NO_CLUSTER_IP) return []
    const found = clusterIPs.slice(ipFamilies.length).map((ip) => familyOf(ip) ?? '')
    this.#refuse(
      service,
      found.flatMap((family, index) =>
        this.#ranges.has(family)
          ? []
          : [
              invalid(
                `spec.clusterIPs[${ipFamilies.length + index}]`,
                clusterIPs,
                `${family} is not configured on this cluster`,
              ),
            ],
      ),
    )
    return found
  }

  #withAddresses(
    service: Service,
    spec: ServiceSpec,
    old: ServiceSpec | undefined,
    taken: Reservation,
  ): ServiceSpec {
    if (spec.type === 'ExternalName' || isHeadless(spec)) return spec
    const kept = new Set(old ? addressesOf(old) : [])
    const { clusterIPs = [], ipFamilies = [] } = spec
    const addresses = ipFamilies.map((family, index) => {
      const wanted = clusterIPs[index] ?? ''
      return kept.has(wanted) ? wanted : this.#takeAddress(service, spec, family, wanted, taken)
    })
    return { ...spec, clusterIP: addresses[0] ?? '', clusterIPs: addresses }
  }

  #takeAddress(
    service: Service,
    { clusterIPs = [] }: ServiceSpec,
    family: string,
    wanted: string,
    taken: Reservation,
  ): string {
    const range = this.#ranges.get(family)
    if (!range) throw new Error(`no range of addresses for ${family}`)
    if (wanted === '') {
      const address = range.takeAny()
      if (address === undefined) throw exhausted('failed to allocate a serviceIP: range is full')
      taken.onUndo(() => range.giveBack(address))
      return address
    }
    const refusal = (why: string) =>
      invalidObject(KIND, nameOf(service), [
        invalid('spec.clusterIPs', clusterIPs, `failed to allocate IP ${wanted}: ${why}`),
      ])
    if (!range.has(wanted)) throw refusal('the provided network does not match the current range')
    if (!range.take(wanted)) throw refusal('provided IP is already allocated')
    taken.onUndo(() => range.giveBack(wanted))
    return wanted
  }

  #withNodePorts(
    service: Service,
    spec: ServiceSpec,
    old: ServiceSpec | undefined,
    taken: Reservation,
  ): ServiceSpec {
    const kept = new Set(old ? nodePortsOf(old) : [])
    const take = (port: number, path: string): number => {
      if (kept.has(port)) return port
      kept.add(port)
      return this.#takePort(service, port, path, taken)
    }
    const withPorts = usesNodePorts(spec)
      ? { ...spec, ports: this.#assignPorts(spec, take, taken, old === undefined) }
      : spec
    if (!needsHealthCheck(spec)) return withPorts
    const { healthCheckNodePort: wanted = 0 } = spec
    const port =
      wanted === 0
        ? this.#takeAnyPort('failed to allocate a HealthCheck NodePort 0', taken)
        : take(wanted, 'spec.healthCheckNodePort')
    return { ...withPorts, healthCheckNodePort: port }
  }

  /** Ports that differ in their protocol only share their node port, if nobody says otherwise. */
  #assignPorts(
    { ports = [], type, allocateLoadBalancerNodePorts: allocates = true }: ServiceSpec,
    take: (port: number, path: string) => number,
    taken: Reservation,
    shares: boolean,
  ): ServicePort[] {
    const byPort = new Map<number, number>()
    const requested = new Map<number, number>()
    for (const { port, nodePort } of ports) {
      if (nodePort && !requested.has(port)) requested.set(port, nodePort)
    }
    return ports.map((port, index) => {
      const { nodePort = 0 } = port
      if (nodePort === 0 && type === 'LoadBalancer' && !allocates) return port
      const shared = shares ? (byPort.get(port.port) ?? requested.get(port.port)) : undefined
      const wanted = nodePort === 0 ? shared : nodePort
      const assigned =
        wanted === undefined
          ? this.#takeAnyPort('failed to allocate a nodePort', taken)
          : wanted === byPort.get(port.port)
            ? wanted
            : take(wanted, `spec.ports[${index}].nodePort`)
      byPort.set(port.port, assigned)
      return { ...port, nodePort: assigned }
    })
  }

  #takePort(service: Service, port: number, path: string, taken: Reservation): number {
    const refusal = (why: string) => invalidObject(KIND, nameOf(service), [invalid(path, port, why)])
    if (!this.#hasPort(port)) {
      const range = `${this.#firstPort}-${this.#lastPort}`
      throw refusal(`provided port is not in the valid range. The range of valid ports is ${range}`)
    }
    const number = port - this.#firstPort
    if (!this.#ports.take(number)) throw refusal('provided port is already allocated')
    taken.onUndo(() => this.#ports.giveBack(number))
    return port
  }

  #takeAnyPort(failure: string, taken: Reservation): number {
    const number = this.#ports.takeAny()
    if (number === undefined) throw exhausted(`${failure}: range is full`)
    taken.onUndo(() => this.#ports.giveBack(number))
    return this.#firstPort + number
  }

  #releaseUnused(old: ServiceSpec | undefined, spec: ServiceSpec): void {
    if (!old) return
    const addresses = new Set(addressesOf(spec))
    const ports = new Set(nodePortsOf(spec))
    for (const ip of addressesOf(old)) if (!addresses.has(ip)) this.#rangeOf(ip)?.giveBack(ip)
    for (const port of nodePortsOf(old)) if (!ports.has(port)) this.#ports.giveBack(port - this.#firstPort)
  }

  #rangeOf(address: string): AddressRange | undefined {
    const range = this.#ranges.get(familyOf(address) ?? '')
    return range?.has(address) ? range : undefined
  }

  #hasPort(port: number): boolean {
    return port >= this.#firstPort && port <= this.#lastPort
  }

  #refuse(service: Service, errors: readonly FieldError[]): void {
    if (errors.length > 0) throw invalidObject(KIND, nameOf(service), errors)
  }
}

/** What has been taken for a write that may yet fail. */
class Reservation {
  readonly #undo: (() => void)[] = []

  onUndo(step: () => void): void {
    this.#undo.push(step)
  }

  undo(): void {
    for (const step of this.#undo.splice(0)) step()
  }
}

/** A preference was fulfilled as it could be when it was made, and is not looked at again. */
function keepsPreferredFamilies(spec: ServiceSpec, old: ServiceSpec | undefined): boolean {
  if (!old || spec.ipFamilyPolicy !== 'PreferDualStack' || old.ipFamilyPolicy !== 'PreferDualStack')
    return false
  const same = (left: readonly string[] = [], right: readonly string[] = []) => left.join() === right.join()
  return same(spec.clusterIPs, old.clusterIPs) && same(spec.ipFamilies, old.ipFamilies)
}

function withSingleStack(spec: ServiceSpec, old: ServiceSpec | undefined): ServiceSpec {
  if (!old || spec.ipFamilyPolicy !== 'SingleStack') return spec
  const { clusterIPs = [], ipFamilies = [] } = spec
  const isSame = (now: readonly string[], before: readonly string[] = []) => now.join() === before.join()
  return {
    ...spec,
    ...(isSame(clusterIPs, old.clusterIPs) ? { clusterIPs: clusterIPs.slice(0, 1) } : {}),
    ...(isSame(ipFamilies, old.ipFamilies) ? { ipFamilies: ipFamilies.slice(0, 1) } : {}),
  }
}

function policyErrors(spec: ServiceSpec, old: ServiceSpec | undefined): FieldError[] {
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy: policy } = spec
  if (policy === 'SingleStack') {
    const needed = "must be 'RequireDualStack' or 'PreferDualStack' when multiple"
    return [
      ...(clusterIPs.length === 2 ? [invalid(POLICY, policy, `${needed} cluster IPs are specified`)] : []),
      ...(ipFamilies.length === 2 ? [invalid(POLICY, policy, `${needed} IP families are specified`)] : []),
    ]
  }
  if (!old) return []
  const needed = "must be 'SingleStack' to release the secondary"
  return [
    ...(clusterIPs.length < (old.clusterIPs ?? []).length && clusterIPs.length > 0
      ? [invalid(POLICY, policy, `${needed} cluster IP`)]
      : []),
    ...(ipFamilies.length < (old.ipFamilies ?? []).length && ipFamilies.length > 0
      ? [invalid(POLICY, policy, `${needed} IP family`)]
      : []),
  ]
}

function otherFamily(family: string): IpFamily {
  return family === 'IPv4' ? 'IPv6' : 'IPv4'
}

function addressesOf(spec: ServiceSpec): readonly string[] {
  return spec.type === 'ExternalName' || isHeadless(spec) ? [] : (spec.clusterIPs ?? [])
}

function nodePortsOf(spec: ServiceSpec): number[] {
  const { ports = [], healthCheckNodePort } = spec
  return [...ports.map(({ nodePort }) => nodePort), healthCheckNodePort].filter((port) => port !== undefined)
}

function usesNodePorts({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer'
}

function nameOf({ metadata }: Service): string {
  return metadata.name ?? ''
}

function exhausted(message: string): StatusError {
  return new StatusError('InternalError', `Internal error occurred: ${message}`)
}
