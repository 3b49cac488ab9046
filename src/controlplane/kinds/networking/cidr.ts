import { BlockList, isIPv6 } from 'node:net'
import { type FieldError, invalid } from '../../api/field-error.ts'
import { canonicalIp, cidrErrors } from '../field-checks/index.ts'

export interface Cidr {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** Undefined for what is none. */
export function parseCidr(text: string): Cidr | undefined {
  if (cidrErrors(text, '').length > 0) return undefined
  const [address = '', prefix = ''] = text.split('/')
  return { address, prefix: Number(prefix), family: isIPv6(address) ? 'ipv6' : 'ipv4' }
}

/** Whether `inner` is a part of `outer`, and not all of it. */
export function isStrictSubset(inner: Cidr, outer: Cidr): boolean {
  if (inner.family !== outer.family || outer.prefix >= inner.prefix) return false
  const block = new BlockList()
  block.addSubnet(outer.address, outer.prefix, outer.family)
  return block.check(inner.address, inner.family)
}

/** As `cidrErrors`, of a field that takes each range in one form only. */
export function strictCidrErrors(text: string, field: string): FieldError[] {
  const errors = cidrErrors(text, field)
  const cidr = parseCidr(text)
  if (!cidr) return errors
  if (hasHostBits(cidr)) return [invalid(field, text, 'must not have bits set beyond the prefix length')]
  const canonical = `${canonicalIp(cidr.address)}/${cidr.prefix}`
  if (text === canonical) return errors
  return [...errors, invalid(field, text, `must be in canonical form (${JSON.stringify(canonical)})`)]
}

function hasHostBits({ address, prefix, family }: Cidr): boolean {
  const bits = family === 'ipv4' ? 32 : 128
  const hostBits = BigInt(bits - prefix)
  return (numberOf(address, family) & ((1n << hostBits) - 1n)) !== 0n
}

function numberOf(address: string, family: Cidr['family']): bigint {
  if (family === 'ipv4')
    return address.split('.').reduce((number, part) => (number << 8n) | BigInt(Number(part)), 0n)
  const [head = '', tail] = canonicalIp(address).split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(8 - first.length - last.length).fill('0')
  return [...first, ...zeros, ...last].reduce(
    (number, part) => (number << 16n) | BigInt(Number.parseInt(part, 16)),
    0n,
  )
}
