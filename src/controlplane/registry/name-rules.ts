/** Rules for names, in Kubernetes' words (k8s.io/apimachinery, util/validation). */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`
const RFC_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?'

const SUBDOMAIN_PATTERN = new RegExp(`^${SUBDOMAIN}$`)
const LABEL_PATTERN = new RegExp(`^${LABEL}$`)
const RFC_1035_PATTERN = new RegExp(`^${RFC_1035}$`)

const LONGEST_SUBDOMAIN = 253
const LONGEST_LABEL = 63

/** Most names: `my-app.v1`. */
export function subdomainProblems(name: string): string[] {
  const problems: string[] = []
  if (name.length > LONGEST_SUBDOMAIN) problems.push(`must be no more than ${LONGEST_SUBDOMAIN} characters`)
  if (!SUBDOMAIN_PATTERN.test(name)) {
    problems.push(
      `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`,
    )
  }
  return problems
}

/** Namespaces and whatever becomes a single label of a name in DNS. */
export function labelProblems(name: string): string[] {
  const problems: string[] = []
  if (name.length > LONGEST_LABEL) problems.push(`must be no more than ${LONGEST_LABEL} characters`)
  if (!LABEL_PATTERN.test(name)) {
    problems.push(
      `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`,
    )
  }
  return problems
}

/** Services: a label that begins with a letter. */
export function rfc1035Problems(name: string): string[] {
  const problems: string[] = []
  if (name.length > LONGEST_LABEL) problems.push(`must be no more than ${LONGEST_LABEL} characters`)
  if (!RFC_1035_PATTERN.test(name)) {
    problems.push(
      `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${RFC_1035}')`,
    )
  }
  return problems
}

/** RBAC: anything that can be one segment of a path. */
export function pathSegmentProblems(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`)
}
