import type { OwnerReference } from '../../../apis/meta/v1.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../common/json.ts'
import { isList, memberOf, sameJson } from '../../../common/json-tools.ts'
import { asJson, fieldOf, type ManifestObject } from '../manifest-object.ts'
import { ApplyError } from './errors.ts'
import { withFieldsOfOthers } from './fields-of-others.ts'
import { mergeMetadata } from './merge-metadata.ts'
import { sameContent } from './same-content.ts'
import { SPEC_HASH_ANNOTATION, serviceSpecHash } from './service-spec-hash.ts'

/** What is to be done about an object that is there. */
export type Update =
  | { readonly kind: 'none' }
  | { readonly kind: 'update'; readonly object: ManifestObject }
  /** Some of it can only be changed by making the object anew. */
  | { readonly kind: 'recreate'; readonly object: ManifestObject }

type Fields = Readonly<Record<string, JsonValue | undefined>>

/** The fields of an object as they should be, of those that are to be written; undefined where nothing is. */
type Merge = (existing: ManifestObject, required: ManifestObject) => Fields | undefined

const RBAC = 'rbac.authorization.k8s.io'
const ADMISSION = 'admissionregistration.k8s.io'

/** How kinds are merged of which library-go knows more than that they are objects (resourceapply). By apiVersion and kind. */
const MERGES: ReadonlyMap<string, Merge> = new Map<string, Merge>([
  ['v1 Namespace', () => undefined],
  ['v1 Pod', () => undefined],
  ['v1 ServiceAccount', () => undefined],
  ['v1 ConfigMap', configMap],
  ['v1 Secret', secret],
  ['v1 Service', service],
  ['networking.k8s.io/v1 NetworkPolicy', replacing('spec')],
  ['policy/v1 PodDisruptionBudget', replacing('spec')],
  [`${RBAC}/v1 Role`, replacing('rules')],
  [`${RBAC}/v1 ClusterRole`, clusterRole],
  [`${RBAC}/v1 RoleBinding`, binding],
  [`${RBAC}/v1 ClusterRoleBinding`, binding],
  ['apiextensions.k8s.io/v1 CustomResourceDefinition', customResourceDefinition],
  ['storage.k8s.io/v1 StorageClass', wholeContent],
  [`${ADMISSION}/v1 ValidatingWebhookConfiguration`, webhooks],
  [`${ADMISSION}/v1 MutatingWebhookConfiguration`, webhooks],
  ...['v1', 'v1beta1'].flatMap((version): [string, Merge][] => [
    [`${ADMISSION}/${version} ValidatingAdmissionPolicy`, replacing('spec')],
    [`${ADMISSION}/${version} ValidatingAdmissionPolicyBinding`, replacing('spec')],
  ]),
])

const NEVER_COPIED = new Set(['apiVersion', 'kind', 'metadata', 'status'])
const DEFAULT_CLASS_ANNOTATION = 'storageclass.kubernetes.io/is-default-class'

/** Brings an object to its manifest by the strategy `Update`. Throws an ApplyError for a manifest that contradicts itself. */
export function updateOf(existing: ManifestObject, manifest: ManifestObject, owner: OwnerReference): Update {
  const required = prepared(manifest, existing)
  const merge = MERGES.get(`${required.apiVersion} ${required.kind}`)
  const metadata = mergeMetadata(existing.metadata, required.metadata, owner)
  const isMetadataSame = metadata === existing.metadata
  if (!merge) return anyKind(existing, required, metadata)
  const isStomped = required.kind === 'Service' && required.apiVersion === 'v1' && !isMetadataSame
  const fields = merge(existing, required) ?? (isStomped ? { spec: fieldOf(required, 'spec') } : undefined)
  if (!fields && isMetadataSame) return { kind: 'none' }
  const object = { ...withFields(existing, fields ?? {}), metadata }
  return { kind: needsRecreation(existing, object) ? 'recreate' : 'update', object }
}

/** What the API server is asked to create: with what library-go adds to manifests of the kind. */
export function prepared(required: ManifestObject, existing?: ManifestObject): ManifestObject {
  switch (`${required.apiVersion} ${required.kind}`) {
    case 'v1 Service':
      return withAnnotation(required, SPEC_HASH_ANNOTATION, serviceSpecHash(fieldOf(required, 'spec')))
    case 'v1 Secret':
      return withData(required)
    case 'storage.k8s.io/v1 StorageClass': {
      const isDefault = existing?.metadata.annotations?.[DEFAULT_CLASS_ANNOTATION]
      return isDefault === undefined
        ? required
        : withAnnotation(required, DEFAULT_CLASS_ANNOTATION, isDefault)
    }
    default:
      return required
  }
}

function withAnnotation(object: ManifestObject, name: string, value: string): ManifestObject {
  const { metadata } = object
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, [name]: value } } }
}

function withFields(object: ManifestObject, fields: Fields): ManifestObject {
  const copy: Record<string, unknown> = { ...object }
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) delete copy[name]
    else Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return copy as unknown as ManifestObject
}

/** Everything but metadata, status and what others have fixed is as the manifest says; the version is that of which the merge was made. */
function anyKind(
  existing: ManifestObject,
  required: ManifestObject,
  metadata: ManifestObject['metadata'],
): Update {
  const complete = withFieldsOfOthers(required, existing)
  const [wanted, present] = [complete, existing].map(contentOf) as [JsonObject, JsonObject]
  if (metadata === existing.metadata && sameJson(wanted, present)) return { kind: 'none' }
  return { kind: 'update', object: { ...complete, metadata } }
}

function contentOf(object: ManifestObject): JsonObject {
  return Object.fromEntries(
    Object.entries(asJson(object)).filter(([name]) => name !== 'metadata' && name !== 'status'),
  )
}

function replacing(name: string): Merge {
  return (existing, required) => {
    const value = fieldOf(required, name)
    return sameContent(fieldOf(existing, name), value) ? undefined : { [name]: value }
  }
}

/** What operators of OpenShift fill in is not theirs who apply the ConfigMap. */
const INJECTIONS = [
  {
    key: 'ca-bundle.crt',
    isOn: ({ metadata }: ManifestObject) =>
      metadata.labels?.['config.openshift.io/inject-trusted-cabundle'] === 'true',
  },
  {
    key: 'service-ca.crt',
    isOn: ({ metadata }: ManifestObject) =>
      metadata.annotations?.['service.beta.openshift.io/inject-cabundle'] === 'true',
  },
]

function configMap(existing: ManifestObject, required: ManifestObject): Fields | undefined {
  const wanted = fieldOf(required, 'data')
  const injected = INJECTIONS.filter(
    ({ key, isOn }) => isOn(required) && memberOf(wanted, key) === undefined,
  ).flatMap(({ key }) => {
    const value = memberOf(fieldOf(existing, 'data'), key)
    return value === undefined ? [] : [[key, value] as const]
  })
  const data =
    injected.length === 0
      ? wanted
      : { ...(isJsonObject(wanted) ? wanted : {}), ...Object.fromEntries(injected) }
  const binaryData = fieldOf(required, 'binaryData')
  const isSame =
    sameContent(data ?? {}, fieldOf(existing, 'data') ?? {}) &&
    sameContent(binaryData ?? {}, fieldOf(existing, 'binaryData') ?? {})
  return isSame ? undefined : { data, binaryData }
}

function withData(required: ManifestObject): ManifestObject {
  const texts = fieldOf(required, 'stringData')
  if (!isJsonObject(texts)) return required
  const data: Record<string, JsonValue | undefined> = {
    ...(fieldOf(required, 'data') as JsonObject | undefined),
  }
  for (const [key, text] of Object.entries(texts)) {
    const encoded = Buffer.from(String(text)).toString('base64')
    if (Object.hasOwn(data, key) && data[key] !== encoded) {
      const name = JSON.stringify(key)
      throw new ApplyError(`Secret.stringData[${name}] conflicts with Secret.data[${name}]`)
    }
    Object.defineProperty(data, key, { value: encoded, enumerable: true, configurable: true, writable: true })
  }
  return withFields(required, { data, stringData: undefined })
}

const OPAQUE = 'Opaque'
const ACCOUNT_TOKEN = 'kubernetes.io/service-account-token'

function secret(existing: ManifestObject, required: ManifestObject): Fields | undefined {
  const type = fieldOf(required, 'type') || OPAQUE
  const wanted = fieldOf(required, 'data') ?? {}
  // The tokens of service accounts are filled in by a controller.
  const data =
    type === ACCOUNT_TOKEN && isJsonObject(wanted)
      ? { ...(fieldOf(existing, 'data') as JsonObject | undefined), ...wanted }
      : wanted
  const isSame = sameContent(data, fieldOf(existing, 'data') ?? {}) && type === fieldOf(existing, 'type')
  return isSame ? undefined : { data, type }
}

/** The rest of the spec has changed where the hash has, which is an annotation. */
function service(existing: ManifestObject, required: ManifestObject): Fields | undefined {
  const [wanted, present] = [required, existing].map((each) => fieldOf(each, 'spec'))
  const type = memberOf(wanted, 'type') || 'ClusterIP'
  const isSame =
    sameContent(memberOf(wanted, 'selector') ?? {}, memberOf(present, 'selector') ?? {}) &&
    type === (memberOf(present, 'type') || 'ClusterIP')
  return isSame ? undefined : { spec: wanted }
}

/** The rules of an aggregated role are a controller's. */
function clusterRole(existing: ManifestObject, required: ManifestObject): Fields | undefined {
  const aggregation = fieldOf(required, 'aggregationRule')
  const isAggregationSame = sameContent(fieldOf(existing, 'aggregationRule'), aggregation)
  const areRulesSame =
    (aggregation ?? null) !== null || sameContent(fieldOf(existing, 'rules'), fieldOf(required, 'rules'))
  if (isAggregationSame && areRulesSame) return undefined
  return {
    ...(isAggregationSame ? {} : { aggregationRule: aggregation }),
    ...(areRulesSame ? {} : { rules: fieldOf(required, 'rules') }),
  }
}

function binding(existing: ManifestObject, required: ManifestObject): Fields | undefined {
  const wanted = { subjects: subjectsOf(required), roleRef: withGroup(fieldOf(required, 'roleRef')) }
  const present = { subjects: subjectsOf(existing), roleRef: withGroup(fieldOf(existing, 'roleRef')) }
  return sameContent(wanted.subjects, present.subjects) && sameContent(wanted.roleRef, present.roleRef)
    ? undefined
    : wanted
}

function subjectsOf(object: ManifestObject): JsonValue | undefined {
  const subjects = fieldOf(object, 'subjects')
  if (!isList(subjects)) return subjects
  return subjects.map((each) => (memberOf(each, 'kind') === 'User' ? (withGroup(each) ?? each) : each))
}

function withGroup(reference: JsonValue | undefined): JsonValue | undefined {
  return isJsonObject(reference) ? { ...reference, apiGroup: RBAC } : reference
}

function customResourceDefinition(existing: ManifestObject, required: ManifestObject): Fields | undefined {
  const spec = fieldOf(required, 'spec')
  return sameContent(fieldOf(existing, 'spec'), withDefinitionDefaults(spec)) ? undefined : { spec }
}

/** What the API server fills in. */
function withDefinitionDefaults(spec: JsonValue | undefined): JsonValue | undefined {
  if (!isJsonObject(spec)) return spec
  const names = memberOf(spec, 'names')
  const kind = memberOf(names, 'kind')
  const singular = memberOf(names, 'singular') || (typeof kind === 'string' ? kind.toLowerCase() : '')
  const listKind = memberOf(names, 'listKind') || (kind ? `${String(kind)}List` : '')
  return {
    ...spec,
    names: { ...(isJsonObject(names) ? names : {}), singular, listKind },
    conversion: memberOf(spec, 'conversion') ?? { strategy: 'None' },
  }
}

function wholeContent(existing: ManifestObject, required: ManifestObject): Fields | undefined {
  const names = new Set(
    [...Object.keys(existing), ...Object.keys(required)].filter((name) => !NEVER_COPIED.has(name)),
  )
  const isSame = [...names].every((name) => sameContent(fieldOf(existing, name), fieldOf(required, name)))
  return isSame ? undefined : Object.fromEntries([...names].map((name) => [name, fieldOf(required, name)]))
}

/** CA bundles that the manifest leaves open are somebody else's to fill in. */
function webhooks(existing: ManifestObject, required: ManifestObject): Fields | undefined {
  const present = fieldOf(existing, 'webhooks')
  const wanted = fieldOf(required, 'webhooks')
  if (!isList(wanted)) return sameContent(present, wanted) ? undefined : { webhooks: wanted }
  const filled = wanted.map((webhook) => {
    const client = memberOf(webhook, 'clientConfig')
    if (!isJsonObject(webhook) || !isJsonObject(client) || memberOf(client, 'caBundle')) return webhook
    const same = isList(present)
      ? present.find((each) => memberOf(each, 'name') === memberOf(webhook, 'name'))
      : undefined
    const caBundle = memberOf(memberOf(same, 'clientConfig'), 'caBundle')
    return caBundle === undefined ? webhook : { ...webhook, clientConfig: { ...client, caBundle } }
  })
  return sameContent(present, filled) ? undefined : { webhooks: filled }
}

const FIXED_CLASS_FIELDS = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']

/** Whether something changes that the API server lets nobody change. */
function needsRecreation(existing: ManifestObject, wanted: ManifestObject): boolean {
  const differs = (name: string) => !sameContent(fieldOf(existing, name), fieldOf(wanted, name))
  switch (`${wanted.apiVersion} ${wanted.kind}`) {
    case 'v1 Secret':
      return differs('type')
    case 'storage.k8s.io/v1 StorageClass':
      return FIXED_CLASS_FIELDS.some(differs)
    default:
      return false
  }
}
