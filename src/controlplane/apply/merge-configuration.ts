import type { JsonObject, JsonValue } from '../api/json.ts'
import { isJsonObject } from '../api/json.ts'
import { entriesOf, isJsonList } from './json-values.ts'
import { merge } from './merge.ts'
import type { Schema } from './schema.ts'
import { shapeOf } from './shape.ts'
import { validate } from './validate.ts'

/** A configuration cannot be merged into an object. */
export class MergeProblem extends Error {}

/**
 * What `live` becomes by all that a configuration says that belongs to nobody (k8s.io/apiserver, policy/mutating/patch/smd.go). What
 * is owned as a whole must not be in it, or the rest of it would be lost.
 *
 * @throws MergeProblem
 */
export function mergeConfiguration(schema: Schema, live: JsonObject, config: JsonObject): JsonObject {
  requireTyped(schema, config, 'patch')
  const wholes = [...wholesIn(schema, config, '')]
  if (wholes.length > 0) {
    const what = `may not mutate atomic arrays, maps or structs: ${wholes.join(', ')}`
    throw new MergeProblem(`invalid ApplyConfiguration: ${what}`)
  }
  requireTyped(schema, live, 'original', true)
  return merge(schema, live, config) as JsonObject
}

function requireTyped(schema: Schema, object: JsonObject, role: string, lenient = false): void {
  const problems = validate(schema, object, { lenient })
  if (problems !== '') throw new MergeProblem(`failed to convert ${role} object to typed object: ${problems}`)
}

/** The paths of all that is owned as a whole; of maps and of what has no schema, the fields are not looked into. */
function* wholesIn(schema: Schema, value: JsonValue, path: string): Generator<string> {
  const shape = shapeOf(schema, value)
  if (shape.kind === 'fields' && isJsonObject(value)) {
    if (shape.atomic) yield path
    for (const [name, each] of entriesOf(value)) {
      const declared = shape.declared(name)
      if (declared) yield* wholesIn(declared, each, `${path}.${name}`)
    }
  } else if (shape.kind === 'list' && isJsonList(value)) {
    if (shape.ownership === 'atomic') yield path
    for (const [index, each] of value.entries()) yield* wholesIn(shape.element, each, `${path}[${index}]`)
  }
}
