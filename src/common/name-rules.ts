/** Rules for names, in Kubernetes' words (k8s.io/apimachinery, util/validation). */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const DNS_1035_LABEL = '[a-z]([-a-z0-9]*[a-z0-9])?'
const DOTTED_LABELS = `${LABEL}(\\.${LABEL})*`
const LONGEST_LABEL = 63

interface NameRule {
  readonly pattern: string
  /** The pattern, of a whole name. */
  readonly expression: RegExp
  readonly longest: number
  /** What a name must be, and examples of such. */
  readonly description: string
  readonly examples: string
}

const SUBDOMAIN: NameRule = {
  pattern: DOTTED_LABELS,
  expression: whole(DOTTED_LABELS),
  longest: 253,
  description:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  examples: "'example.com'",
}

const RFC_1123_LABEL: NameRule = {
  pattern: LABEL,
  expression: whole(LABEL),
  longest: LONGEST_LABEL,
  description:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  examples: "'my-name',  or '123-abc'",
}

const RFC_1035_LABEL: NameRule = {
  pattern: DNS_1035_LABEL,
  expression: whole(DNS_1035_LABEL),
  longest: LONGEST_LABEL,
  description:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  examples: "'my-name',  or 'abc-123'",
}

/** Most names: `my-app.v1`. What is wrong with one; empty when nothing is. */
export const subdomainProblems = (name: string): string[] => problems(name, SUBDOMAIN)

/** Namespaces, and whatever becomes a single label of a name in DNS. */
export function labelProblems(name: string): string[] {
  const found = problems(name, RFC_1123_LABEL)
  if (!matches(name, SUBDOMAIN)) return found
  return found.map((problem) =>
    problem.startsWith(RFC_1123_LABEL.description) ? 'must not contain dots' : problem,
  )
}

/** Services: a label that begins with a letter. */
export const rfc1035Problems = (name: string): string[] => problems(name, RFC_1035_LABEL)

/** RBAC: anything that can be one segment of a path. */
export function pathSegmentProblems(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`)
}

function problems(name: string, rule: NameRule): string[] {
  const { pattern, longest, description, examples } = rule
  const found: string[] = []
  if (name.length > longest) found.push(`must be no more than ${longest} bytes`)
  if (!matches(name, rule))
    found.push(`${description} (e.g. ${examples}, regex used for validation is '${pattern}')`)
  return found
}

function matches(name: string, { expression }: NameRule): boolean {
  return expression.test(name)
}

function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`)
}
