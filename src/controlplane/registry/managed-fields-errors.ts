import { type FieldError, invalid, notSupported, required, tooLong } from '../api/field-error.ts'
import type { JsonObject } from '../api/json.ts'

const OPERATIONS = ['Apply', 'Update']
const FIELDS_TYPE = 'FieldsV1'
const LONGEST_MANAGER_BYTES = 128
const LONGEST_SUBRESOURCE_BYTES = 256
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** What is wrong with who owns which fields, but for the fields (k8s.io/apimachinery, meta/v1/validation). */
export function managedFieldsErrors(entries: readonly JsonObject[], path: string): FieldError[] {
  return entries.flatMap((entry, index) => entryErrors(entry, `${path}[${index}]`))
}

function entryErrors(entry: JsonObject, path: string): FieldError[] {
  const text = (name: string) => (typeof entry[name] === 'string' ? entry[name] : '')
  const [operation, fieldsType, manager] = [text('operation'), text('fieldsType'), text('manager')]
  return [
    ...(operation === '' ? [required(`${path}.operation`, 'must not be empty')] : []),
    ...(operation === '' || OPERATIONS.includes(operation)
      ? []
      : [notSupported(`${path}.operation`, operation, OPERATIONS)]),
    ...(fieldsType === '' || fieldsType === FIELDS_TYPE
      ? []
      : [invalid(`${path}.fieldsType`, fieldsType, `must be \`${FIELDS_TYPE}\``)]),
    ...managerErrors(manager, `${path}.manager`),
    ...lengthErrors(text('subresource'), LONGEST_SUBRESOURCE_BYTES, `${path}.subresource`),
  ]
}

function managerErrors(manager: string, field: string): FieldError[] {
  let position = 0
  return [
    ...lengthErrors(manager, LONGEST_MANAGER_BYTES, field),
    ...[...manager].flatMap((character) => {
      const at = position
      position += Buffer.byteLength(character)
      if (PRINTABLE.test(character)) return []
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
      return [invalid(field, manager, `invalid character U+${code} (at position ${at})`)]
    }),
  ]
}

function lengthErrors(text: string, longest: number, field: string): FieldError[] {
  return Buffer.byteLength(text) > longest ? [tooLong(field, `may not be more than ${longest} bytes`)] : []
}
