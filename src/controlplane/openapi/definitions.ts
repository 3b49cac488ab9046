import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { builtinType, jsonFieldsOf } from '../schema/builtin-types.ts'
import type { Field } from '../schema/type-facts.ts'
import {
  META_DEFINITIONS,
  typeOfDefinition,
  VERSION_DEFINITION,
  WELL_KNOWN_DEFINITIONS,
} from './definition-names.ts'
import { describeDefinition, describeField, valuesOfField } from './descriptions.ts'
import type { Dialect } from './dialect.ts'
import { fieldSchema } from './field-schema.ts'
import { groupVersionKindsOf } from './group-version-kinds.ts'
import { unionFacts } from './unions.ts'

const DATE_TIME = { type: 'string', format: 'date-time' }

const VERSION_FIELDS = {
  required: [
    'major',
    'minor',
    'gitVersion',
    'gitCommit',
    'gitTreeState',
    'buildDate',
    'goVersion',
    'compiler',
    'platform',
  ],
  optional: ['emulationMajor', 'emulationMinor', 'minCompatibilityMajor', 'minCompatibilityMinor'],
}

/**
 * The schema of a built-in definition.
 *
 * @throws Error for a name that no built-in type has
 */
export function builtinDefinition(name: string, dialect: Dialect): JsonObject {
  const description = describeDefinition(name)
  const schema = wellKnownSchema(name, dialect) ?? typeDefinition(name, dialect)
  return description === undefined ? schema : { description, ...schema }
}

/** The names of what a schema refers to. */
export function referencedDefinitions(schema: JsonValue): string[] {
  const names: string[] = []
  const visit = (value: JsonValue | undefined): void => {
    if (Array.isArray(value)) for (const each of value) visit(each)
    if (!isJsonObject(value)) return
    const reference = Object.hasOwn(value, '$ref') ? value.$ref : undefined
    if (typeof reference === 'string') names.push(reference.slice(reference.lastIndexOf('/') + 1))
    for (const each of Object.values(value)) visit(each)
  }
  visit(schema)
  return names
}

function wellKnownSchema(name: string, dialect: Dialect): JsonObject | undefined {
  switch (name) {
    case WELL_KNOWN_DEFINITIONS.quantity:
      return dialect.quantity
    case WELL_KNOWN_DEFINITIONS.intOrString:
      return dialect.intOrString
    case WELL_KNOWN_DEFINITIONS.time:
    case WELL_KNOWN_DEFINITIONS.microTime:
      return DATE_TIME
    case WELL_KNOWN_DEFINITIONS.rawExtension:
    case WELL_KNOWN_DEFINITIONS.fieldsV1:
    case META_DEFINITIONS.patch:
      return { type: 'object' }
    case WELL_KNOWN_DEFINITIONS.json:
      return {}
    case VERSION_DEFINITION:
      return versionSchema(dialect)
    default:
      return undefined
  }
}

function versionSchema(dialect: Dialect): JsonObject {
  const required = VERSION_FIELDS.required.map((name) => [
    name,
    { type: 'string', ...dialect.withDefault('') },
  ])
  const optional = VERSION_FIELDS.optional.map((name) => [name, { type: 'string' }])
  return {
    type: 'object',
    required: VERSION_FIELDS.required,
    properties: Object.fromEntries([...required, ...optional]),
  }
}

function typeDefinition(name: string, dialect: Dialect): JsonObject {
  const typeId = typeOfDefinition(name)
  if (typeId === undefined) throw new Error(`no built-in type is defined as ${JSON.stringify(name)}`)
  const { form, atomic } = builtinType(typeId)
  // Any of several types: nothing can be said of it.
  if (form === 'union') return {}

  const found = jsonFieldsOf(typeId)
  const fields = found.map((each) => each.field)
  const required = fields.filter((field) => field.required).map((field) => field.name)
  const properties = found
    .map(({ field, path }): [string, JsonObject] => {
      const owner = ownerOf(path) ?? typeId
      const notes = {
        description: describeField(owner, field.name),
        values: valuesOfField(owner, field.name),
      }
      return [field.name, fieldSchema(field, notes, dialect)]
    })
    .sort(([one], [other]) => (one < other ? -1 : 1))
  const kinds = groupVersionKindsOf(typeId)
  return {
    type: 'object',
    ...(required.length > 0 ? { required: required.sort() } : {}),
    ...(properties.length > 0 ? { properties: Object.fromEntries(properties) } : {}),
    ...(kinds.length > 0 ? { 'x-kubernetes-group-version-kind': kinds } : {}),
    ...(atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    ...unionFacts(typeId),
  }
}

/** The inline type that a field comes from. */
function ownerOf(path: readonly Field[]): string | undefined {
  const type = path.at(-1)?.type
  return type?.kind === 'message' ? type.id : undefined
}
