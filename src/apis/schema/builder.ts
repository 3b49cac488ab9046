import type { JSONSchemaProps, ValidationRule } from '../apiextensions/v1.ts'
import type { KubeObject, Time } from '../meta/v1.ts'
import type { Fields, ObjectOf, RequiredField, Schema } from './schema.ts'

/** What every kind of value may have besides. */
interface Options<T> {
  /** Put in by the API server when the field is absent. */
  readonly default?: T
  /** CEL rules. */
  readonly validations?: readonly ValidationRule[]
}

interface StringOptions extends Options<string> {
  /** An RE2 expression. */
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
}

interface NumberOptions extends Options<number> {
  readonly minimum?: number
  readonly maximum?: number
}

interface ListOptions {
  readonly minItems?: number
  readonly maxItems?: number
  /** Makes it a map for server-side apply: no two items have the same values of these fields. */
  readonly mapKeys?: readonly string[]
  /** For server-side apply, a list as a whole is one value. */
  readonly atomic?: boolean
}

interface ObjectOptions<T> extends Options<T> {
  /** For server-side apply, the object as a whole is one value. */
  readonly atomic?: boolean
}

/** The field must be there. */
export function required<T>(schema: Schema<T>): RequiredField<T> {
  return { schema, isRequired: true }
}

/** The same schema under the name of an interface that extends its type, for the sake of those who read errors. */
export function named<T>(schema: Schema<T>): Schema<T> {
  return schema
}

/** A schema whose type is narrower than it can say, such as a string that is an enumeration by convention only. */
export function narrowed<T>(schema: Schema<unknown>): Schema<T> {
  return { json: schema.json }
}

/** The same schema with a default of its own. */
export function withDefault<T>(schema: Schema<T>, byDefault: NoInfer<T>): Schema<T> {
  return { json: { ...schema.json, default: byDefault } }
}

export function string(description: string, options: StringOptions = {}): Schema<string> {
  return { json: { type: 'string', description, ...plain(options) } }
}

export function enumeration<const T extends string>(
  description: string,
  values: readonly T[],
  options: Options<NoInfer<T>> = {},
): Schema<T> {
  return { json: { type: 'string', description, enum: values, ...plain(options) } }
}

/** RFC 3339. */
export function timestamp(description: string): Schema<Time> {
  return { json: { type: 'string', format: 'date-time', description } }
}

/** Base64. */
export function bytes(description: string): Schema<string> {
  return { json: { type: 'string', format: 'byte', description } }
}

export function boolean(description: string): Schema<boolean> {
  return { json: { type: 'boolean', description } }
}

export function integer(description: string): Schema<number> {
  return { json: { type: 'integer', description } }
}

export function int32(description: string, options: NumberOptions = {}): Schema<number> {
  return { json: { type: 'integer', format: 'int32', description, ...plain(options) } }
}

export function int64(description: string, options: NumberOptions = {}): Schema<number> {
  return { json: { type: 'integer', format: 'int64', description, ...plain(options) } }
}

/** A number, or a string such as a percentage or a quantity. */
export function intOrString(
  description: string,
  options: Options<number | string> & { readonly pattern: string },
): Schema<number | string> {
  return {
    json: {
      'x-kubernetes-int-or-string': true,
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      description,
      ...plain(options),
    },
  }
}

export function list<T>(
  description: string,
  items: Schema<T>,
  { mapKeys, atomic, ...limits }: ListOptions = {},
): Schema<readonly T[]> {
  return {
    json: {
      type: 'array',
      description,
      items: items.json,
      ...limits,
      ...(mapKeys && { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': mapKeys }),
      ...(atomic && { 'x-kubernetes-list-type': 'atomic' }),
    },
  }
}

/** An object with any keys. */
export function map<T>(description: string, values: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return { json: { type: 'object', description, additionalProperties: values.json } }
}

export function object<const F extends Fields>(
  description: string,
  fields: F,
  { atomic, ...options }: ObjectOptions<Partial<ObjectOf<NoInfer<F>>>> = {},
): Schema<ObjectOf<F>> {
  return {
    json: {
      type: 'object',
      description,
      ...properties(fields),
      ...plain(options),
      ...(atomic && { 'x-kubernetes-map-type': 'atomic' }),
    },
  }
}

/** A whole object of some API, with whatever fields it has. */
export function embeddedResource(description: string): Schema<KubeObject> {
  return { json: { ...anything(description).json, 'x-kubernetes-embedded-resource': true } }
}

/** An object of which nothing is known. */
export function anything(description: string): Schema<object> {
  return { json: { type: 'object', description, 'x-kubernetes-preserve-unknown-fields': true } }
}

/** Null stands for "none". */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return { json: { ...schema.json, nullable: true } }
}

/** A kind: what all objects have, and the fields of this one. */
export function kind<const F extends Fields>(
  description: string,
  fields: F,
): Schema<KubeObject & ObjectOf<F>> {
  const own = properties(fields)
  return {
    json: {
      type: 'object',
      description,
      ...own,
      properties: {
        apiVersion: {
          type: 'string',
          description: 'Group and version of the API that the object is written in.',
        },
        kind: { type: 'string', description: 'Which kind of object this is.' },
        metadata: { type: 'object' },
        ...own.properties,
      },
    },
  }
}

function properties(fields: Fields): Pick<JSONSchemaProps, 'properties' | 'required'> {
  const entries = Object.entries(fields)
  const names = entries.flatMap(([name, field]) => ('isRequired' in field ? [name] : []))
  return {
    properties: Object.fromEntries(
      entries.map(([name, field]) => [name, 'isRequired' in field ? field.schema.json : field.json]),
    ),
    ...(names.length > 0 && { required: names }),
  }
}

function plain<T extends Options<unknown>>({ validations, ...rest }: T) {
  return { ...rest, ...(validations && { 'x-kubernetes-validations': validations }) }
}
