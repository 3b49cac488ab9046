import type { FieldError } from '../../api/field-error.ts'

/** A field that names something that is not there. */
export function notFoundField(field: string, name: string, detail = ''): FieldError {
  const message = `Not found: ${JSON.stringify(name)}`
  return { reason: 'FieldValueNotFound', field, message: detail === '' ? message : `${message}: ${detail}` }
}
