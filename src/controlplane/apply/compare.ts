import type { JsonValue } from '../api/json.ts'
import { type FieldSet, FieldSetBuilder } from './field-set.ts'
import { entriesOf, fieldOf, itemsOf, jsonEqual } from './json-values.ts'
import { validListElement } from './list-element.ts'
import { fieldElement, type Path, type PathElement } from './path-element.ts'
import type { ListSchema, Schema } from './schema.ts'
import { type FieldsShape, fieldSchema, type Shape, shapeOf } from './shape.ts'

/** In what a value differs from an older one. No path is in two of the sets. */
export interface Comparison {
  readonly removed: FieldSet
  readonly modified: FieldSet
  readonly added: FieldSet
}

type Change = keyof Comparison

export function compare(schema: Schema, older: JsonValue, newer: JsonValue): Comparison {
  const changes = {
    removed: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
    added: new FieldSetBuilder(),
  }
  compareValues(schema, older, newer, [], (change, path) => changes[change].add(path))
  return {
    removed: changes.removed.build(),
    modified: changes.modified.build(),
    added: changes.added.build(),
  }
}

type Report = (change: Change, path: Path) => void

/** One of the values may be absent. */
function compareValues(
  schema: Schema,
  older: JsonValue | undefined,
  newer: JsonValue | undefined,
  path: Path,
  report: Report,
): void {
  const olderShape = shapeOf(schema, older)
  const newerShape = shapeOf(schema, newer)
  const shape = newer === undefined ? olderShape : newerShape
  if (older !== undefined && newer !== undefined && olderShape.kind !== newerShape.kind) {
    compareAs(olderShape, older, newer, path, report)
  }
  const isLeaf = compareAs(shape, older, newer, path, report)
  if (isLeaf) return
  if (older === undefined) report('added', path)
  else if (newer === undefined) report('removed', path)
}

/** Whether the values were compared as a whole. */
function compareAs(
  shape: Shape,
  older: JsonValue | undefined,
  newer: JsonValue | undefined,
  path: Path,
  report: Report,
): boolean {
  switch (shape.kind) {
    case 'scalar':
      compareLeaves(older, newer, path, report)
      return true
    case 'list':
      if (shape.ownership === 'atomic' || (isEmptyList(older) && isEmptyList(newer))) {
        compareLeaves(older, newer, path, report)
        return true
      }
      compareLists(shape, itemsOf(older), itemsOf(newer), path, report)
      return false
    case 'fields':
      if (shape.atomic || (hasNoFields(older) && hasNoFields(newer))) {
        compareLeaves(older, newer, path, report)
        return true
      }
      compareFields(shape, older, newer, path, report)
      return false
  }
}

function compareLeaves(
  older: JsonValue | undefined,
  newer: JsonValue | undefined,
  path: Path,
  report: Report,
): void {
  if (older === undefined) report('added', path)
  else if (newer === undefined) report('removed', path)
  else if (!jsonEqual(older, newer)) report('modified', path)
}

function compareFields(
  shape: FieldsShape,
  older: JsonValue | undefined,
  newer: JsonValue | undefined,
  path: Path,
  report: Report,
): void {
  const compareField = (name: string, before: JsonValue | undefined, after: JsonValue | undefined) => {
    if (before === after) return // most are, and a path costs more than looking
    compareValues(fieldSchema(shape, name), before, after, [...path, fieldElement(name)], report)
  }
  for (const [name, before] of entriesOf(older)) compareField(name, before, fieldOf(newer, name))
  for (const [name, after] of entriesOf(newer)) {
    if (fieldOf(older, name) === undefined) compareField(name, undefined, after)
  }
}

/** The elements of one key or value, in both lists. */
interface Pair {
  readonly element: PathElement
  readonly older: JsonValue[]
  readonly newer: JsonValue[]
}

function compareLists(
  schema: ListSchema,
  older: readonly JsonValue[],
  newer: readonly JsonValue[],
  path: Path,
  report: Report,
): void {
  const pairs = new Map<string, Pair>()
  const pairOf = (item: JsonValue, index: number): Pair => {
    const element = validListElement(schema, item, index)
    const pair = pairs.get(element.id) ?? { element, older: [], newer: [] }
    pairs.set(element.id, pair)
    return pair
  }
  for (const [i, item] of older.entries()) pairOf(item, i).older.push(item)
  for (const [i, item] of newer.entries()) pairOf(item, i).newer.push(item)
  for (const pair of pairs.values()) comparePair(schema, pair, [...path, pair.element], report)
}

/** Elements that are there several times are compared as a whole. */
function comparePair(
  { element: schema }: ListSchema,
  { older, newer }: Pair,
  path: Path,
  report: Report,
): void {
  const wasRepeated = older.length > 1
  const isRepeated = newer.length > 1
  if (wasRepeated && isRepeated) {
    if (!jsonEqual(older, newer)) report('modified', path)
    return
  }
  const before = wasRepeated ? undefined : older[0]
  const after = isRepeated ? undefined : newer[0]
  if (before !== undefined || after !== undefined) compareValues(schema, before, after, path, report)
  if (wasRepeated) report('removed', path)
  if (isRepeated) report('added', path)
}

function isEmptyList(value: JsonValue | undefined): boolean {
  return itemsOf(value).length === 0
}

function hasNoFields(value: JsonValue | undefined): boolean {
  return entriesOf(value).length === 0
}
