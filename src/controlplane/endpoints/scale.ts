import { invalid } from '../api/field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { badRequest, invalidObject } from '../api/status.ts'
import {
  applyConfiguration,
  builtinSchema,
  emptyObject,
  fieldPath,
  scaleManagers,
  singleVersion,
  trackUpdate,
  withScaleManagers,
} from '../apply/index.ts'
import { type BodyFormat, decodeBody, decodePatch } from '../codec/index.ts'
import { negotiate } from '../http/accept.ts'
import { objectAnswer, type WholeAnswer } from '../http/answer.ts'
import { builtinMergeType } from '../patch/index.ts'
import { decodeItem, type KubeObject, type ResourceType, withMeta } from '../registry/index.ts'
import { type Scaling, type ServedResource, servedObject } from '../resources/served-resource.ts'
import { typeOfKind } from '../schema/builtin-types.ts'
import type { EndpointComponents } from './endpoint-components.ts'
import { APPLY, mergedPatch, patchFunction, patchTypeOf } from './patch.ts'
import { type ObjectRequest, targetOf } from './resource-request.ts'
import { readPatched } from './unreadable-patch.ts'
import { type AdmittedPart, type Replacement, replace, requireIdentity } from './update.ts'
import { type WriteOptions, writeOptions } from './write-options.ts'

const SCALE = { apiVersion: 'autoscaling/v1', kind: 'Scale' }
const ADMITTED_KIND = { group: 'autoscaling', version: 'v1', kind: 'Scale' }
const SCALE_GROUP_KIND = { group: 'autoscaling', kind: 'Scale' }
const TYPE_ID = typeOfKind(SCALE.apiVersion, SCALE.kind) as string
const FORMATS: readonly BodyFormat[] = ['json', 'yaml', 'protobuf']

const MANAGED_SCALE = singleVersion({
  ...SCALE,
  subresource: 'scale',
  schema: builtinSchema(TYPE_ID),
  empty: emptyObject(TYPE_ID, SCALE.apiVersion, SCALE.kind),
})

/** GET of a Scale: how many an object wants and has. */
export async function getScale(
  { registry }: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
): Promise<WholeAnswer> {
  const { format } = negotiate(request.headers.accept, { formats: FORMATS })
  const item = registry.get(resource.typeOf('') as ResourceType, targetOf(request))
  return objectAnswer(200, scaleOf(resource, await servedObject(resource, decodeItem(item))), format)
}

/** PUT of a Scale: a new wanted number. */
export async function updateScale(
  components: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
): Promise<WholeAnswer> {
  const options = writeOptions(request, 'UpdateOptions')
  const body = await request.readBody()
  const decoded = decodeBody(body, request.headers['content-type'], SCALE, options.fieldValidation)
  for (const warning of decoded.warnings) request.warn(warning)
  const writer = { manager: options.manager, now: components.now() }
  return writeScale(components, resource, request, options, (live) =>
    trackUpdate(MANAGED_SCALE, live, decoded.object, writer),
  )
}

/** PATCH of a Scale. */
export async function patchScale(
  components: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
): Promise<WholeAnswer> {
  const patchType = patchTypeOf(request, true)
  const isApply = patchType === APPLY
  const options = writeOptions(request, 'PatchOptions', isApply)
  const patch = decodePatch(await request.readBody(), isApply ? 'yaml' : 'json')
  const writer = { manager: options.manager, force: options.force, now: components.now() }
  if (isApply) {
    if (!isJsonObject(patch)) throw badRequest('error decoding YAML: the configuration is no object')
    return writeScale(components, resource, request, options, (live) =>
      applyConfiguration(MANAGED_SCALE, live, patch, writer),
    )
  }
  const applyPatch = patchFunction(patchType, builtinMergeType(TYPE_ID))
  return writeScale(components, resource, request, options, (live) => {
    const patched = applyPatch(live, patch)
    const { object } = readPatched(patched, mergedPatch(patchType, patch), () =>
      decodeBody(Buffer.from(JSON.stringify(patched)), undefined, SCALE, options.fieldValidation),
    )
    return trackUpdate(MANAGED_SCALE, live, object, writer)
  })
}

/** `change` makes a new Scale, with its managers, of that which is there. */
function scalingOf({ scaling }: ServedResource): Scaling {
  if (!scaling) throw new Error('the router sends no others here')
  return scaling
}

async function writeScale(
  components: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
  options: WriteOptions,
  change: (scale: JsonObject) => JsonObject,
): Promise<WholeAnswer> {
  const { format } = negotiate(request.headers.accept, { formats: FORMATS })
  const replacement: Replacement = {
    components,
    resource,
    type: resource.typeOf('') as ResourceType,
    request,
    options,
  }
  const scaling = scalingOf(resource)
  const part: AdmittedPart = {
    kind: ADMITTED_KIND,
    of: (object) => scaleOf(resource, object),
    into: (object, scale) => scaling.withReplicas(object, replicasOf(scale)),
  }
  const changed = (old: KubeObject) => {
    const { apiVersion } = resource
    const paths = new Map([[apiVersion, fieldPath(...scaling.replicasPath)]])
    const before = old.metadata.managedFields
    const live = withMeta(scaleOf(resource, old), { managedFields: managersOf(scaleManagers(before, paths)) })
    const scale = change(live) as KubeObject
    requireIdentity(scale, request)
    const after = withScaleManagers(before, scale.metadata.managedFields, paths, apiVersion)
    const { uid, resourceVersion } = scale.metadata
    return withMeta(scaling.withReplicas(old, replicasOf(scale)), {
      managedFields: managersOf(after),
      uid,
      resourceVersion,
    })
  }
  const item = await replace(replacement, changed, part)
  return objectAnswer(200, scaleOf(resource, await servedObject(resource, decodeItem(item))), format)
}

/** @throws StatusError Invalid */
function replicasOf({ spec, metadata }: KubeObject): number {
  const replicas = isJsonObject(spec) ? (spec.replicas ?? 0) : 0
  if (typeof replicas === 'number' && replicas >= 0) return replicas
  throw invalidObject(SCALE_GROUP_KIND, metadata.name ?? '', [
    invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
  ])
}

function managersOf(managedFields: JsonValue[] | undefined): KubeObject['metadata']['managedFields'] {
  return managedFields as JsonObject[] | undefined
}

function scaleOf(resource: ServedResource, object: KubeObject): KubeObject {
  const scaling = scalingOf(resource)
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const replicas = scaling.replicas(object)
  const selector = scaling.selector(object)
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp }
  return {
    kind: SCALE.kind,
    apiVersion: SCALE.apiVersion,
    metadata: definedOnly(metadata),
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: scaling.currentReplicas(object), ...(selector === '' ? {} : { selector }) },
  }
}

function definedOnly(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
