import { type FieldError, invalid } from '../../api/field-error.ts'
import { labelProblems, subdomainProblems } from '../../registry/index.ts'
import { labelKeyProblems, labelValueProblems } from '../../selectors/index.ts'

const CONFIG_KEY = '[-._a-zA-Z0-9]+'
const LONGEST_CONFIG_KEY = 253

export const labelNameErrors = checker(labelProblems)
export const subdomainErrors = checker(subdomainProblems)
export const labelKeyErrors = checker(labelKeyProblems)
export const labelValueErrors = checker(labelValueProblems)
/** A name with an optional prefix, `example.com/thing`, which follows the rules of labels' keys. */
export const qualifiedNameErrors = labelKeyErrors

/** A key of a ConfigMap or a Secret, which is to become the name of a file. */
export function configKeyProblems(key: string): string[] {
  const problems: string[] = []
  if (key.length > LONGEST_CONFIG_KEY) problems.push(`must be no more than ${LONGEST_CONFIG_KEY} characters`)
  if (!new RegExp(`^${CONFIG_KEY}$`).test(key)) {
    problems.push(
      `a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '${CONFIG_KEY}')`,
    )
  }
  return [...problems, ...dotProblems(key)]
}

/** The name of an environment variable: whatever can be printed, but no `=`. */
export function variableNameProblems(name: string): string[] {
  if (name === '') return ['environment variable name must be non-empty']
  return /^[ -<>-~]+$/.test(name)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

/** Errors of a field that is a name. */
function checker(problemsOf: (name: string) => readonly string[]) {
  return (name: string, path: string): FieldError[] =>
    problemsOf(name).map((problem) => invalid(path, name, problem))
}

function dotProblems(key: string): string[] {
  if (key === '.') return ["must not be '.'"]
  if (key === '..') return ["must not be '..'"]
  return key.startsWith('..') ? ["must not start with '..'"] : []
}
