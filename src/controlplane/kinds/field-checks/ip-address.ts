import { isIP, isIPv4, isIPv6 } from 'node:net'
import { type FieldError, invalid } from '../../api/field-error.ts'

export type IpFamily = 'IPv4' | 'IPv6'

export const LOOPBACK_PROBLEM = 'may not be in the loopback range (127.0.0.0/8, ::1/128)'

/** What is wrong with an address, in Kubernetes' words (k8s.io/apimachinery, util/validation). */
export function ipErrors(address: string, path: string): FieldError[] {
  if (isAddress(withoutLeadingZeros(address)) && !isAddress(address))
    return [invalid(path, address, 'must not have leading 0s')]
  if (!isAddress(address))
    return [invalid(path, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  if (isMappedIpv4(address)) return [invalid(path, address, 'must not be an IPv4-mapped IPv6 address')]
  return []
}

export function cidrErrors(cidr: string, path: string): FieldError[] {
  const [, address = '', prefix = ''] = /^(.*)\/(\d{1,3})$/.exec(cidr) ?? []
  if (!isAddress(address) || Number(prefix) > (isIPv4(address) ? 32 : 128))
    return [invalid(path, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
  if (isMappedIpv4(address)) return [invalid(path, cidr, 'must not have an IPv4-mapped IPv6 address')]
  return []
}

/** Addresses that nobody else could reach, or that mean nothing. */
export function specialIpErrors(address: string, path: string): FieldError[] {
  if (!isAddress(address)) return [invalid(path, address, 'must be a valid IP address')]
  const canonical = canonicalIp(address)
  if (canonical === '0.0.0.0' || canonical === '::')
    return [invalid(path, address, `may not be unspecified (${address})`)]
  if (canonical.startsWith('127.') || canonical === '::1') return [invalid(path, address, LOOPBACK_PROBLEM)]
  if (canonical.startsWith('169.254.') || /^fe[89ab].:/.test(canonical))
    return [invalid(path, address, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')]
  if (canonical.startsWith('224.0.0.') || /^ff.2:/.test(canonical))
    return [invalid(path, address, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')]
  return []
}

/** Undefined for what is no address. */
export function familyOf(address: string): IpFamily | undefined {
  if (!isAddress(address)) return undefined
  return isIPv6(address) ? 'IPv6' : 'IPv4'
}

/** The form that equal addresses share. */
export function canonicalIp(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
}

/** Those with a zone are none to Go. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

function isMappedIpv4(address: string): boolean {
  return isIPv6(address) && canonicalIp(address).startsWith('::ffff:')
}

function withoutLeadingZeros(address: string): string {
  return address.replace(/(^|\.)0+(?=\d)/g, '$1')
}
