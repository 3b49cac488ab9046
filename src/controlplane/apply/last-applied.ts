import { parseExactJson } from '../../common/exact-json.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { compare } from './compare.ts'
import { FieldSet } from './field-set.ts'
import { entriesOf, type FieldEntry, fieldOf, objectOf } from './json-values.ts'
import type { ManagedType } from './managed-type.ts'
import type { Conflict } from './ownership.ts'
import { sortedGoJson } from './sorted-go-json.ts'
import { toFieldSet } from './to-field-set.ts'
import { schemaIn } from './typed-object.ts'
import { validate } from './validate.ts'

/** Where `kubectl apply` keeps what was applied, when it merges by itself. */
const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'

/** The manager that `kubectl apply --server-side` has unless it is told another one; nobody else's apply is treated so. */
const KUBECTL = 'kubectl'

/** Of all annotations together. */
const MAX_ANNOTATIONS_BYTES = 256 * 1024

/**
 * Leaves out conflicts about fields that kubectl applied when it still merged by itself, and that are as it left them: its
 * first server-side apply takes them over.
 */
export function withoutUpgraded(
  type: ManagedType,
  live: JsonObject,
  conflicts: readonly Conflict[],
  manager: string,
): readonly Conflict[] {
  if (manager !== KUBECTL || conflicts.length === 0) return conflicts
  const upgraded = upgradedFields(type, live)
  return conflicts.filter(({ path }) => !upgraded.has(path))
}

/** Keeps the annotation, if there is one, as it would be had kubectl merged by itself. */
export function withLastApplied(object: JsonObject, config: JsonObject, manager: string): JsonObject {
  if (manager !== KUBECTL || lastAppliedOf(object) === '') return object
  const withoutIt = entriesOf(annotationsOf(object)).filter(([name]) => name !== ANNOTATION)
  const withIt: FieldEntry[] = [...withoutIt, [ANNOTATION, `${sortedGoJson(withoutAnnotation(config))}\n`]]
  const size = withIt.reduce((sum, [name, value]) => sum + Buffer.byteLength(`${name}${value}`), 0)
  return withAnnotations(object, objectOf(size > MAX_ANNOTATIONS_BYTES ? withoutIt : withIt))
}

function upgradedFields(type: ManagedType, live: JsonObject): FieldSet {
  const lastApplied = parseObject(lastAppliedOf(live))
  if (!lastApplied || fieldOf(lastApplied, 'apiVersion') !== type.apiVersion) return FieldSet.EMPTY
  const schema = schemaIn(type, type.apiVersion)
  if (validate(schema, lastApplied) !== '') return FieldSet.EMPTY
  const { removed, modified, added } = compare(schema, lastApplied, live)
  return toFieldSet(schema, lastApplied).difference(modified).difference(added).difference(removed)
}

function withoutAnnotation(config: JsonObject): JsonObject {
  const annotations = annotationsOf(config)
  if (annotations === undefined) return config
  return withAnnotations(config, objectOf(entriesOf(annotations).filter(([name]) => name !== ANNOTATION)))
}

function withAnnotations(object: JsonObject, annotations: JsonObject): JsonObject {
  const metadata = fieldOf(object, 'metadata')
  return { ...object, metadata: { ...(isJsonObject(metadata) ? metadata : {}), annotations } }
}

function annotationsOf(object: JsonObject): JsonValue | undefined {
  return fieldOf(fieldOf(object, 'metadata'), 'annotations')
}

function lastAppliedOf(object: JsonObject): string {
  const text = fieldOf(annotationsOf(object), ANNOTATION)
  return typeof text === 'string' ? text : ''
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value = parseExactJson(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
