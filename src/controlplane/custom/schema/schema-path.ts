import { child, element, type FieldPath, ROOT } from '../field-path.ts'
import { additionalStructural, type Structural } from './structural.ts'

/** A path leads nowhere in a schema, or is none. */
export class SchemaPathError extends Error {}

export interface SchemaPathTarget {
  readonly path: FieldPath
  /** The names on the way. */
  readonly names: readonly string[]
  readonly schema: Structural
}

const TOKEN = /'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]']+|[\s\S]/g
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
}

/**
 * Follows a path such as `.spec.labels['app.io/name']` (apiserver/schema/cel, ValidFieldPath).
 *
 * @throws SchemaPathError
 */
export function followSchemaPath(text: string, root: Structural, allowsBrackets = true): SchemaPathTarget {
  const tokens = text.match(TOKEN) ?? []
  const names: string[] = []
  let path = ROOT
  let schema = root
  const step = (name: string) => {
    const property = schema.properties.get(name)
    const additional = additionalStructural(schema)
    if (schema.properties.size > 0) {
      if (!property) throw new SchemaPathError('does not refer to a valid field')
      path = child(path, name)
      schema = property
    } else if (additional) {
      path = element(path, name)
      schema = additional
    } else {
      throw new SchemaPathError('does not refer to a valid field')
    }
    names.push(name)
  }
  for (let index = 0; index < tokens.length; ) {
    const token = tokens[index++] as string
    const name = tokens[index++]
    if (token !== '.' && token !== '[') throw new SchemaPathError(`expected [ or . but got: ${token}`)
    if (token === '[' && !allowsBrackets) throw new SchemaPathError('array notation is not allowed')
    if (name === undefined) throw new SchemaPathError('unexpected end of JSON path')
    if (token === '.') {
      step(name)
      continue
    }
    step(unquoted(name))
    const close = tokens[index++]
    if (close === undefined) throw new SchemaPathError('unexpected end of JSON path')
    if (close !== ']') throw new SchemaPathError(`expected ] but got ${close}`)
  }
  return { path, names, schema }
}

function unquoted(token: string): string {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'"))
    throw new SchemaPathError(`expected single quoted string but got ${token}`)
  return token.slice(1, -1).replace(/\\([\s\S])/g, (sequence, character: string) => {
    const meant = Object.hasOwn(ESCAPES, character) ? ESCAPES[character] : undefined
    if (meant === undefined)
      throw new SchemaPathError(`invalid string literal: invalid escape char ${sequence}`)
    return meant
  })
}
