import type { KubeObject } from '../registry/index.ts'
import {
  type LabelSelector,
  METADATA_FIELDS,
  parseFieldSelector,
  parseLabelSelector,
  type SelectableFields,
  valueAt,
} from '../selectors/index.ts'
import type { ListOptions } from './list-options.ts'

/** Which objects are meant; undefined means all of them. */
export type Selection = ((object: KubeObject) => boolean) | undefined

/**
 * The objects that a client's selectors select.
 *
 * @throws StatusError BadRequest for a selector that cannot be read, or names a field that this kind cannot be selected by
 */
export function selectionOf(
  { labelSelector, fieldSelector }: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>,
  fields: SelectableFields = METADATA_FIELDS,
): Selection {
  const labels = parseLabelSelector(labelSelector)
  const terms = parseFieldSelector(fieldSelector)
  terms.check(fields)
  if (terms.isEmpty) return labels.isEmpty ? undefined : (object) => hasLabels(object, labels)
  const fieldValue = (object: KubeObject, field: string) =>
    fields.specialValue?.(object, field) ?? valueAt(field, '')(object)
  return (object) => hasLabels(object, labels) && terms.matches((field) => fieldValue(object, field))
}

function hasLabels({ metadata }: KubeObject, labels: LabelSelector): boolean {
  return labels.matches(metadata.labels ?? {})
}
