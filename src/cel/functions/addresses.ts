import { isIPv4, isIPv6 } from 'node:net'
import type { FunctionTable } from '../overload.ts'
import { EvaluationError, OpaqueValue } from '../values.ts'

class IpAddress extends OpaqueValue {
  readonly typeName = 'ip'
  readonly bits: bigint
  readonly family: 4 | 6

  constructor(bits: bigint, family: 4 | 6) {
    super()
    this.bits = bits
    this.family = family
  }

  get size(): number {
    return this.family === 4 ? 32 : 128
  }

  override equals(other: OpaqueValue): boolean {
    return other instanceof IpAddress && other.family === this.family && other.bits === this.bits
  }

  /** The first bits, as many as `text` has. */
  startsWith(text: string): boolean {
    return this.bits.toString(2).padStart(this.size, '0').startsWith(text)
  }

  override toString(): string {
    return this.family === 4 ? printIpv4(this.bits) : printIpv6(this.bits)
  }
}

class Cidr extends OpaqueValue {
  readonly typeName = 'cidr'
  readonly ip: IpAddress
  readonly length: number

  constructor(ip: IpAddress, length: number) {
    super()
    this.ip = ip
    this.length = length
  }

  override equals(other: OpaqueValue): boolean {
    return other instanceof Cidr && other.length === this.length && other.ip.equals(this.ip)
  }

  contains(ip: IpAddress): boolean {
    const shift = BigInt(this.ip.size - this.length)
    return ip.family === this.ip.family && ip.bits >> shift === this.ip.bits >> shift
  }

  get masked(): Cidr {
    const shift = BigInt(this.ip.size - this.length)
    return new Cidr(new IpAddress((this.ip.bits >> shift) << shift, this.ip.family), this.length)
  }
}

/** Kubernetes' functions for addresses and networks. */
export function addAddresses(table: FunctionTable): void {
  table.add('ip(string): ip', ([text]) => parseIp(text as string))
  table.add('isIP(string): bool', ([text]) => ipOf(text as string) !== undefined)
  table.add('ip::isCanonical(string): bool', ([text]) => String(parseIp(text as string)) === text)
  table.add('ip.family(): int', ([ip]) => BigInt((ip as IpAddress).family))
  table.add('string(ip): string', ([ip]) => String(ip))
  const tests: readonly (readonly [string, (ip: IpAddress) => boolean])[] = [
    ['isUnspecified', ({ bits }) => bits === 0n],
    ['isLoopback', isLoopback],
    [
      'isLinkLocalMulticast',
      (ip) => (ip.family === 4 ? ip.bits >> 8n === 0xe00000n : isScoped(ip, '11111111', 2n)),
    ],
    ['isLinkLocalUnicast', isLinkLocal],
    ['isGlobalUnicast', isGlobal],
  ]
  for (const [name, test] of tests) table.add(`ip.${name}(): bool`, ([ip]) => test(ip as IpAddress))

  table.add('cidr(string): cidr', ([text]) => parseCidr(text as string))
  table.add('isCIDR(string): bool', ([text]) => cidrOf(text as string) !== undefined)
  table.add('string(cidr): string', ([cidr]) => printCidr(cidr as Cidr))
  table.add('cidr.containsIP(string): bool', ([cidr, ip]) => (cidr as Cidr).contains(parseIp(ip as string)))
  table.add('cidr.containsIP(ip): bool', ([cidr, ip]) => (cidr as Cidr).contains(ip as IpAddress))
  const within = (outer: Cidr, inner: Cidr) => inner.length >= outer.length && outer.contains(inner.masked.ip)
  table.add('cidr.containsCIDR(string): bool', ([a, b]) => within(a as Cidr, parseCidr(b as string)))
  table.add('cidr.containsCIDR(cidr): bool', ([a, b]) => within(a as Cidr, b as Cidr))
  table.add('cidr.ip(): ip', ([cidr]) => (cidr as Cidr).ip)
  table.add('cidr.prefixLength(): int', ([cidr]) => BigInt((cidr as Cidr).length))
  table.add('cidr.masked(): cidr', ([cidr]) => (cidr as Cidr).masked)
}

function isLoopback({ bits, family }: IpAddress): boolean {
  return family === 4 ? bits >> 24n === 127n : bits === 1n
}

function isLinkLocal(ip: IpAddress): boolean {
  return ip.startsWith(ip.family === 4 ? '1010100111111110' : '1111111010')
}

function isGlobal(ip: IpAddress): boolean {
  const isMulticast = ip.startsWith(ip.family === 4 ? '1110' : '11111111')
  const isBroadcast = ip.family === 4 && ip.bits === 0xffffffffn
  return !isMulticast && !isBroadcast && !isLoopback(ip) && !isLinkLocal(ip) && ip.bits !== 0n
}

/** Of IPv6, the fourth half byte says how far multicast goes. */
function isScoped(ip: IpAddress, prefix: string, scope: bigint): boolean {
  return ip.startsWith(prefix) && ((ip.bits >> 112n) & 0xfn) === scope
}

function parseIp(text: string): IpAddress {
  const ip = ipOf(text)
  if (!ip)
    throw new EvaluationError(`IP Address ${JSON.stringify(text)} parse error during conversion from string`)
  return ip
}

/** Neither zones nor IPv4 within IPv6. */
function ipOf(text: string): IpAddress | undefined {
  if (isIPv4(text)) return new IpAddress(ipv4Bits(text), 4)
  if (!isIPv6(text) || text.includes('%')) return undefined
  const bits = ipv6Bits(text)
  return bits >> 32n === 0xffffn ? undefined : new IpAddress(bits, 6)
}

function ipv4Bits(text: string): bigint {
  return text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
}

function ipv6Bits(text: string): bigint {
  const last = text.slice(text.lastIndexOf(':') + 1)
  const hex = last.includes('.')
    ? text.slice(0, text.length - last.length) +
      ipv4Bits(last)
        .toString(16)
        .padStart(8, '0')
        .replace(/^(.{4})/, '$1:')
    : text
  const [head = '', tail] = hex.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [first, second] = [groups(head), tail === undefined ? [] : groups(tail)]
  const all = [...first, ...Array<string>(8 - first.length - second.length).fill('0'), ...second]
  return all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

function printIpv4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.')
}

/** The longest run of zeros, of two groups at least, is left out. */
function printIpv6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bits >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (groups[start + length] === '0') length++
    if (length > best.length) best = { start, length }
  }
  if (best.start < 0) return groups.join(':')
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`
}

function parseCidr(text: string): Cidr {
  const cidr = cidrOf(text)
  if (!cidr)
    throw new EvaluationError(
      `network address parse error during conversion from string: ${JSON.stringify(text)}`,
    )
  return cidr
}

function cidrOf(text: string): Cidr | undefined {
  const [address = '', length = '', ...more] = text.split('/')
  const ip = ipOf(address)
  if (!ip || more.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > ip.size)
    return undefined
  return new Cidr(ip, Number(length))
}

function printCidr({ ip, length }: Cidr): string {
  return `${ip}/${length}`
}
