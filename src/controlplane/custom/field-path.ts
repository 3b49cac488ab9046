import type { FieldError } from '../api/field-error.ts'
import type { JsonValue } from '../api/json.ts'

/** The path of a field, such as `spec.ports[0]`. That of the object itself is empty, and printed as Go prints what is not there. */
export type FieldPath = string

export const ROOT: FieldPath = ''

export function child(path: FieldPath, name: string): FieldPath {
  return path === ROOT ? name : `${path}.${name}`
}

/** An element of a list, or of a map by its key. */
export function element(path: FieldPath, index: number | string): FieldPath {
  return `${path}[${index}]`
}

export function printed(path: FieldPath): string {
  return path === ROOT ? '<nil>' : path
}

export function typeInvalid(path: FieldPath, value: JsonValue, detail: string): FieldError {
  const message = `Invalid value: ${JSON.stringify(value)}: ${detail}`
  return { reason: 'FieldValueTypeInvalid', field: printed(path), message }
}

export function tooMany(path: FieldPath, actual: number, most: number): FieldError {
  const message = `Too many: ${actual}: must have at most ${most} ${most === 1 ? 'item' : 'items'}`
  return { reason: 'FieldValueTooMany', field: printed(path), message }
}

/** An invalid value which is too large to be repeated. */
export function invalidUnshown(path: FieldPath, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field: printed(path), message: `Invalid value: ${detail}` }
}

/** What Go's ErrorList.ToAggregate makes of errors: each text once, in brackets when there are several. */
export function aggregated(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))]
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`
}
