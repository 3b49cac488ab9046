import type { JsonObject } from '../api/json.ts'
import { builtinType } from '../schema/builtin-types.ts'
import type { Field, FieldType, ScalarName } from '../schema/type-facts.ts'
import { definitionName, WELL_KNOWN_DEFINITIONS } from './definition-names.ts'
import type { Dialect } from './dialect.ts'

const SCALAR_SCHEMAS: Readonly<Record<ScalarName, JsonObject>> = {
  string: { type: 'string' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  bool: { type: 'boolean' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
}

/** What is known of a field besides its facts. */
export interface FieldNotes {
  readonly description: string | undefined
  /** The values that it, or its elements, may have. */
  readonly values: readonly string[] | undefined
}

/** The schema of a built-in type's field (k8s.io/kube-openapi, generators). */
export function fieldSchema(field: Field, { description, values }: FieldNotes, dialect: Dialect): JsonObject {
  return typeSchema(field.type, dialect, values, {
    ...(description === undefined ? {} : { description }),
    ...dialect.withDefault(field.default),
    ...mergeFacts(field),
    ...ownershipFacts(field),
  })
}

function typeSchema(
  type: FieldType,
  dialect: Dialect,
  values: readonly string[] | undefined,
  siblings: JsonObject = {},
): JsonObject {
  switch (type.kind) {
    case 'scalar':
      return { ...siblings, ...SCALAR_SCHEMAS[type.name], ...(values ? { enum: values } : {}) }
    case 'wellKnown': {
      const name = WELL_KNOWN_DEFINITIONS[type.name]
      return name === undefined ? siblings : dialect.reference(name, siblings)
    }
    case 'message':
      return messageSchema(type.id, dialect, siblings)
    case 'list':
      return { ...siblings, type: 'array', items: typeSchema(type.element, dialect, values) }
    case 'map':
      return { ...siblings, type: 'object', additionalProperties: typeSchema(type.value, dialect, values) }
  }
}

/** Some messages are lists in Go and in JSON; OpenAPI knows no more of them. */
function messageSchema(typeId: string, dialect: Dialect, siblings: JsonObject): JsonObject {
  const { form, fields } = builtinType(typeId)
  const [items] = fields
  if (form === 'list' && items) return { ...siblings, ...typeSchema(items.type, dialect, undefined) }
  return dialect.reference(definitionName(typeId), siblings)
}

function mergeFacts({ patch }: Field): JsonObject {
  if (!patch) return {}
  return {
    ...(patch.mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': patch.mergeKey }),
    'x-kubernetes-patch-strategy': patch.strategies.join(','),
  }
}

function ownershipFacts({ name, type, ownership }: Field): JsonObject {
  switch (type.kind) {
    case 'list':
      if (ownership.kind === 'map')
        return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ownership.keys }
      if (ownership.kind === 'set') return { 'x-kubernetes-list-type': 'set' }
      // The objects of a list kind: nobody applies those.
      return name === 'items' && type.element.kind === 'message' ? {} : { 'x-kubernetes-list-type': 'atomic' }
    case 'map':
      return ownership.kind === 'atomic' ? { 'x-kubernetes-map-type': 'atomic' } : {}
    case 'message': {
      const { atomic, form } = builtinType(type.id)
      if (form !== 'object' || (ownership.kind === 'atomic') === atomic) return {}
      return { 'x-kubernetes-map-type': atomic ? 'granular' : 'atomic' }
    }
    case 'scalar':
    case 'wellKnown':
      return {}
  }
}
