import type { AdmissionRequest, ObjectKind } from '../admission/index.ts'
import { badRequest, isStatus } from '../api/status.ts'
import { trackUpdate, withoutIdleTimes } from '../apply/index.ts'
import { negotiate, OBJECT_SHOWN } from '../http/accept.ts'
import type { WholeAnswer } from '../http/answer.ts'
import { type KubeObject, type ResourceType, requireSameUid } from '../registry/index.ts'
import { type ServedResource, servedObject, storedObject } from '../resources/served-resource.ts'
import type { Item } from '../storage/index.ts'
import { admissionRequest, withObject } from './admit.ts'
import { settling } from './aftermath.ts'
import { writeAllocated } from './allocation.ts'
import { create } from './create.ts'
import type { EndpointComponents } from './endpoint-components.ts'
import { itemAnswer } from './item-answer.ts'
import { keptConversion } from './kept-conversion.ts'
import { namespaceOf, type ObjectRequest, placed, targetOf } from './resource-request.ts'
import { type WriteOptions, writeOptions } from './write-options.ts'

/** PUT of an object, or of a part of it such as its status. */
export async function updateObject(
  components: EndpointComponents,
  resource: ServedResource,
  type: ResourceType,
  request: ObjectRequest,
): Promise<WholeAnswer> {
  const options = writeOptions(request, 'UpdateOptions')
  const representation = negotiate(request.headers.accept, { formats: resource.formats, shown: OBJECT_SHOWN })
  const body = await request.readBody()
  const decoded = resource.decode(body, request.headers['content-type'], options.fieldValidation)
  for (const warning of decoded.warnings) request.warn(warning)
  requireIdentity(decoded.object as KubeObject, request)
  const object = placed(decoded.object as KubeObject, namespaceOf(resource, request))
  const change = { components, resource, type, request, options }
  try {
    const item = await replace(change, (old) => {
      const writer = { manager: options.manager, now: components.now() }
      return trackUpdate(resource.managedType(request.info.subresource), old, object, writer) as KubeObject
    })
    return itemAnswer(request, resource, 200, item, representation)
  } catch (error) {
    if (!mayCreate(type, object, request, error)) throw error
    const item = await create(components, resource, request, object, options)
    return itemAnswer(request, resource, 201, item, representation)
  }
}

export interface Replacement {
  readonly components: EndpointComponents
  readonly resource: ServedResource
  readonly type: ResourceType
  readonly request: ObjectRequest
  readonly options: WriteOptions
}

/** A part of an object that is an object of its own kind where it is admitted. */
export interface AdmittedPart {
  readonly kind: ObjectKind
  of(object: KubeObject): KubeObject
  /** The object with the part as it has been admitted. */
  into(object: KubeObject, part: KubeObject): KubeObject
}

/** Replaces an object by what `change` makes of it, managers included, as that is admitted. */
export function replace(
  { components, resource, type, request, options }: Replacement,
  change: (old: KubeObject) => KubeObject,
  part?: AdmittedPart,
): Promise<Item> {
  const { dryRun } = options
  const allocator =
    request.info.subresource === '' ? components.allocators.get(resource.storedResource) : undefined
  const settle = (old: KubeObject, updated: KubeObject) => withoutIdleTimes(old, updated) as KubeObject
  const conversion = keptConversion(resource)
  const { admission } = components
  let admitted: AdmissionRequest
  const admit = async (prepared: KubeObject) => {
    const object = conversion ? prepared : await servedObject(resource, prepared)
    await admission.validate(withObject(admitted, part ? part.of(object) : object))
  }
  return settling((aftermath) =>
    writeAllocated(allocator, dryRun, (assign) =>
      components.registry.update(
        type,
        targetOf(request),
        async (stored) => {
          aftermath.settle() // somebody else was faster, and it is tried again
          const oldObject = conversion ? stored : await servedObject(resource, stored)
          const object = change(oldObject)
          if (!part) requireSameUid(type, oldObject, object) // as the original, before anybody is asked about it
          const { afterwards } = aftermath
          const write = { dryRun, options: options.object, afterwards }
          const shown = part
            ? { object: part.of(object), oldObject: part.of(oldObject), objectKind: part.kind }
            : { object, oldObject }
          const intent = { operation: 'UPDATE', ...shown, ...write } as const
          admitted = await admission.mutate(admissionRequest(request, resource, intent))
          const changed = admitted.object as KubeObject
          const updated = part ? part.into(object, changed) : changed
          return assign(conversion ? updated : await storedObject(resource, updated), stored)
        },
        { dryRun, admit, settle, conversion },
      ),
    ),
  )
}

/** @throws StatusError BadRequest when the object is not the one that the request is for */
export function requireIdentity(
  { metadata }: KubeObject,
  { info: { name, namespace } }: ObjectRequest,
): void {
  const { name: ownName = '', namespace: ownNamespace = '' } = metadata
  if (ownName === '') {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    )
  }
  if (ownName !== name)
    throw badRequest(`the name of the object (${ownName}) does not match the name on the URL (${name})`)
  if (namespace !== '' && ownNamespace !== '' && ownNamespace !== namespace) {
    throw badRequest(
      `the namespace of the object (${ownNamespace}) does not match the namespace on the request (${namespace})`,
    )
  }
}

function mayCreate(
  { strategy }: ResourceType,
  { metadata }: KubeObject,
  { info }: ObjectRequest,
  error: unknown,
): boolean {
  const namesVersion = metadata.resourceVersion !== undefined && metadata.resourceVersion !== ''
  return (
    isStatus(error, 'NotFound') && strategy.allowsCreateOnUpdate && info.subresource === '' && !namesVersion
  )
}
