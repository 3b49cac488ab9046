import { isIP, isIPv6 } from 'node:net'
import { ConfigError } from '../common/errors.ts'
import { type JsonGeneralName, SubjectAlternativeNameExtension } from './x509.ts'

const DNS_NAME =
  /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i
const DNS_NAME_MAX_LENGTH = 253

/** The names that clients may reach the owner of a certificate by. A DNS name may start with `*.`. */
export interface SubjectAltNames {
  readonly dnsNames?: readonly string[]
  readonly ipAddresses?: readonly string[]
}

/** The extension, or undefined when there is no name to put into it. */
export function subjectAltNameExtension(names: SubjectAltNames): SubjectAlternativeNameExtension | undefined {
  const entries: JsonGeneralName[] = [
    ...(names.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value: checkedDnsName(value) })),
    ...(names.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value: canonicalIpAddress(value) })),
  ]
  return entries.length > 0 ? new SubjectAlternativeNameExtension(entries) : undefined
}

export function readSubjectAltNames(extension: SubjectAlternativeNameExtension): Required<SubjectAltNames> {
  const valuesOf = (type: string) =>
    extension.names.items.filter((name) => name.type === type).map((name) => name.value)
  return { dnsNames: valuesOf('dns'), ipAddresses: valuesOf('ip') }
}

function checkedDnsName(value: string): string {
  if (isIP(value)) {
    throw new ConfigError(
      `"${value}" is an IP address: list it under IP addresses, clients ignore it among DNS names`,
    )
  }
  if (value.length > DNS_NAME_MAX_LENGTH || !DNS_NAME.test(value)) {
    throw new ConfigError(
      `"${value}" is not a DNS name: expected one like "proxy-server.ocm.svc" or "*.example.com"`,
    )
  }
  return value
}

/** In hexadecimal groups, which is the only form of IPv6 that @peculiar/x509 encodes rightly (`::ffff:10.0.0.1` it does not). */
function canonicalIpAddress(value: string): string {
  if (isIP(value) === 0 || value.includes('%')) {
    throw new ConfigError(
      `"${value}" is not an IP address: expected one like "10.0.0.1" or "fd00::1", without a zone`,
    )
  }
  return isIPv6(value) ? new URL(`http://[${value}]`).hostname.slice(1, -1) : value
}
