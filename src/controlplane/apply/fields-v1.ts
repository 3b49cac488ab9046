import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { type FieldNode, FieldSet } from './field-set.ts'
import { entriesOf, type FieldEntry, objectOf } from './json-values.ts'
import { parseElement } from './path-element.ts'

/** Says of an object in FieldsV1 that what it stands for is owned itself. Where there is nothing else in it, it is left out. */
const SELF = '.'

/** No object is as deep; what comes from a peer is walked recursively. */
export const MAX_DEPTH = 1_000

/** A set in the form of metadata.managedFields. */
export function toFieldsV1(set: FieldSet): JsonObject {
  return objectOf(
    set.nodes.map(({ element, member, children }) => [element.id, nodeToJson(member, children)]),
  )
}

/** Steps of a kind that is not known are left out; anything that is no FieldsV1 is a SyntaxError. */
export function fromFieldsV1(json: JsonValue): FieldSet {
  return parseChildren(json, 0)
}

function nodeToJson(member: boolean, children: FieldSet): JsonObject {
  const json = toFieldsV1(children)
  return member && !children.isEmpty ? { [SELF]: {}, ...json } : json
}

function parseChildren(json: JsonValue, depth: number): FieldSet {
  if (!isJsonObject(json)) throw new SyntaxError(`fields are no object: ${JSON.stringify(json)}`)
  if (depth > MAX_DEPTH) throw new SyntaxError('fields are too deep')
  return new FieldSet(entriesOf(json).flatMap((entry) => parseNode(entry, depth)))
}

function parseNode([name, json]: FieldEntry, depth: number): FieldNode[] {
  const element = name === SELF ? undefined : parseElement(name)
  if (!element) return []
  const children = parseChildren(json, depth + 1)
  const member = children.isEmpty || (isJsonObject(json) && Object.hasOwn(json, SELF))
  return [{ element, member, children }]
}
