import { type Draft, hasMember, isList, memberOf, membersOf, setMember } from '../../../common/json-tools.ts'
import type { FieldError } from '../../api/field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../api/json.ts'
import { annotationsErrors, type KubeObject, type ObjectMeta } from '../../registry/index.ts'
import { labelsErrors } from '../../selectors/index.ts'
import { ConversionProblem } from './conversion-review.ts'

/** What of a converted object is something else than was asked for. */
export type ConvertedPart = 'type' | 'identity' | 'metadata'

export class ConvertedObjectProblem extends ConversionProblem {
  readonly part: ConvertedPart

  constructor(part: ConvertedPart, message: string) {
    super(message)
    this.part = part
  }
}

type TextsErrors = (texts: Readonly<Record<string, string>>, field: string) => readonly FieldError[]

/**
 * What a webhook has made of an object, with the metadata that it had: only labels and annotations may become others
 * (apiextensions-apiserver, validateConvertedObject and restoreObjectMeta).
 *
 * @throws ConvertedObjectProblem
 */
export function acceptConverted(
  original: KubeObject,
  converted: JsonValue | undefined,
  apiVersion: string,
): KubeObject {
  if (!isJsonObject(converted) || textOf(converted, 'kind') === '')
    throw new ConvertedObjectProblem(
      'type',
      `Object 'Kind' is missing in '${JSON.stringify(converted ?? null)}'`,
    )
  requireSame('groupVersion', apiVersion, textOf(converted, 'apiVersion'))
  requireSame('kind', original.kind, textOf(converted, 'kind'))
  const given = memberOf(converted, 'metadata')
  for (const [name, label] of IDENTITY) {
    const [before, after] = [textOf(original.metadata, name), textOf(given, name)]
    if (before !== after)
      throw new ConvertedObjectProblem('identity', `must have the same ${label}: ${before} != ${after}`)
  }
  return { ...converted, metadata: restoredMeta(original, converted) } as KubeObject
}

const IDENTITY = [
  ['name', 'name'],
  ['namespace', 'namespace'],
  ['uid', 'UID'],
] as const

function requireSame(what: string, expected: string, received: string): void {
  if (expected !== received)
    throw new ConvertedObjectProblem('type', `invalid ${what} (expected ${expected}, received ${received})`)
}

function restoredMeta(original: KubeObject, converted: JsonObject): ObjectMeta {
  if (!hasMember(converted, 'metadata')) throw metaProblem('missing metadata in converted object')
  const given = memberOf(converted, 'metadata')
  if (!isJsonObject(given)) throw metaProblem(`invalid metadata of type ${goType(given)} in converted object`)
  const { labels: _, annotations: __, ...rest } = original.metadata
  const labels = changedTexts(original, given, 'labels', labelsErrors)
  const annotations = changedTexts(original, given, 'annotations', annotationsErrors)
  return { ...rest, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) }
}

/** Those that are as they were are not looked at: they may be older than a rule. */
function changedTexts(
  { metadata }: KubeObject,
  given: JsonObject,
  name: 'labels' | 'annotations',
  errorsOf: TextsErrors,
): Record<string, string> | undefined {
  const texts = memberOf(given, name)
  if (texts === undefined || texts === null) return undefined
  if (!isJsonObject(texts))
    throw metaProblem(`invalid metadata.${name} of type ${goType(texts)} in converted object`)
  const before = metadata[name] ?? {}
  const draft: Draft = {}
  let isChanged = Object.keys(before).length !== Object.keys(texts).length
  for (const [key, value] of membersOf(texts)) {
    if (typeof value !== 'string') {
      const type = goType(value)
      throw metaProblem(`metadata.${name}[${key}] must be a string, but is ${type} in converted object`)
    }
    isChanged ||= memberOf(before, key) !== value
    setMember(draft, key, value)
  }
  const result = draft as Record<string, string>
  // The original names the field so.
  const field = name === 'labels' ? 'metadata.labels' : 'metadata.annotation'
  const errors = isChanged ? errorsOf(result, field) : []
  if (errors.length > 0) throw metaProblem(together(errors))
  return result
}

/** As Go prints one error, or several at once. */
function together(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))]
  return texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`
}

function metaProblem(message: string): ConvertedObjectProblem {
  return new ConvertedObjectProblem('metadata', message)
}

function goType(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return '<nil>'
  if (isList(value)) return '[]interface {}'
  switch (typeof value) {
    case 'object':
      return 'map[string]interface {}'
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64'
    case 'bigint':
      return 'int64'
    case 'boolean':
      return 'bool'
    default:
      return 'string'
  }
}

function textOf(value: JsonValue | undefined, name: string): string {
  const text = memberOf(value, name)
  return typeof text === 'string' ? text : ''
}
