import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { badRequest, isStatus, StatusError } from '../api/status.ts'
import { applyConfiguration, trackUpdate } from '../apply/index.ts'
import { decodePatch } from '../codec/index.ts'
import { negotiate, OBJECT_SHOWN } from '../http/accept.ts'
import type { WholeAnswer } from '../http/answer.ts'
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, type MergeType } from '../patch/index.ts'
import type { KubeObject, ResourceType } from '../registry/index.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import type { Item } from '../storage/index.ts'
import { createWritten } from './create.ts'
import type { EndpointComponents } from './endpoint-components.ts'
import { itemAnswer } from './item-answer.ts'
import { namespaceOf, type ObjectRequest, placed } from './resource-request.ts'
import { readPatched } from './unreadable-patch.ts'
import { type Replacement, replace, requireIdentity } from './update.ts'
import { writeOptions } from './write-options.ts'

/** The type of a patch that is a configuration to be applied. */
export const APPLY = 'application/apply-patch+yaml'
const JSON_PATCH = 'application/json-patch+json'
const MERGE = 'application/merge-patch+json'
const STRATEGIC = 'application/strategic-merge-patch+json'
const KNOWN = [JSON_PATCH, MERGE, STRATEGIC, APPLY]

/** PATCH of an object, or of a part of it. Applying a configuration creates what is not there. */
export async function patchObject(
  components: EndpointComponents,
  resource: ServedResource,
  type: ResourceType,
  request: ObjectRequest,
): Promise<WholeAnswer> {
  const patchType = patchTypeOf(request, resource.mergeType !== undefined)
  const options = writeOptions(request, 'PatchOptions', patchType === APPLY)
  const representation = negotiate(request.headers.accept, { formats: resource.formats, shown: OBJECT_SHOWN })
  const patch = decodePatch(await request.readBody(), patchType === APPLY ? 'yaml' : 'json')
  const change = { components, resource, type, request, options }
  if (patchType === APPLY) {
    if (!isJsonObject(patch)) throw badRequest('error decoding YAML: the configuration is no object')
    const { item, created } = await apply(change, patch)
    return itemAnswer(request, resource, created ? 201 : 200, item, representation)
  }
  const applyPatch = patchFunction(patchType, resource.mergeType)
  const item = await replace(change, (old) => {
    const merged = applyPatch(old, patch)
    const patched = readPatched(merged, mergedPatch(patchType, patch), () => normalized(change, merged))
    const writer = { manager: options.manager, now: components.now() }
    return trackUpdate(resource.managedType(request.info.subresource), old, patched, writer) as KubeObject
  })
  return itemAnswer(request, resource, 200, item, representation)
}

/** How `patch` changes an object. */
export function patchFunction(
  patchType: string,
  mergeType: MergeType | undefined,
): (object: JsonObject, patch: JsonValue) => JsonObject {
  if (patchType === JSON_PATCH) return applyJsonPatch
  if (patchType === STRATEGIC && mergeType) {
    return (object, patch) => applyStrategicMergePatch(object, patch, mergeType)
  }
  return applyMergePatch
}

/** Of a patch that is merged field by field: what clients are shown of it where what comes of it cannot be read. */
export function mergedPatch(patchType: string, patch: JsonValue): JsonValue | undefined {
  return patchType === STRATEGIC ? patch : undefined
}

/** @throws StatusError UnsupportedMediaType */
export function patchTypeOf({ headers }: ObjectRequest, hasStrategic: boolean): string {
  const patchType = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (!KNOWN.includes(patchType))
    throw new StatusError('UnsupportedMediaType', '415: Unsupported Media Type', {})
  if (patchType !== STRATEGIC || hasStrategic) return patchType
  const list = KNOWN.filter((each) => each !== STRATEGIC).join(', ')
  throw new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
  )
}

async function apply(change: Replacement, config: JsonObject): Promise<{ item: Item; created: boolean }> {
  const { components, resource, request, options } = change
  const managedType = resource.managedType(request.info.subresource)
  const applier = { manager: options.manager, force: options.force, now: components.now() }
  const applied = (live: KubeObject | undefined) =>
    normalized(change, applyConfiguration(managedType, live, config, applier))
  for (;;) {
    try {
      return { item: await replace(change, applied), created: false }
    } catch (error) {
      if (!isStatus(error, 'NotFound') || request.info.subresource !== '') throw error
      if (namesVersion(config)) throw error
    }
    const object = placed(applied(undefined), namespaceOf(resource, request))
    requireIdentity(object, request)
    try {
      return { item: await createWritten(components, resource, request, object, options), created: true }
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error
    }
  }
}

/** What a patch has made, in the shape of its kind and with its defaults. */
function normalized({ resource, request, options }: Replacement, patched: JsonObject): KubeObject {
  const bytes = Buffer.from(JSON.stringify(patched))
  const { object, warnings } = resource.decode(bytes, undefined, options.fieldValidation)
  for (const warning of warnings) request.warn(warning)
  requireIdentity(object as KubeObject, request)
  return object as KubeObject
}

function namesVersion({ metadata }: JsonObject): boolean {
  return (
    isJsonObject(metadata) && typeof metadata.resourceVersion === 'string' && metadata.resourceVersion !== ''
  )
}
