import { BlockList, isIP } from 'node:net'

/** Where clouds serve the credentials of the machine that asks, and other hosts of the same link. */
export const DEFAULT_DENIED_DESTINATIONS: readonly string[] = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254']

const LAST_PORT = 65535

/** The bits of an IPv6 address in front of the IPv4 address that it maps. */
const MAPPED_PREFIX_BITS = 96

/** How URLs write IPv4-mapped addresses, and those of NAT64 (RFC 6052): with the IPv4 address in the last two groups. */
const MAPPED = /^\[::ffff:([\da-f]{1,4}):([\da-f]{1,4})\]$/
const NAT64 = /^\[64:ff9b::(?:([\da-f]{1,4}):)?([\da-f]{0,4})\]$/

interface IpAddress {
  readonly text: string
  readonly family: 'ipv4' | 'ipv6'
  /** The IPv4 address that a NAT64 gateway connects to when this address is connected to. */
  readonly translated?: IpAddress
}

/** Somewhere to connect to; `name` or `address` or, once a name is resolved, both. */
interface Target {
  readonly name?: string | undefined
  readonly address?: IpAddress | undefined
  readonly port: number
}

/** One entry of an allow or deny list. */
interface Destination {
  readonly kind: 'any' | 'name' | 'address'
  matches(target: Target): boolean
}

interface DestinationLists {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

/**
 * What the agent may connect to. A denied destination is denied whatever the allow list says, and an empty allow list allows
 * everything else.
 *
 * A name is judged twice: before it is resolved, and with each address that it resolves to. That also catches spellings that
 * only the resolver takes for an address (`2852039166`), and names that point elsewhere than they seem to. A NAT64 address is
 * judged as what it is and as the IPv4 address behind it.
 */
export class DestinationPolicy {
  readonly #allow: readonly Destination[]
  readonly #deny: readonly Destination[]

  /** Throws an Error for an entry that makes no sense. */
  constructor({ allow, deny }: DestinationLists) {
    this.#allow = parseDestinations(allow)
    this.#deny = parseDestinations(deny)
  }

  /**
   * Whether `host`, a name or an IP as the frontend wrote it, may be resolved at all. Where the allow list has addresses, a
   * name that is not denied passes: only `permitsAddress` can tell.
   */
  permitsHost(host: string, port: number): boolean {
    const target = { ...nameOrAddress(host), port }
    if (target.name === undefined || !this.#allow.some(({ kind }) => kind === 'address'))
      return this.#permits(target)
    return !this.#deny.some((destination) => destination.matches(target))
  }

  /** Whether `ip` may be connected to. `host` is what it was resolved from, which the allow list may name. */
  permitsAddress(ip: string, port: number, host = ip): boolean {
    const address = parseAddress(ip)
    return address !== undefined && this.#permits({ name: nameOrAddress(host).name, address, port })
  }

  #permits(target: Target): boolean {
    if (this.#deny.some((destination) => destination.matches(target))) return false
    return this.#allow.length === 0 || this.#allow.some((destination) => destination.matches(target))
  }
}

/** Reads `10.0.0.0/8`, `[fd00::/8]:443`, `*.example.com:8000-8999` and the like. Throws an Error that quotes the bad entry. */
export function parseDestinations(texts: readonly string[]): Destination[] {
  return texts.map((text) => {
    const { host, ports } = splitPorts(text)
    const matchesPort = parsePorts(ports, text)
    if (host === '*') return { kind: 'any', matches: ({ port }) => matchesPort(port) }

    const matchesAddress = parseSubnet(host, text)
    if (matchesAddress) {
      const matches = ({ address, port }: Target) =>
        matchesPort(port) &&
        !!address &&
        (matchesAddress(address) || (!!address.translated && matchesAddress(address.translated)))
      return { kind: 'address', matches }
    }
    const pattern = parsePattern(host, text)
    const matches = ({ name, port }: Target) => matchesPort(port) && name !== undefined && pattern.test(name)
    return { kind: 'name', matches }
  })
}

function splitPorts(text: string): { host: string; ports: string | undefined } {
  const isBareIpv6 = !text.startsWith('[') && text.indexOf(':') !== text.lastIndexOf(':')
  if (isBareIpv6) return { host: text, ports: undefined }
  const [, bracketed, bare, ports] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text) ?? []
  return { host: bracketed ?? bare ?? text, ports }
}

function parsePorts(ports: string | undefined, entry: string): (port: number) => boolean {
  if (ports === undefined) return () => true
  const [, firstText, lastText = firstText] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(ports) ?? []
  const [first, last] = [Number(firstText), Number(lastText)]
  if (!(first >= 1 && first <= last && last <= LAST_PORT))
    throw invalid(entry, `${ports} is no port or range of ports`)
  return (port) => port >= first && port <= last
}

function parseSubnet(host: string, entry: string): ((address: IpAddress) => boolean) | undefined {
  const [, addressText = '', bitsText] = /^([^/]*)(?:\/(.*))?$/.exec(host) ?? []
  const given = isIP(addressText)
  const address = parseAddress(addressText)
  if (!address || addressText.includes('%')) {
    if (host.includes('/')) throw invalid(entry, `${host} is no CIDR`)
    return undefined
  }
  const mostBits = given === 4 ? 32 : 128
  const bits = bitsText === undefined ? mostBits : Number(bitsText)
  if (bitsText !== undefined && !(/^\d{1,3}$/.test(bitsText) && bits <= mostBits)) {
    throw invalid(entry, `${host} is no CIDR`)
  }

  const isMapped = given === 6 && address.family === 'ipv4'
  const subnet = new BlockList()
  if (isMapped && bits < MAPPED_PREFIX_BITS) throw invalid(entry, `${host} is no CIDR of IPv4 addresses`)
  subnet.addSubnet(address.text, isMapped ? bits - MAPPED_PREFIX_BITS : bits, address.family)
  // BlockList compares the families with each other; an IPv6 subnet is not to mean the IPv4 addresses that it could map.
  return ({ text, family }) => family === address.family && subnet.check(text, family)
}

function parsePattern(host: string, entry: string): RegExp {
  const name = normalizeName(host)
  if (!/^[a-z0-9*_-]+(\.[a-z0-9*_-]+)*$/.test(name))
    throw invalid(entry, 'neither an address nor a host name')
  if (!/[a-z]/.test(name)) throw invalid(entry, 'a range of addresses is written as a CIDR')
  return new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
}

function nameOrAddress(host: string): Pick<Target, 'name' | 'address'> {
  const address = parseAddress(host.replace(/^\[(.*)\]$/, '$1'))
  return address ? { address } : { name: normalizeName(host) }
}

/** Without its zone, and an IPv4-mapped IPv6 address as the IPv4 address that it stands for. */
function parseAddress(text: string): IpAddress | undefined {
  const [bare = ''] = text.split('%', 1)
  const family = isIP(bare)
  if (family === 0) return undefined
  if (family === 4) return { text: bare, family: 'ipv4' }

  const canonical = new URL(`http://[${bare}]`).hostname
  const mapped = embeddedIpv4(MAPPED.exec(canonical))
  if (mapped) return mapped
  const translated = embeddedIpv4(NAT64.exec(canonical))
  return { text: bare, family: 'ipv6', ...(translated ? { translated } : {}) }
}

function embeddedIpv4(groups: RegExpExecArray | null): IpAddress | undefined {
  if (!groups) return undefined
  const bytes = [groups[1], groups[2]].flatMap((group) => {
    const value = Number.parseInt(group || '0', 16)
    return [value >> 8, value & 0xff]
  })
  return { text: bytes.join('.'), family: 'ipv4' }
}

function normalizeName(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

function invalid(entry: string, reason: string): Error {
  return new Error(`invalid destination ${JSON.stringify(entry)}: ${reason}`)
}
