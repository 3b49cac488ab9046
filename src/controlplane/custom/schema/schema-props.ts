import type { JsonObject, JsonValue } from '../../api/json.ts'

/** A rule of `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule?: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

/** A schema as definitions contain it (apiextensions.k8s.io/v1, JSONSchemaProps): its types have been checked, all else has not. */
export interface SchemaProps {
  readonly id?: string
  readonly $schema?: string
  readonly $ref?: string
  readonly description?: string
  readonly title?: string
  readonly type?: string
  readonly format?: string
  readonly nullable?: boolean
  readonly default?: JsonValue
  readonly example?: JsonValue
  readonly externalDocs?: JsonObject
  readonly maximum?: number
  readonly exclusiveMaximum?: boolean
  readonly minimum?: number
  readonly exclusiveMinimum?: boolean
  readonly maxLength?: number
  readonly minLength?: number
  readonly pattern?: string
  readonly maxItems?: number
  readonly minItems?: number
  readonly uniqueItems?: boolean
  readonly multipleOf?: number
  readonly enum?: readonly JsonValue[]
  readonly maxProperties?: number
  readonly minProperties?: number
  readonly required?: readonly string[]
  readonly items?: SchemaProps | readonly SchemaProps[]
  readonly allOf?: readonly SchemaProps[]
  readonly oneOf?: readonly SchemaProps[]
  readonly anyOf?: readonly SchemaProps[]
  readonly not?: SchemaProps
  readonly properties?: Readonly<Record<string, SchemaProps>>
  readonly additionalProperties?: SchemaProps | boolean
  readonly patternProperties?: Readonly<Record<string, SchemaProps>>
  readonly dependencies?: Readonly<Record<string, SchemaProps | readonly string[]>>
  readonly additionalItems?: SchemaProps | boolean
  readonly definitions?: Readonly<Record<string, SchemaProps>>
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[]
}

export function entriesOf<T>(
  record: Readonly<Record<string, T>> | null | undefined,
): [name: string, value: T][] {
  return record ? Object.entries(record) : []
}

/** The one schema of all items, where there is such. */
export function itemSchema({ items }: SchemaProps): SchemaProps | undefined {
  return items && !isSchemaList(items) ? items : undefined
}

export function itemSchemas({ items }: SchemaProps): readonly SchemaProps[] {
  return items && isSchemaList(items) ? items : []
}

export function additionalSchema({ additionalProperties }: SchemaProps): SchemaProps | undefined {
  return typeof additionalProperties === 'object' ? (additionalProperties ?? undefined) : undefined
}

function isSchemaList(items: SchemaProps | readonly SchemaProps[]): items is readonly SchemaProps[] {
  return Array.isArray(items)
}

/** All schemas directly within one. */
export function innerSchemas(schema: SchemaProps): SchemaProps[] {
  const dependencies = entriesOf(schema.dependencies).map(([, each]) => each)
  return [
    itemSchema(schema),
    ...itemSchemas(schema),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    schema.not,
    ...entriesOf(schema.properties).map(([, each]) => each),
    additionalSchema(schema),
    ...entriesOf(schema.patternProperties).map(([, each]) => each),
    typeof schema.additionalItems === 'object' ? schema.additionalItems : undefined,
    ...entriesOf(schema.definitions).map(([, each]) => each),
    ...dependencies.map((each) => (Array.isArray(each) ? undefined : (each as SchemaProps))),
  ].filter((each): each is SchemaProps => typeof each === 'object' && each !== null)
}

/** A schema and all within it, however deep. */
export function* eachSchema(schema: SchemaProps): Generator<SchemaProps> {
  const pending = [schema]
  for (let next = pending.pop(); next; next = pending.pop()) {
    yield next
    pending.push(...innerSchemas(next).reverse())
  }
}

/** More levels than anybody writes, and few enough for functions that call themselves at each. */
export const MAX_SCHEMA_DEPTH = 200

export function isTooDeep(schema: SchemaProps): boolean {
  let level = [schema]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === MAX_SCHEMA_DEPTH) return true
    level = level.flatMap(innerSchemas)
  }
  return false
}
