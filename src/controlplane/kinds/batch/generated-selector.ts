import { type FieldError, invalid, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { compileLabelSelector, labelSelectorErrors } from '../../selectors/index.ts'
import type { Job } from './job-shape.ts'

/** Labels whose prefix names their project, and the older ones without, which mean the same. */
const NAME_LABELS = ['job-name', 'batch.kubernetes.io/job-name']
const UID_LABEL = 'batch.kubernetes.io/controller-uid'
const UID_LABELS = ['controller-uid', UID_LABEL]

/** A new job selects its own pods by its uid, unless its owner selects them by hand. */
export function withGeneratedSelector(object: KubeObject): KubeObject {
  const { spec } = object as Job
  if (spec.manualSelector) return object
  const { template, selector } = spec
  const { metadata } = template
  const matchLabels = { [UID_LABEL]: object.metadata.uid ?? '', ...selector?.matchLabels }
  return {
    ...object,
    spec: {
      ...spec,
      selector: { ...(selector as JsonObject | undefined), matchLabels: sorted(matchLabels) },
      template: {
        ...template,
        metadata: { ...metadata, labels: sorted({ ...ownLabels(object), ...metadata?.labels }) },
      },
    },
  }
}

/** What a client has set of it must be what would have been generated. */
export function generatedSelectorErrors(job: Job): FieldError[] {
  const { manualSelector, selector, template } = job.spec
  if (manualSelector || !selector) return []
  const labels = template.metadata?.labels ?? {}
  const own = ownLabels(job)
  const errors = Object.entries(own).flatMap(([key, value]) => {
    const field = `spec.template.metadata.labels[${key}]`
    if (!Object.hasOwn(labels, key)) return [required(field, `must be '${value}'`)]
    return labels[key] === value ? [] : [invalid(field, labels as JsonObject, `must be '${value}'`)]
  })
  if (labelSelectorErrors(selector, '').length > 0 || compileLabelSelector(selector).matches(own))
    return errors
  return [...errors, invalid('spec.selector', selector, '`selector` not auto-generated')]
}

/** In the order in which they are looked at. */
function ownLabels({ metadata }: KubeObject): Record<string, string> {
  const { name = '', uid = '' } = metadata
  const [legacyName = '', nameLabel = ''] = NAME_LABELS
  const [legacyUid = '', uidLabel = ''] = UID_LABELS
  return { [legacyUid]: uid, [legacyName]: name, [uidLabel]: uid, [nameLabel]: name }
}

function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)))
}
