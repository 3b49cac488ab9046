import { isJsonObject, type JsonObject, type JsonValue } from '../../../common/json.ts'
import {
  type Draft,
  hasMember,
  memberAt,
  memberOf,
  setMember,
  withMemberAt,
} from '../../../common/json-tools.ts'
import { asJson, fieldOf, type ManifestObject } from '../manifest-object.ts'

/** What the control plane chooses of a spec when a claim is made, and when it is bound. */
const CLAIM_FIELDS = ['storageClassName', 'volumeMode', 'volumeName', 'dataSource', 'dataSourceRef']

/** By these a Job knows its Pods; the older names are those of before Kubernetes 1.27. */
const JOB_LABELS = [
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'controller-uid',
  'job-name',
]
const TEMPLATE_LABELS = ['template', 'metadata', 'labels']

type Complete = (wanted: JsonObject, present: JsonObject) => JsonObject

/** By apiVersion and kind. */
const COMPLETIONS: ReadonlyMap<string, Complete> = new Map<string, Complete>([
  ['v1 PersistentVolumeClaim', (wanted, present) => withMembers(wanted, present, CLAIM_FIELDS)],
  ['v1 PersistentVolume', (wanted, present) => withMembers(wanted, present, ['claimRef'])],
  ['batch/v1 Job', jobSpec],
])

/**
 * A manifest that replaces an object, with those fields of the object's spec that the control plane has chosen for good. An update
 * without them is refused, or undone: a manifest that says nothing of them means those that there are.
 */
export function withFieldsOfOthers(required: ManifestObject, existing: ManifestObject): ManifestObject {
  const complete = COMPLETIONS.get(`${required.apiVersion} ${required.kind}`)
  const [wanted, present] = [required, existing].map((object) => fieldOf(object, 'spec'))
  if (!complete || !isJsonObject(wanted) || !isJsonObject(present)) return required
  return { ...asJson(required), spec: complete(wanted, present) } as unknown as ManifestObject
}

function jobSpec(wanted: JsonObject, present: JsonObject): JsonObject {
  if (memberOf(wanted, 'manualSelector') === true) return wanted
  const labels = memberAt(wanted, TEMPLATE_LABELS)
  const generated = memberAt(present, TEMPLATE_LABELS)
  return withMemberAt(
    withMembers(wanted, present, ['selector']),
    TEMPLATE_LABELS,
    withMembers(objectOr(labels), objectOr(generated), JOB_LABELS),
  )
}

function withMembers(wanted: JsonObject, present: JsonObject, names: readonly string[]): JsonObject {
  const draft: Draft = { ...wanted }
  for (const name of names) {
    const value = memberOf(present, name)
    if (value !== undefined && !hasMember(wanted, name)) setMember(draft, name, value)
  }
  return draft
}

function objectOr(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}
