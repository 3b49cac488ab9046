import { isJsonObject, type JsonValue } from '../api/json.ts'
import { compileLabelSelector, type StructuredLabelSelector } from '../selectors/index.ts'
import { objectsAt, textAt, textEntriesAt, textsAt } from './members.ts'

/** Labels, or a selector that is a map: `a=b,c=d`. */
export function formatLabels(labels: JsonValue | undefined): string {
  const pairs = sortedEntries(labels).map(([name, value]) => `${name}=${value}`)
  return pairs.join(',') || '<none>'
}

/** A LabelSelector: `a=b,c in (d,e),!f`. */
export function formatSelector(selector: JsonValue | undefined): string {
  return (selectorText(selector) ?? '<error>') || '<none>'
}

/** Empty for a selector that is empty or not there; undefined for one that is not valid. */
export function selectorText(selector: JsonValue | undefined): string | undefined {
  if (selector === undefined || selector === null) return ''
  if (!isJsonObject(selector)) return undefined
  try {
    return compileLabelSelector(selector as StructuredLabelSelector).toString()
  } catch {
    return undefined
  }
}

/** A LabelSelector as Go's protobuf messages print themselves, which is how admission policies show theirs. */
export function debugSelector(selector: JsonValue): string {
  const labels = sortedEntries(isJsonObject(selector) ? selector.matchLabels : undefined)
  const expressions = objectsAt(selector, 'matchExpressions').map(
    (each) =>
      `LabelSelectorRequirement{Key:${textAt(each, 'key')},Operator:${textAt(each, 'operator')},Values:[${textsAt(each, 'values').join(' ')}],},`,
  )
  const matchLabels = `map[string]string{${labels.map(([name, value]) => `${name}: ${value},`).join('')}}`
  const matchExpressions = `[]LabelSelectorRequirement{${expressions.join('')}}`
  return `&LabelSelector{MatchLabels:${matchLabels},MatchExpressions:${matchExpressions},}`
}

function sortedEntries(map: JsonValue | undefined): readonly (readonly [name: string, text: string])[] {
  return textEntriesAt(map).toSorted(([one], [other]) => (one < other ? -1 : 1))
}
