import { hasMember, isList, memberOf, membersOf } from '../../../common/json-tools.ts'
import { type FieldError, invalid, required } from '../../api/field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../api/json.ts'
import { MalformedBody, normalizeMetadata } from '../../codec/index.ts'
import { embeddedMetadataErrors, type ObjectMeta, rfc1035Problems } from '../../registry/index.ts'
import { child, element, type FieldPath } from '../field-path.ts'
import type { Structural } from './structural.ts'
import { additionalStructural } from './structural.ts'

/** What is wrong with kind, apiVersion and metadata of objects within an object (apiserver/schema/objectmeta). */
export function embeddedErrors(
  schema: Structural | undefined,
  value: JsonValue,
  path: FieldPath,
): FieldError[] {
  if (!schema) return []
  if (isList(value))
    return value.flatMap((item, index) => embeddedErrors(schema.items, item, element(path, index)))
  if (!isJsonObject(value)) return []
  return [
    ...(schema.isEmbeddedResource ? resourceErrors(value, path) : []),
    ...innerEmbeddedErrors(schema, value, path),
  ]
}

/** Of what is within an object; the object itself has been looked at by others. */
export function innerEmbeddedErrors(
  schema: Structural | undefined,
  object: JsonObject,
  path: FieldPath,
): FieldError[] {
  if (!schema) return []
  const additional = additionalStructural(schema)
  return membersOf(object).flatMap(([name, each]) => {
    const property = schema.properties.get(name)
    return property
      ? embeddedErrors(property, each, child(path, name))
      : embeddedErrors(additional, each, element(path, name))
  })
}

function resourceErrors(object: JsonObject, path: FieldPath): FieldError[] {
  const metadata = memberOf(object, 'metadata')
  return [
    ...(['apiVersion', 'kind'] as const)
      .filter((name) => !hasMember(object, name))
      .map((name) => required(child(path, name))),
    ...apiVersionErrors(memberOf(object, 'apiVersion'), child(path, 'apiVersion')),
    ...kindErrors(memberOf(object, 'kind'), child(path, 'kind')),
    ...(metadata === undefined ? [] : metadataErrors(metadata, child(path, 'metadata'))),
  ]
}

function apiVersionErrors(value: JsonValue | undefined, path: FieldPath): FieldError[] {
  if (value === undefined) return []
  if (typeof value !== 'string') return [invalid(path, value, 'must be a string')]
  if (value === '') return [invalid(path, value, 'must not be empty')]
  if (value.split('/').length > 2) return [invalid(path, value, `unexpected GroupVersion string: ${value}`)]
  return []
}

function kindErrors(value: JsonValue | undefined, path: FieldPath): FieldError[] {
  if (value === undefined) return []
  if (typeof value !== 'string') return [invalid(path, value, 'must be a string')]
  if (value === '') return [invalid(path, value, 'must not be empty')]
  const problems = rfc1035Problems(value.toLowerCase())
  if (problems.length === 0) return []
  return [invalid(path, value, `may have mixed case, but should otherwise match: ${problems.join(',')}`)]
}

function metadataErrors(value: JsonValue, path: FieldPath): FieldError[] {
  try {
    return embeddedMetadataErrors(normalizeMetadata(value).object as ObjectMeta, path)
  } catch (error) {
    if (error instanceof MalformedBody) return [invalid(path, value, error.message)]
    throw error
  }
}
