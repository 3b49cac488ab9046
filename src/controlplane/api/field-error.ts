import type { JsonValue } from './json.ts'

/** The reasons that Kubernetes gives for a field that it does not take (k8s.io/apimachinery, CauseType). */
export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueNotFound'
  | 'FieldValueTypeInvalid'

/** What is wrong with one field, in the words that Kubernetes uses. */
export interface FieldError {
  readonly reason: FieldErrorReason
  readonly message: string
  /** Such as `spec.ports[0].name`. */
  readonly field: string
}

export function required(field: string, detail = ''): FieldError {
  return fieldError('FieldValueRequired', field, 'Required value', detail)
}

export function invalid(field: string, value: JsonValue | undefined, detail: string): FieldError {
  return fieldError('FieldValueInvalid', field, `Invalid value: ${JSON.stringify(value ?? null)}`, detail)
}

export function forbidden(field: string, detail: string): FieldError {
  return fieldError('FieldValueForbidden', field, 'Forbidden', detail)
}

export function duplicate(field: string, value: JsonValue): FieldError {
  return fieldError('FieldValueDuplicate', field, `Duplicate value: ${JSON.stringify(value)}`)
}

export function notSupported(field: string, value: JsonValue, supported: readonly string[]): FieldError {
  const list = supported.map((each) => JSON.stringify(each)).join(', ')
  return fieldError(
    'FieldValueNotSupported',
    field,
    `Unsupported value: ${JSON.stringify(value)}`,
    `supported values: ${list}`,
  )
}

export function tooLong(field: string, detail: string): FieldError {
  return fieldError('FieldValueTooLong', field, 'Too long', detail)
}

function fieldError(reason: FieldErrorReason, field: string, what: string, detail = ''): FieldError {
  return { reason, field, message: detail === '' ? what : `${what}: ${detail}` }
}
