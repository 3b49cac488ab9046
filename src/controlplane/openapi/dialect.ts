import type { JsonObject, JsonValue } from '../api/json.ts'

/** In what the two versions of OpenAPI write a schema differently. */
export interface Dialect {
  /** A reference to a definition, with what is said about it in this place. */
  reference(name: string, siblings?: JsonObject): JsonObject
  /** What a default adds to a schema. */
  withDefault(value: JsonValue | undefined): JsonObject
  readonly intOrString: JsonObject
  readonly quantity: JsonObject
}

/** Kubernetes publishes no defaults here, for old clients read them as values that the server had set. */
export const OPENAPI_V2: Dialect = {
  reference: (name, siblings = {}) => ({ ...siblings, $ref: `#/definitions/${name}` }),
  withDefault: () => ({}),
  intOrString: { type: 'string', format: 'int-or-string' },
  quantity: { type: 'string' },
}

/** Nothing may stand beside a `$ref`, so that it is wrapped once something does. */
export const OPENAPI_V3: Dialect = {
  reference(name, siblings = {}) {
    const reference = { $ref: `#/components/schemas/${name}` }
    return Object.keys(siblings).length === 0 ? reference : { ...siblings, allOf: [reference] }
  },
  withDefault: (value) => (value === undefined ? {} : { default: value }),
  intOrString: { oneOf: [{ type: 'integer' }, { type: 'string' }] },
  quantity: { oneOf: [{ type: 'string' }, { type: 'number' }] },
}
