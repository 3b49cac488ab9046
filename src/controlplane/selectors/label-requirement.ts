import { labelKeyProblems, labelValueProblems } from '../../common/label-syntax.ts'
import { type FieldError, invalid } from '../api/field-error.ts'
import { GoNumberError, parseInt64 } from '../api/go-integer.ts'

export type Labels = Readonly<Record<string, string>>

export type LabelPredicate = (labels: Labels) => boolean

/** By the names that Kubernetes gives them; `!` stands for a key that is not there. */
export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

/** What a selector demands of one key. `exists` and `!` have no values, `in` and `notin` some, all others one. */
export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

export function requirementErrors({ key, operator, values }: LabelRequirement): FieldError[] {
  const keyProblems = labelKeyProblems(key)
  return [
    ...(keyProblems.length > 0 ? [invalid('key', key, keyProblems.join('; '))] : []),
    ...valuesErrors(operator, values),
    ...values.flatMap((value, index) => {
      const problems = labelValueProblems(value)
      return problems.length > 0 ? [invalid(`values[${index}][${key}]`, value, problems.join('; '))] : []
    }),
  ]
}

function valuesErrors(operator: LabelOperator, values: readonly string[]): FieldError[] {
  const wrong = (detail: string) => [invalid('values', values.length > 0 ? values : null, detail)]
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length === 0 ? wrong("for 'in', 'notin' operators, values set can't be empty") : []
    case '=':
    case '==':
    case '!=':
      return values.length === 1 ? [] : wrong('exact-match compatibility requires one single value')
    case 'exists':
    case '!':
      return values.length === 0 ? [] : wrong('values set must be empty for exists and does not exist')
    case 'gt':
    case 'lt':
      return [
        ...(values.length === 1 ? [] : wrong("for 'Gt', 'Lt' operators, exactly one value is required")),
        ...values.flatMap((value, index) =>
          int64(value) === undefined
            ? [invalid(`values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer")]
            : [],
        ),
      ]
  }
}

export function compileRequirement({ key, operator, values }: LabelRequirement): LabelPredicate {
  const [first = ''] = values
  switch (operator) {
    case '=':
    case '==':
      return (labels) => labelOf(labels, key) === first
    case '!=':
      return (labels) => labelOf(labels, key) !== first
    case 'in':
      return isIn(key, new Set(values))
    case 'notin': {
      const isOneOf = isIn(key, new Set(values))
      return (labels) => !isOneOf(labels)
    }
    case 'exists':
      return (labels) => Object.hasOwn(labels, key)
    case '!':
      return (labels) => !Object.hasOwn(labels, key)
    case 'gt':
      return compares(key, first, (value, bound) => value > bound)
    case 'lt':
      return compares(key, first, (value, bound) => value < bound)
  }
}

function isIn(key: string, values: ReadonlySet<string>): LabelPredicate {
  return (labels) => {
    const value = labelOf(labels, key)
    return value !== undefined && values.has(value)
  }
}

function compares(
  key: string,
  bound: string,
  compare: (value: bigint, bound: bigint) => boolean,
): LabelPredicate {
  const boundValue = int64(bound)
  return (labels) => {
    const value = int64(labelOf(labels, key) ?? '')
    return value !== undefined && boundValue !== undefined && compare(value, boundValue)
  }
}

/** Labels come from peers: one named `constructor` is there only if somebody has set it. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}

function int64(text: string): bigint | undefined {
  try {
    return parseInt64(text)
  } catch (error) {
    if (error instanceof GoNumberError) return undefined
    throw error
  }
}

/** In the form that the parser reads, with values in order. */
export function formatRequirement({ key, operator, values }: LabelRequirement): string {
  const list = values.toSorted().join(',')
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`
    case 'gt':
      return `${key}>${list}`
    case 'lt':
      return `${key}<${list}`
    case '=':
    case '==':
    case '!=':
      return `${key}${operator}${list}`
  }
}
