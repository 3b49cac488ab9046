import { BlockList, isIP } from 'node:net'

/** Where clouds serve the credentials of the machine that asks, and other hosts of the same link. */
export const DEFAULT_DENIED_DESTINATIONS: readonly string[] = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254']

const LAST_PORT = 65535

/** The bits of an IPv6 address in front of the IPv4 address that it maps. */
const MAPPED_PREFIX_BITS = 96

/** Where in an IPv6 address, in hexadecimal, an IPv4 address may be: behind which prefix, and in which of its 16 bytes. */
interface Embedding {
  readonly prefix: string
  readonly bytes: readonly number[]
}

const MAPPED: Embedding = { prefix: '00000000000000000000ffff', bytes: [12, 13, 14, 15] }

/** RFC 6052. Behind the prefix for local use (RFC 8215) only the gateway knows which of the layouts it is. */
const NAT64: readonly Embedding[] = [
  { prefix: '0064ff9b0000000000000000', bytes: [12, 13, 14, 15] },
  { prefix: '0064ff9b0001', bytes: [6, 7, 9, 10] },
  { prefix: '0064ff9b0001', bytes: [7, 9, 10, 11] },
  { prefix: '0064ff9b0001', bytes: [9, 10, 11, 12] },
  { prefix: '0064ff9b0001', bytes: [12, 13, 14, 15] },
]

/** RFC 3056: the IPv4 address of the router in front of a whole IPv6 network. */
const SIX_TO_FOUR: Embedding = { prefix: '2002', bytes: [2, 3, 4, 5] }

interface IpAddress {
  readonly text: string
  readonly family: 'ipv4' | 'ipv6'
  /** The IPv4 addresses of which a NAT64 gateway connects to one when this address is connected to. */
  readonly translations: readonly IpAddress[]
  /** The IPv4 address that packets to this address are carried to. */
  readonly router?: IpAddress | undefined
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
 * judged as what it is and as the IPv4 address behind it: where that may be one of several, none may be denied, and all must
 * be allowed. A 6to4 address is denied with its router, and not allowed with it.
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
    const { address, port } = target
    const translations = (address?.translations ?? []).map((translation) => ({ address: translation, port }))
    const reached = [target, ...translations]
    if (address?.router) reached.push({ address: address.router, port })
    if (reached.some((one) => matchesAny(this.#deny, one))) return false
    if (this.#allow.length === 0 || matchesAny(this.#allow, target)) return true
    return translations.length > 0 && translations.every((one) => matchesAny(this.#allow, one))
  }
}

function matchesAny(destinations: readonly Destination[], target: Target): boolean {
  return destinations.some((destination) => destination.matches(target))
}

/** Reads `10.0.0.0/8`, `[fd00::/8]:443`, `*.example.com:8000-8999` and the like. Throws an Error that quotes the bad entry. */
export function parseDestinations(texts: readonly string[]): Destination[] {
  return texts.map((text) => {
    const { host, ports } = splitPorts(text)
    const matchesPort = parsePorts(ports, text)
    if (host === '*') return { kind: 'any', matches: ({ port }) => matchesPort(port) }

    const matchesAddress = parseSubnet(host, text)
    if (matchesAddress) {
      const matches = ({ address, port }: Target) => matchesPort(port) && !!address && matchesAddress(address)
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
  if (family === 4) return ipv4(bare)

  const hex = ipv6Hex(bare)
  return (
    embeddedIpv4(hex, MAPPED) ?? {
      text: bare,
      family: 'ipv6',
      translations: NAT64.map((embedding) => embeddedIpv4(hex, embedding)).filter(
        (found) => found !== undefined,
      ),
      router: embeddedIpv4(hex, SIX_TO_FOUR),
    }
  )
}

function ipv4(text: string): IpAddress {
  return { text, family: 'ipv4', translations: [] }
}

function embeddedIpv4(hex: string, { prefix, bytes }: Embedding): IpAddress | undefined {
  if (!hex.startsWith(prefix)) return undefined
  return ipv4(bytes.map((index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16)).join('.'))
}

/** All 32 digits of an IPv6 address. URLs have one way to write each, where `::` stands for groups that are 0. */
function ipv6Hex(text: string): string {
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1)
  const [head = '', tail = ''] = canonical.split('::').map((part) =>
    part
      .split(':')
      .map((group) => (group === '' ? '' : group.padStart(4, '0')))
      .join(''),
  )
  return head + tail.padStart(32 - head.length, '0')
}

function normalizeName(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

function invalid(entry: string, reason: string): Error {
  return new Error(`invalid destination ${JSON.stringify(entry)}: ${reason}`)
}
