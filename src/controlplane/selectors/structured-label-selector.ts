import { labelKeyProblems, labelValueProblems } from '../../common/label-syntax.ts'
import { type FieldError, forbidden, invalid, required } from '../api/field-error.ts'
import { badRequest } from '../api/status.ts'
import {
  type LabelOperator,
  type LabelRequirement,
  type Labels,
  requirementErrors,
} from './label-requirement.ts'
import { EVERYTHING, LabelSelector, NOTHING } from './label-selector.ts'

/** A LabelSelector as objects contain it (k8s.io/apimachinery, meta/v1). */
export interface StructuredLabelSelector {
  readonly matchLabels?: Labels | null
  readonly matchExpressions?: readonly StructuredLabelRequirement[] | null
}

export interface StructuredLabelRequirement {
  readonly key: string
  /** `In`, `NotIn`, `Exists` or `DoesNotExist`. */
  readonly operator: string
  readonly values?: readonly string[] | null
}

const OPERATORS = new Map<string, LabelOperator>([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
])

/**
 * Compiles a selector of an object. An empty one selects everything, one that is not there nothing.
 *
 * @throws StatusError BadRequest when it is not valid; objects are validated before they are stored
 */
export function compileLabelSelector(selector: StructuredLabelSelector | null | undefined): LabelSelector {
  if (!selector) return NOTHING
  const requirements = [
    ...Object.entries(selector.matchLabels ?? {}).map(
      ([key, value]): LabelRequirement => ({ key, operator: '=', values: [value] }),
    ),
    ...(selector.matchExpressions ?? []).map(requirementOf),
  ]
  for (const requirement of requirements) {
    const [error] = requirementErrors(requirement)
    if (error) throw badRequest(`${error.field}: ${error.message}`)
  }
  return requirements.length === 0 ? EVERYTHING : new LabelSelector(requirements)
}

function requirementOf({ key, operator, values }: StructuredLabelRequirement): LabelRequirement {
  const known = OPERATORS.get(operator)
  if (!known) throw badRequest(`${JSON.stringify(operator)} is not a valid label selector operator`)
  return { key, operator: known, values: values ?? [] }
}

/** What is wrong with the selector in the field `path`. */
export function labelSelectorErrors(
  { matchLabels, matchExpressions }: StructuredLabelSelector,
  path: string,
): FieldError[] {
  return [
    ...labelsErrors(matchLabels ?? {}, `${path}.matchLabels`),
    ...(matchExpressions ?? []).flatMap((each, index) =>
      expressionErrors(each, `${path}.matchExpressions[${index}]`),
    ),
  ]
}

/** What is wrong with labels, such as `metadata.labels`. */
export function labelsErrors(labels: Labels, path: string): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...labelKeyProblems(key).map((problem) => invalid(path, key, problem)),
    ...labelValueProblems(value).map((problem) => invalid(path, value, problem)),
  ])
}

function expressionErrors({ key, operator, values }: StructuredLabelRequirement, path: string): FieldError[] {
  return [
    ...operatorErrors(operator, (values ?? []).length, path),
    ...labelKeyProblems(key).map((problem) => invalid(`${path}.key`, key, problem)),
    ...(values ?? []).flatMap((value, index) =>
      labelValueProblems(value).map((problem) => invalid(`${path}.values[${index}]`, value, problem)),
    ),
  ]
}

function operatorErrors(operator: string, valueCount: number, path: string): FieldError[] {
  switch (OPERATORS.get(operator)) {
    case undefined:
      return [invalid(`${path}.operator`, operator, 'not a valid selector operator')]
    case 'in':
    case 'notin': {
      const detail = "must be specified when `operator` is 'In' or 'NotIn'"
      return valueCount === 0 ? [required(`${path}.values`, detail)] : []
    }
    default: {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
      return valueCount > 0 ? [forbidden(`${path}.values`, detail)] : []
    }
  }
}
