import { isDeepStrictEqual } from 'node:util'
import { type FieldError, invalid } from '../../api/field-error.ts'
import type { JsonValue } from '../../api/json.ts'

export function immutableErrors(
  value: JsonValue | undefined,
  old: JsonValue | undefined,
  field: string,
): FieldError[] {
  return isDeepStrictEqual(value, old) ? [] : [invalid(field, value, 'field is immutable')]
}

export function tooManyErrors(count: number, most: number, field: string): FieldError[] {
  if (count <= most) return []
  const message = `Too many: ${count}: must have at most ${most} items`
  return [{ reason: 'FieldValueTooMany', field, message }]
}

/** Something is wrong with a field as a whole, which is not quoted. */
export function invalidWhole(field: string, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${detail}` }
}

/** Errors of a field that names something, from what is wrong with the name. */
export function nameErrors(
  name: string,
  field: string,
  problemsOf: (name: string) => readonly string[],
): FieldError[] {
  return problemsOf(name).map((problem) => invalid(field, name, problem))
}
