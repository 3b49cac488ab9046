import { isJsonObject, type JsonValue } from '../api/json.ts'
import { MAX_DEPTH } from './fields-v1.ts'
import { entriesOf, isJsonList, itemsOf } from './json-values.ts'
import { listElement } from './list-element.ts'
import { elementText, fieldElement } from './path-element.ts'
import type { ListSchema, ScalarSchema, Schema } from './schema.ts'
import { type FieldsShape, shapeOf } from './shape.ts'

export interface ValidateOptions {
  /** Lists may have several elements of one key or value, and objects fields that the schema does not have. @default false */
  readonly lenient?: boolean
}

/**
 * Says in what a value is not as its schema wants it, as far as merging depends on that, in Kubernetes' words. Empty if
 * nothing is wrong; everything else here takes values only of which that is so.
 */
export function validate(
  schema: Schema,
  value: JsonValue,
  { lenient = false }: ValidateOptions = {},
): string {
  const problems = [...problemsOf(schema, value, '', { lenient, depth: 0 })]
  return problems.length > 1
    ? ['errors:', ...problems.map((each) => `  ${each}`)].join('\n')
    : problems.join('')
}

interface Place {
  readonly lenient: boolean
  readonly depth: number
}

function* problemsOf(schema: Schema, value: JsonValue, path: string, place: Place): Generator<string> {
  if (place.depth > MAX_DEPTH) {
    yield problem(path, `exceeded max depth of ${MAX_DEPTH}`)
    return
  }
  if (value === null) return
  const shape = shapeOf(schema, value)
  switch (shape.kind) {
    case 'scalar': {
      const wrong = scalarProblem(shape, value)
      if (wrong) yield problem(path, wrong)
      return
    }
    case 'list':
      if (isJsonList(value)) yield* listProblems(shape, value, path, place)
      else yield problem(path, `expected list, got &{${goText(value)}}`)
      return
    case 'fields':
      if (isJsonObject(value)) yield* fieldProblems(shape, value, path, place)
      else yield problem(path, `expected map, got &{${goText(value)}}`)
      return
    default:
      shape satisfies never
  }
}

function* listProblems(
  schema: ListSchema,
  value: JsonValue,
  path: string,
  { lenient, depth }: Place,
): Generator<string> {
  const seen = new Set<string>()
  for (const [i, item] of itemsOf(value).entries()) {
    const element = listElement(schema, item, i)
    if (element instanceof Error) {
      yield problem(path, `element ${i}: ${element.message}`)
      return
    }
    const text = elementText(element)
    if (seen.has(element.id) && !lenient) yield problem(path, `duplicate entries for key ${text}`)
    seen.add(element.id)
    yield* problemsOf(schema.element, item, `${path}${text}`, { lenient, depth: depth + 1 })
  }
}

function* fieldProblems(
  shape: FieldsShape,
  value: JsonValue,
  path: string,
  { lenient, depth }: Place,
): Generator<string> {
  for (const [name, field] of entriesOf(value)) {
    const fieldPath = `${path}${elementText(fieldElement(name))}`
    const schema = shape.declared(name) ?? shape.rest
    if (schema) yield* problemsOf(schema, field, fieldPath, { lenient, depth: depth + 1 })
    else if (!lenient) yield problem(fieldPath, 'field not declared in schema')
  }
}

function scalarProblem({ type }: ScalarSchema, value: JsonValue): string | undefined {
  if (type === undefined) {
    return typeof value === 'object' ? `expected any scalar, got &{${goText(value)}}` : undefined
  }
  if (typeof value === type || (type === 'number' && typeof value === 'bigint')) return undefined
  switch (type) {
    case 'string':
      return `expected string, got &value.valueUnstructured{Value:${goText(value)}}`
    case 'number':
      return `expected numeric (int or float), got ${goType(value)}`
    case 'boolean':
      return `expected boolean, got &{${goText(value)}}`
  }
}

function goType(value: JsonValue): string {
  if (isJsonList(value)) return '[]interface {}'
  return isJsonObject(value)
    ? 'map[string]interface {}'
    : { string: 'string', boolean: 'bool' }[typeof value as 'string']
}

function goText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function problem(path: string, message: string): string {
  return path === '' ? message : `${path}: ${message}`
}
