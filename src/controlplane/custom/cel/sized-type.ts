import { additionalStructural, type Structural } from '../schema/structural.ts'
import { escapedName } from './escape.ts'

/**
 * What a schema says of how large values can be (k8s.io/apiserver, pkg/cel/common/schemas.go): strings in bytes, lists and maps in
 * entries.
 */
export interface SizedType {
  readonly kind: 'string' | 'list' | 'map' | 'object' | 'dyn' | 'scalar'
  readonly maxSize: number
  /** The bytes that the smallest value has in JSON. */
  readonly minBytes: number
  /** Of a list, or of a map. */
  readonly element?: SizedType
  /** Of an object, by their escaped names. */
  readonly fields?: ReadonlyMap<string, SizedType>
}

const MAX_REQUEST_BYTES = 3 * 1024 * 1024
/** Without the quotes or brackets around it. */
const MAX_CONTENT_BYTES = MAX_REQUEST_BYTES - 2
const MAX_BYTES_PER_CHARACTER = 4
/** Quotes, colon and comma, and a name that has but one character or two. */
const ENTRY_BYTES = 6
const FIELD_BYTES = 4
const EMPTY_BYTES = 2

const BOOLEAN: SizedType = { kind: 'scalar', maxSize: 0, minBytes: 4 }
const NUMBER: SizedType = { kind: 'scalar', maxSize: 0, minBytes: 1 }
const FORMATS: Readonly<Record<string, SizedType>> = {
  duration: { kind: 'scalar', maxSize: 32, minBytes: 3 },
  date: { kind: 'scalar', maxSize: 12, minBytes: 12 },
  'date-time': { kind: 'scalar', maxSize: 32, minBytes: 21 },
}

/** How often values of a type can be in one request. */
export function mostOf({ minBytes }: SizedType): number {
  return Math.floor(MAX_REQUEST_BYTES / (minBytes + 1))
}

/** Undefined for what expressions do not see. */
export function sizedType(schema: Structural): SizedType | undefined {
  const { maxItems, maxProperties } = schema.props
  if (schema.isIntOrString) return { kind: 'dyn', maxSize: textSize(schema), minBytes: 1 }
  switch (schema.type) {
    case 'array': {
      const element = schema.items && sizedType(schema.items)
      if (!element) return undefined
      const maxSize = limit(maxItems) ?? Math.floor(MAX_CONTENT_BYTES / (element.minBytes + 1))
      return { kind: 'list', maxSize, minBytes: EMPTY_BYTES, element }
    }
    case 'object': {
      const additional = additionalStructural(schema)
      if (!additional) return objectType(schema)
      const element = sizedType(additional)
      if (!element) return undefined
      const maxSize = limit(maxProperties) ?? Math.floor(MAX_CONTENT_BYTES / (element.minBytes + ENTRY_BYTES))
      return { kind: 'map', maxSize, minBytes: EMPTY_BYTES, element }
    }
    case 'string':
      return (
        FORMATS[schema.props.format ?? ''] ?? {
          kind: 'string',
          maxSize: textSize(schema),
          minBytes: EMPTY_BYTES,
        }
      )
    case 'boolean':
      return BOOLEAN
    case 'number':
    case 'integer':
      return NUMBER
    default:
      return undefined
  }
}

function objectType(schema: Structural): SizedType {
  const required = new Set(schema.props.required ?? [])
  const fields = new Map<string, SizedType>()
  let minBytes = EMPTY_BYTES
  for (const [name, property] of schema.properties) {
    const type = sizedType(property)
    const escaped = escapedName(name)
    if (!type) continue
    if (escaped) fields.set(escaped, type)
    // What is not given has its default.
    if (required.has(name) && property.default === undefined)
      minBytes += Buffer.byteLength(name) + type.minBytes + FIELD_BYTES
  }
  return { kind: 'object', maxSize: 0, minBytes, fields }
}

/** A limit is in characters, and so not yet for what is bytes in base64. */
function textSize({ props, isIntOrString }: Structural): number {
  const most = limit(props.maxLength)
  if (most !== undefined) return props.format === 'byte' ? most : most * MAX_BYTES_PER_CHARACTER
  const values = isIntOrString ? [] : (props.enum ?? [])
  if (values.length === 0) return MAX_CONTENT_BYTES
  return Math.max(0, ...values.map((each) => (typeof each === 'string' ? Buffer.byteLength(each) : 0)))
}

function limit(value: number | null | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Math.max(0, value)
}
