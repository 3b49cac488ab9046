import { isIP } from 'node:net'
import { type FieldError, invalid } from '../../api/field-error.ts'
import { subdomainProblems } from '../../registry/index.ts'
import { nameErrors } from '../strategy/index.ts'

const WILDCARD = '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'
const WILDCARD_RULE = `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '${WILDCARD}')`
const LONGEST = 253

/** A host of an Ingress: a name, or all names below one. */
export function hostPatternErrors(host: string, field: string): FieldError[] {
  return nameErrors(host, field, host.includes('*') ? wildcardProblems : subdomainProblems)
}

export function addressErrors(host: string, field: string): FieldError[] {
  return isIP(host) === 0 ? [] : [invalid(field, host, 'must be a DNS name, not an IP address')]
}

function wildcardProblems(host: string): string[] {
  const problems: string[] = []
  if (host.length > LONGEST) problems.push(`must be no more than ${LONGEST} bytes`)
  if (!new RegExp(`^${WILDCARD}$`).test(host)) problems.push(WILDCARD_RULE)
  return problems
}
