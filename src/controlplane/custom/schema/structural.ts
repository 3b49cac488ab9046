import type { JsonValue } from '../../api/json.ts'
import {
  additionalSchema,
  entriesOf,
  itemSchema,
  itemSchemas,
  type SchemaProps,
  type ValidationRule,
} from './schema-props.ts'

/**
 * A schema that says of each field what it is, beside what values it may have (k8s.io/apiextensions-apiserver, pkg/apiserver/schema).
 * Schemas within `allOf` and the like have the same shape, although they may say less.
 */
export interface Structural {
  /** What it was made from; what values are allowed is read from here. */
  readonly props: SchemaProps
  /** Empty where none is given. */
  readonly type: string
  readonly nullable: boolean
  readonly default: JsonValue | undefined
  readonly properties: ReadonlyMap<string, Structural>
  readonly items: Structural | undefined
  readonly additionalProperties: Structural | boolean | undefined
  readonly preservesUnknownFields: boolean
  readonly isEmbeddedResource: boolean
  readonly isIntOrString: boolean
  readonly listType: string | undefined
  readonly listMapKeys: readonly string[]
  readonly mapType: string | undefined
  readonly rules: readonly ValidationRule[]
  readonly allOf: readonly Structural[]
  readonly anyOf: readonly Structural[]
  readonly oneOf: readonly Structural[]
  readonly not: Structural | undefined
}

/** A schema says something that no structural schema can. */
export class UnsupportedSchema extends Error {}

/** @throws UnsupportedSchema */
export function structuralOf(props: SchemaProps): Structural {
  refuseUnsupported(props)
  if (itemSchemas(props).length > 0)
    throw new UnsupportedSchema("OpenAPIV3Schema 'items' must be a schema, but is an array")
  if (props['x-kubernetes-preserve-unknown-fields'] === false) {
    throw new UnsupportedSchema(
      "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined",
    )
  }
  const items = itemSchema(props)
  const additional = additionalSchema(props)
  return {
    props,
    type: props.type ?? '',
    nullable: props.nullable === true,
    default: props.default ?? undefined,
    properties: new Map(entriesOf(props.properties).map(([name, each]) => [name, structuralOf(each)])),
    items: items && structuralOf(items),
    additionalProperties: additional
      ? structuralOf(additional)
      : (props.additionalProperties as boolean | undefined),
    preservesUnknownFields: props['x-kubernetes-preserve-unknown-fields'] === true,
    isEmbeddedResource: props['x-kubernetes-embedded-resource'] === true,
    isIntOrString: props['x-kubernetes-int-or-string'] === true,
    listType: props['x-kubernetes-list-type'] ?? undefined,
    listMapKeys: props['x-kubernetes-list-map-keys'] ?? [],
    mapType: props['x-kubernetes-map-type'] ?? undefined,
    rules: props['x-kubernetes-validations'] ?? [],
    allOf: (props.allOf ?? []).map(structuralOf),
    anyOf: (props.anyOf ?? []).map(structuralOf),
    oneOf: (props.oneOf ?? []).map(structuralOf),
    not: props.not ? structuralOf(props.not) : undefined,
  }
}

function refuseUnsupported(props: SchemaProps): void {
  const used: [name: string, isUsed: boolean][] = [
    ['id', (props.id ?? '') !== ''],
    ['schema', (props.$schema ?? '') !== ''],
    ['$ref', (props.$ref ?? '') !== ''],
    ['patternProperties', entriesOf(props.patternProperties).length > 0],
    ['dependencies', entriesOf(props.dependencies).length > 0],
    ['additionalItems', props.additionalItems !== undefined && props.additionalItems !== null],
    ['definitions', entriesOf(props.definitions).length > 0],
  ]
  const first = used.find(([, isUsed]) => isUsed)
  if (first) throw new UnsupportedSchema(`OpenAPIV3Schema '${first[0]}' is not supported`)
}

/** The schema of a whole object, which is one with kind, apiVersion and metadata whatever it says. */
export function asResource(schema: Structural | undefined): Structural {
  const base = schema ?? structuralOf({})
  return base.isEmbeddedResource ? base : { ...base, isEmbeddedResource: true }
}

/** The schema of what is in the fields that have none of their own. */
export function additionalStructural({ additionalProperties }: Structural): Structural | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}

/** The schema of a field, be it declared or additional. */
export function fieldSchema(schema: Structural | undefined, name: string): Structural | undefined {
  return schema && (schema.properties.get(name) ?? additionalStructural(schema))
}
