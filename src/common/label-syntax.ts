import { subdomainProblems } from './name-rules.ts'

/** Rules for the keys and values of labels, in Kubernetes' words (k8s.io/apimachinery, api/validate/content). */

const CHARACTERS = "'-', '_' or '.', and must start and end with an alphanumeric character"
const NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const NAME_RULE = `must consist of alphanumeric characters, ${CHARACTERS} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${NAME}')`
const VALUE = `(${NAME})?`
const VALUE_RULE = `a valid label must be an empty string or consist of alphanumeric characters, ${CHARACTERS} (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${VALUE}')`

const NAME_PATTERN = new RegExp(`^${NAME}$`)
const VALUE_PATTERN = new RegExp(`^${VALUE}$`)

const LONGEST_BYTES = 63
const TOO_LONG = `must be no more than ${LONGEST_BYTES} bytes`

/** `tier`, `example.com/tier`. What Kubernetes calls a qualified name is the same. */
export function labelKeyProblems(key: string): string[] {
  const [first = '', second, ...more] = key.split('/')
  if (more.length > 0) {
    return [
      `a valid label key ${NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  return second === undefined ? nameProblems(first) : [...prefixProblems(first), ...nameProblems(second)]
}

export function labelValueProblems(value: string): string[] {
  const problems: string[] = []
  if (Buffer.byteLength(value) > LONGEST_BYTES) problems.push(TOO_LONG)
  if (!VALUE_PATTERN.test(value)) problems.push(VALUE_RULE)
  return problems
}

function prefixProblems(prefix: string): string[] {
  const problems = prefix === '' ? ['must be non-empty'] : subdomainProblems(prefix)
  return problems.map((problem) => `prefix part ${problem}`)
}

function nameProblems(name: string): string[] {
  const problems: string[] = []
  if (name === '') problems.push('must be non-empty')
  if (Buffer.byteLength(name) > LONGEST_BYTES) problems.push(TOO_LONG)
  if (!NAME_PATTERN.test(name)) problems.push(NAME_RULE)
  return problems.map((problem) => `name part ${problem}`)
}
