import { labelProblems, pathSegmentProblems } from '../../common/name-rules.ts'
import { type FieldError, forbidden, invalid, required, tooLong } from '../api/field-error.ts'
import type { JsonObject, JsonValue } from '../api/json.ts'
import { labelKeyProblems, labelsErrors } from '../selectors/index.ts'
import type { KubeObject, ObjectMeta } from './kube-object.ts'
import { managedFieldsErrors } from './managed-fields-errors.ts'
import type { ResourceType } from './resource-type.ts'

/** What is wrong with the metadata of objects (k8s.io/apimachinery, api/validation/objectmeta.go). */

const MOST_ANNOTATION_BYTES = 256 * 1024
const ORPHAN = 'orphan'
const FOREGROUND = 'foregroundDeletion'

/** Of a new object, which has got its name. */
export function metadataErrors(type: ResourceType, { metadata }: KubeObject): FieldError[] {
  const { validateName } = type.strategy
  return commonErrors(type, metadata, (name, isPrefix) =>
    validateName(isPrefix ? withoutTrailingDash(name) : name),
  )
}

/**
 * Of an object that replaces another, in which what clients cannot change has been put back; `submitted` is how it was before that.
 * The original looks at most of this more than once, and says so each time.
 */
export function metadataUpdateErrors(
  type: ResourceType,
  { metadata }: KubeObject,
  old: KubeObject,
  submitted: KubeObject,
): FieldError[] {
  const changes = changeErrors(metadata, old.metadata, submitted.metadata)
  return [...commonErrors(type, metadata, pathSegmentErrors), ...changes, ...changes]
}

/** Of an object within another, which need have neither a name nor a namespace; `field` is where that is. */
export function embeddedMetadataErrors(metadata: ObjectMeta, field: string): FieldError[] {
  const named = { ...metadata, name: metadata.name || 'fakename' }
  const type = { namespaced: Boolean(metadata.namespace) }
  return commonErrors(type, named, pathSegmentErrors).map((error) => ({
    ...error,
    field: field + error.field.slice('metadata'.length),
  }))
}

type NameCheck = (name: string, isPrefix: boolean) => readonly string[]

function pathSegmentErrors(name: string, isPrefix: boolean): readonly string[] {
  return pathSegmentProblems(name).filter((problem) => !isPrefix || problem.startsWith('may not contain'))
}

function commonErrors(
  { namespaced }: Pick<ResourceType, 'namespaced'>,
  metadata: ObjectMeta,
  check: NameCheck,
): FieldError[] {
  const { name = '', generateName = '', namespace = '', finalizers = [], managedFields = [] } = metadata
  return [
    ...(generateName === ''
      ? []
      : check(generateName, true).map((problem) => invalid('metadata.generateName', generateName, problem))),
    ...(name === ''
      ? [required('metadata.name', 'name or generateName is required')]
      : check(name, false).map((problem) => invalid('metadata.name', name, problem))),
    ...namespaceErrors(namespaced, namespace),
    ...labelsErrors(metadata.labels ?? {}, 'metadata.labels'),
    ...annotationsErrors(metadata.annotations ?? {}),
    ...ownersErrors(metadata.ownerReferences ?? []),
    ...finalizersErrors(finalizers),
    ...managedFieldsErrors(managedFields, 'metadata.managedFields'),
  ]
}

function changeErrors(metadata: ObjectMeta, old: ObjectMeta, submitted: ObjectMeta): FieldError[] {
  return [
    ...newFinalizerErrors(metadata.finalizers ?? [], old),
    ...immutableErrors('deletionTimestamp', old, submitted),
    ...immutableErrors('deletionGracePeriodSeconds', old, submitted),
    ...labelsErrors(metadata.labels ?? {}, 'metadata.labels'),
    ...annotationsErrors(metadata.annotations ?? {}),
    ...ownersErrors(metadata.ownerReferences ?? []),
    ...managedFieldsErrors(metadata.managedFields ?? [], 'metadata.managedFields'),
  ]
}

/** A dash at the end will not be there when something random has been added. */
function withoutTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix
}

function namespaceErrors(isNamespaced: boolean, namespace: string): FieldError[] {
  const field = 'metadata.namespace'
  if (!isNamespaced) return namespace === '' ? [] : [forbidden(field, 'not allowed on this type')]
  if (namespace === '') return [required(field)]
  return labelProblems(namespace).map((problem) => invalid(field, namespace, problem))
}

export function annotationsErrors(
  annotations: Readonly<Record<string, string>>,
  field = 'metadata.annotations',
): FieldError[] {
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  )
  return [
    ...Object.keys(annotations).flatMap((key) =>
      labelKeyProblems(key.toLowerCase()).map((problem) => invalid(field, key, problem)),
    ),
    ...(bytes > MOST_ANNOTATION_BYTES
      ? [tooLong(field, `may not be more than ${MOST_ANNOTATION_BYTES} bytes`)]
      : []),
  ]
}

function ownersErrors(owners: readonly JsonObject[]): FieldError[] {
  const field = 'metadata.ownerReferences'
  const errors: FieldError[] = []
  let controller = ''
  owners.forEach((owner, index) => {
    errors.push(...ownerErrors(owner, `${field}[${index}]`))
    if (owner.controller !== true) return
    const name = `${text(owner.kind)}/${text(owner.name)}`
    if (controller === '') controller = name
    else {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`
      errors.push(invalid(field, owners, detail))
    }
  })
  return errors
}

function ownerErrors(owner: JsonObject, path: string): FieldError[] {
  const apiVersion = text(owner.apiVersion)
  const missing = (name: string) =>
    text(owner[name]) === '' ? [required(`${path}.${name}`, 'must not be empty')] : []
  return [
    ...missing('apiVersion'),
    ...(apiVersion === '' || /^[^/]+$|^[^/]*\/[^/]+$/.test(apiVersion)
      ? []
      : [invalid(`${path}.apiVersion`, apiVersion, 'must be <group>/<version> or <version>')]),
    ...['kind', 'name', 'uid'].flatMap(missing),
    // They are forgotten after a while, and what they own would go with them.
    ...(apiVersion === 'v1' && owner.kind === 'Event'
      ? [invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner')]
      : []),
  ]
}

function finalizersErrors(finalizers: readonly string[]): FieldError[] {
  const field = 'metadata.finalizers'
  const areBoth = finalizers.includes(ORPHAN) && finalizers.includes(FOREGROUND)
  return [
    ...finalizers.flatMap((finalizer) =>
      labelKeyProblems(finalizer).map((problem) => invalid(field, finalizer, problem)),
    ),
    ...(areBoth
      ? [invalid(field, finalizers, `finalizer ${ORPHAN} and ${FOREGROUND} cannot be both set`)]
      : []),
  ]
}

function newFinalizerErrors(finalizers: readonly string[], old: ObjectMeta): FieldError[] {
  if (old.deletionTimestamp === undefined) return []
  const before = old.finalizers ?? []
  const added = [...new Set(finalizers)].filter((finalizer) => !before.includes(finalizer)).sort()
  if (added.length === 0) return []
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ')
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`
  return [forbidden('metadata.finalizers', detail)]
}

/** What the server has said stays, whatever a client says; but a client cannot be the first to say it. */
function immutableErrors(
  name: 'deletionTimestamp' | 'deletionGracePeriodSeconds',
  old: ObjectMeta,
  submitted: ObjectMeta,
): FieldError[] {
  const value: JsonValue | undefined = submitted[name] ?? undefined
  if (old[name] !== undefined || value === undefined) return []
  return [invalid(`metadata.${name}`, value, 'field is immutable')]
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
