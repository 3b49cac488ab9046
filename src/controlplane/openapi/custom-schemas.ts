import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import type { CustomDefinition, CustomVersion } from './custom-definition.ts'
import { customDefinitionName, META_DEFINITIONS } from './definition-names.ts'
import { KIND_FIELD_DESCRIPTIONS } from './descriptions.ts'
import { type Dialect, OPENAPI_V2 } from './dialect.ts'
import { memberOf } from './members.ts'
import { changeInnerFirst, isTooDeep, simplify, unfold } from './structural-schema.ts'

const PRESERVE_UNKNOWN_FIELDS = 'x-kubernetes-preserve-unknown-fields'
const EMBEDDED_RESOURCE = 'x-kubernetes-embedded-resource'
const { apiVersion, kind, metadata, items } = KIND_FIELD_DESCRIPTIONS

const API_VERSION_SCHEMA = { description: apiVersion, type: 'string' }
const KIND_SCHEMA = { description: kind, type: 'string' }

/** The schemas of a custom kind and of its list, by their names (k8s.io/apiextensions-apiserver, openapi/builder). */
export function customDefinitions(
  definition: CustomDefinition,
  version: CustomVersion,
  dialect: Dialect,
): [name: string, schema: JsonObject][] {
  const nameOf = (ofKind: string) => customDefinitionName(definition.group, version.name, ofKind)
  const name = nameOf(definition.kind)
  return [
    [name, { ...objectSchema(definition, version, dialect), ...facts(definition, version, definition.kind) }],
    [nameOf(definition.listKind), listSchema(definition, version, name, dialect)],
  ]
}

function objectSchema(definition: CustomDefinition, { schema }: CustomVersion, dialect: Dialect): JsonObject {
  if (schema === undefined || isTooDeep(schema)) return { type: 'object' }
  const isSimple = dialect === OPENAPI_V2
  const preserves = definition.preservesUnknownFields || memberOf(schema, PRESERVE_UNKNOWN_FIELDS) === true
  // Were any field mentioned, kubectl would refuse the others.
  if (isSimple && preserves) return { type: 'object' }
  const unfolded = unfold(schema)
  const own = withKindProperties(isSimple ? simplify(unfolded) : unfolded, dialect)
  return changeInnerFirst(own, (each) => withEmbedded(each, dialect))
}

function withKindProperties(schema: JsonObject, dialect: Dialect): JsonObject {
  const properties = memberOf(schema, 'properties')
  return {
    ...schema,
    properties: {
      ...(isJsonObject(properties) ? properties : {}),
      apiVersion: API_VERSION_SCHEMA,
      kind: KIND_SCHEMA,
      metadata: metadataSchema(META_DEFINITIONS.objectMeta, dialect),
    },
  }
}

function withEmbedded(schema: JsonObject, dialect: Dialect): JsonObject {
  if (memberOf(schema, EMBEDDED_RESOURCE) !== true) return schema
  if (dialect === OPENAPI_V2 && memberOf(schema, PRESERVE_UNKNOWN_FIELDS) === true) return schema
  const required = memberOf(schema, 'required')
  const names: readonly JsonValue[] = Array.isArray(required) ? required : []
  const missing = ['kind', 'apiVersion'].filter((name) => !names.includes(name))
  return { ...withKindProperties(schema, dialect), required: [...names, ...missing] }
}

function listSchema(
  definition: CustomDefinition,
  version: CustomVersion,
  elementName: string,
  dialect: Dialect,
): JsonObject {
  return {
    description: `${definition.listKind} is a list of ${definition.kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: API_VERSION_SCHEMA,
      items: { description: items, type: 'array', items: dialect.reference(elementName) },
      kind: KIND_SCHEMA,
      metadata: metadataSchema(META_DEFINITIONS.listMeta, dialect),
    },
    ...facts(definition, version, definition.listKind),
  }
}

function metadataSchema(name: string, dialect: Dialect): JsonObject {
  return dialect.reference(name, { description: metadata })
}

function facts(
  { group }: CustomDefinition,
  { name, selectableFields }: CustomVersion,
  ofKind: string,
): JsonObject {
  return {
    'x-kubernetes-group-version-kind': [{ group, kind: ofKind, version: name }],
    ...(selectableFields.length > 0
      ? { 'x-kubernetes-selectable-fields': selectableFields.map((fieldPath) => ({ fieldPath })) }
      : {}),
  }
}
