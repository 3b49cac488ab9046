import { duplicate, type FieldError, invalid, notSupported, required } from '../../api/field-error.ts'
import { qualifiedNameErrors } from '../field-checks/index.ts'
import { invalidWhole, tooManyErrors } from '../strategy/index.ts'
import type { FailureRule, JobSpec } from './job-shape.ts'

const MAX_RULES = 20
const MAX_EXIT_CODES = 255
const MAX_PATTERNS = 20
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const OPERATORS = ['In', 'NotIn']
const STATUSES = ['False', 'True', 'Unknown']

type ExitCodes = NonNullable<FailureRule['onExitCodes']>
type Patterns = NonNullable<FailureRule['onPodConditions']>

/** What is wrong with a job's podFailurePolicy, in the field `path`. */
export function failurePolicyErrors(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  return [
    ...tooManyErrors(rules.length, MAX_RULES, `${path}.rules`),
    ...rules.flatMap((rule, index) => ruleErrors(spec, rule, `${path}.rules[${index}]`)),
  ]
}

function ruleErrors(spec: JobSpec, rule: FailureRule, path: string): FieldError[] {
  const { onExitCodes, onPodConditions = [] } = rule
  const errors = actionErrors(spec, rule.action, `${path}.action`)
  if (onExitCodes) errors.push(...exitCodeErrors(spec, onExitCodes, `${path}.onExitCodes`))
  errors.push(...patternErrors(onPodConditions, `${path}.onPodConditions`))
  if (onExitCodes && onPodConditions.length > 0)
    errors.push(invalidWhole(path, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  if (!onExitCodes && onPodConditions.length === 0)
    errors.push(invalidWhole(path, 'specifying one of OnExitCodes and OnPodConditions is required'))
  return errors
}

function actionErrors(spec: JobSpec, action: string, field: string): FieldError[] {
  if (action === '') return [required(field, `valid values: ${goList(ACTIONS)}`)]
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
    return [invalid(field, action, 'requires the backoffLimitPerIndex to be set')]
  return ACTIONS.includes(action) ? [] : [notSupported(field, action, ACTIONS)]
}

function patternErrors(patterns: Patterns, path: string): FieldError[] {
  return [
    ...tooManyErrors(patterns.length, MAX_PATTERNS, path),
    ...patterns.flatMap(({ type, status }, index) => [
      ...qualifiedNameErrors(type, `${path}[${index}].type`),
      ...choiceErrors(status, STATUSES, `${path}[${index}].status`),
    ]),
  ]
}

function exitCodeErrors(spec: JobSpec, codes: ExitCodes, path: string): FieldError[] {
  const { operator, containerName } = codes
  const values = codes.values ?? []
  const errors = choiceErrors(operator, OPERATORS, `${path}.operator`)
  if (containerName !== undefined && !containerNames(spec).includes(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template'
    errors.push(invalid(`${path}.containerName`, containerName, detail))
  }
  const field = `${path}.values`
  if (values.length === 0) errors.push(invalid(field, null, 'at least one value is required'))
  errors.push(...tooManyErrors(values.length, MAX_EXIT_CODES, field))
  const seen = new Set<number>()
  values.forEach((value, index) => {
    if (operator === 'In' && value === 0)
      errors.push(invalid(`${field}[${index}]`, value, 'must not be 0 for the In operator'))
    if (seen.has(value)) errors.push(duplicate(`${field}[${index}]`, value))
    seen.add(value)
  })
  if (values.some((value, index) => (values[index - 1] ?? value) > value))
    errors.push(invalid(field, values, 'must be ordered'))
  return errors
}

function containerNames({ template }: JobSpec): string[] {
  const { containers, initContainers } = template.spec ?? {}
  return [...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name)
}

function choiceErrors(value: string, choices: readonly string[], field: string): FieldError[] {
  if (value === '') return [required(field, `valid values: ${goList(choices)}`)]
  return choices.includes(value) ? [] : [notSupported(field, value, choices)]
}

/** As Go prints a list of quoted texts. */
function goList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`
}
