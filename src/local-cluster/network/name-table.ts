import type { Service } from '../../apis/core/v1.ts'
import type { EndpointSlice } from '../../apis/discovery/v1.ts'

/** The names of a cluster, as preload.ts reads them. Names are without `.svc.<domain>`. */
export interface NameTable {
  readonly domain: string
  readonly addresses: Readonly<Record<string, readonly string[]>>
  /** Names in place of which others are to be looked up. */
  readonly aliases: Readonly<Record<string, string>>
  /** Ports that could not be had, and those in place of them, by `address:port`. */
  readonly ports: Readonly<Record<string, number>>
}

/** A Service and its slices. */
export interface ServiceState {
  readonly service: Service
  readonly slices: readonly EndpointSlice[]
}

/**
 * What cluster DNS would say of Services: the address, of a headless one those of its ready endpoints and of each that has a
 * hostname, of an external one the other name.
 */
export function nameTable(
  services: Iterable<ServiceState>,
  domain: string,
  ports: ReadonlyMap<string, number>,
): NameTable {
  const addresses = new Map<string, string[]>()
  const aliases = new Map<string, string>()
  for (const { service, slices } of services) {
    const { type, externalName = '', clusterIP = '' } = service.spec ?? {}
    const name = `${service.metadata.name}.${service.metadata.namespace}`
    if (type === 'ExternalName') aliases.set(name, externalName)
    else if (clusterIP !== 'None' && clusterIP !== '') addresses.set(name, [clusterIP])
    else if (clusterIP === 'None') addEndpoints(addresses, name, slices)
  }
  return {
    domain,
    addresses: Object.fromEntries(addresses),
    aliases: Object.fromEntries(aliases),
    ports: Object.fromEntries(ports),
  }
}

function addEndpoints(
  addresses: Map<string, string[]>,
  name: string,
  slices: readonly EndpointSlice[],
): void {
  const add = (key: string, address: string) => {
    const known = addresses.get(key) ?? []
    if (!known.includes(address)) addresses.set(key, [...known, address])
  }
  for (const { addressType, endpoints } of slices) {
    if (addressType === 'FQDN') continue
    for (const { addresses: own, conditions, hostname } of endpoints ?? []) {
      if (conditions?.ready === false) continue
      for (const address of own) {
        add(name, address)
        if (hostname) add(`${hostname}.${name}`, address)
      }
    }
  }
}
