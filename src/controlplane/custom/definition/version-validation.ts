import { duplicate, type FieldError, invalid, required } from '../../api/field-error.ts'
import { child, element, type FieldPath, tooMany } from '../field-path.ts'
import { followSchemaPath, SchemaPathError } from '../schema/schema-path.ts'
import type { SchemaProps } from '../schema/schema-props.ts'
import { type Structural, structuralOf, UnsupportedSchema } from '../schema/structural.ts'
import type { PrinterColumn, SelectableField, Subresources } from './definition.ts'

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']
export const MAX_SELECTABLE_FIELDS = 8

export function deprecationProblems(deprecated: boolean, warning: string | undefined): string[] {
  if (warning === undefined) return []
  if (!deprecated) return ['can only be set for deprecated versions']
  const index = [...warning].findIndex((character) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character))
  return [
    ...(Buffer.byteLength(warning) > 256 ? ['must be <= 256 characters long'] : []),
    ...(warning === '' ? ['must not be an empty string'] : []),
    ...(index < 0
      ? []
      : [`must only contain printable UTF-8 characters; non-printable character found at index ${index}`]),
  ]
}

export function columnErrors(column: PrinterColumn, path: FieldPath): FieldError[] {
  const { name = '', type = '', format = '', jsonPath = '' } = column
  const types = `must be one of ${COLUMN_TYPES.join(',')}`
  return [
    ...(name === '' ? [required(child(path, 'name'))] : []),
    ...(type === '' ? [required(child(path, 'type'), types)] : []),
    ...(type !== '' && !COLUMN_TYPES.includes(type) ? [invalid(child(path, 'type'), type, types)] : []),
    ...(format !== '' && !COLUMN_FORMATS.includes(format)
      ? [invalid(child(path, 'format'), format, `must be one of ${COLUMN_FORMATS.join(',')}`)]
      : []),
    ...(jsonPath === ''
      ? [required(child(path, 'JSONPath'))]
      : simplePathErrors(jsonPath, child(path, 'JSONPath'))),
  ]
}

export function subresourceErrors({ scale }: Subresources, path: FieldPath): FieldError[] {
  if (!scale) return []
  const within = (name: string, text: string, prefixes: readonly string[], detail: string) => {
    const field = child(path, `scale.${name}`)
    const errors = simplePathErrors(text, field)
    if (errors.length > 0 || prefixes.some((prefix) => text.startsWith(prefix))) return errors
    return [invalid(field, text, detail)]
  }
  const needed = (name: 'specReplicasPath' | 'statusReplicasPath', prefix: string) => {
    const text = scale[name] ?? ''
    if (text === '') return [required(child(path, `scale.${name}`))]
    return within(name, text, [prefix], `should be a json path under ${prefix.slice(0, -1)}`)
  }
  const { labelSelectorPath } = scale
  return [
    ...needed('specReplicasPath', '.spec.'),
    ...needed('statusReplicasPath', '.status.'),
    ...(labelSelectorPath
      ? within(
          'labelSelectorPath',
          labelSelectorPath,
          ['.spec.', '.status.'],
          'should be a json path under either .spec or .status',
        )
      : []),
  ]
}

function simplePathErrors(text: string, path: FieldPath): FieldError[] {
  return text.startsWith('.') ? [] : [invalid(path, text, 'must be a simple json path starting with .')]
}

/** `schemaPath` is where an unusable schema is told of. */
export function selectableFieldErrors(
  fields: readonly SelectableField[],
  props: SchemaProps,
  path: FieldPath,
  schemaPath: FieldPath,
  allowsTooMany: boolean,
): FieldError[] {
  let schema: Structural
  try {
    schema = structuralOf(props)
  } catch (error) {
    if (error instanceof UnsupportedSchema) return [invalid(schemaPath, '', error.message)]
    throw error
  }
  const seen = new Set<string>()
  const errors = fields.flatMap(({ jsonPath = '' }, index) => {
    const field = child(element(path, index), 'jsonPath')
    return jsonPath === '' ? [required(field)] : selectableErrors(jsonPath, schema, field, seen)
  })
  if (seen.size > MAX_SELECTABLE_FIELDS && !allowsTooMany)
    errors.push(tooMany(path, seen.size, MAX_SELECTABLE_FIELDS))
  return errors
}

function selectableErrors(
  jsonPath: string,
  schema: Structural,
  field: FieldPath,
  seen: Set<string>,
): FieldError[] {
  try {
    const target = followSchemaPath(jsonPath, schema, false)
    const errors: FieldError[] = []
    if (target.names[0] === 'metadata')
      errors.push(invalid(field, jsonPath, 'must not point to fields in metadata'))
    if (!['string', 'boolean', 'integer'].includes(target.schema.type)) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
      errors.push(invalid(field, jsonPath, detail))
    }
    if (seen.has(target.path)) errors.push(duplicate(field, jsonPath))
    seen.add(target.path)
    return errors
  } catch (error) {
    if (error instanceof SchemaPathError)
      return [invalid(field, jsonPath, `is an invalid path: ${error.message}`)]
    throw error
  }
}
