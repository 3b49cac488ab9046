import { type FieldError, invalid } from '../../api/field-error.ts'

/** A number, or how much of another one: `25%` (k8s.io/apimachinery, util/intstr). */
export type IntOrString = number | string

const PERCENT = /^[0-9]+%$/
const PERCENT_RULE =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"

export function positiveIntOrPercentErrors(value: IntOrString, field: string): FieldError[] {
  if (typeof value === 'string') return PERCENT.test(value) ? [] : [invalid(field, value, PERCENT_RULE)]
  return value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : []
}

export function atMost100PercentErrors(value: IntOrString, field: string): FieldError[] {
  const isMore = typeof value === 'string' && PERCENT.test(value) && Number.parseInt(value, 10) > 100
  return isMore ? [invalid(field, value, 'must not be greater than 100%')] : []
}

/** The number, or the number of percent. What is neither is 0. */
export function amountOf(value: IntOrString): number {
  if (typeof value === 'number') return value
  return /^[+-]?[0-9]+%?$/.test(value) ? Number.parseInt(value, 10) : 0
}
