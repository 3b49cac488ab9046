import { StatusError } from '../api/status.ts'
import { trackUpdate } from '../apply/index.ts'
import { negotiate, OBJECT_SHOWN } from '../http/accept.ts'
import type { WholeAnswer } from '../http/answer.ts'
import type { KubeObject, ResourceType } from '../registry/index.ts'
import { type ServedResource, servedObject, storedObject } from '../resources/served-resource.ts'
import type { Item } from '../storage/index.ts'
import { admissionRequest, withObject } from './admit.ts'
import { settling } from './aftermath.ts'
import { writeAllocated } from './allocation.ts'
import type { EndpointComponents } from './endpoint-components.ts'
import { itemAnswer } from './item-answer.ts'
import { keptConversion } from './kept-conversion.ts'
import { namespaceOf, type ObjectRequest, placed } from './resource-request.ts'
import { type WriteOptions, writeOptions } from './write-options.ts'

/** POST to a collection. */
export async function createObject(
  components: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
): Promise<WholeAnswer> {
  const options = writeOptions(request, 'CreateOptions')
  const representation = negotiate(request.headers.accept, { formats: resource.formats, shown: OBJECT_SHOWN })
  const body = await request.readBody()
  const { object, warnings } = resource.decode(body, request.headers['content-type'], options.fieldValidation)
  for (const warning of warnings) request.warn(warning)
  const item = await create(components, resource, request, object as KubeObject, options)
  return itemAnswer(request, resource, 201, item, representation)
}

/** Creates what has been decoded, with its managers and as it is admitted. */
export async function create(
  components: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
  object: KubeObject,
  options: WriteOptions,
): Promise<Item> {
  const writer = { manager: options.manager, now: components.now() }
  const written = trackUpdate(
    resource.managedType(''),
    undefined,
    placed(object, namespaceOf(resource, request)),
    writer,
  )
  return createWritten(components, resource, request, written as KubeObject, options)
}

/** Creates an object whose managers are known. */
export async function createWritten(
  components: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
  written: KubeObject,
  { dryRun, object: options }: WriteOptions,
): Promise<Item> {
  if (resource.isEnding) {
    const message = `${request.info.verb} not allowed while custom resource definition is terminating`
    throw new StatusError('MethodNotAllowed', message, { group: resource.group, kind: resource.resource })
  }
  return settling(async ({ afterwards }) => {
    const { admission } = components
    const asked = admissionRequest(request, resource, {
      operation: 'CREATE',
      name: written.metadata.name ?? '',
      object: written,
      oldObject: undefined,
      dryRun,
      options,
      afterwards,
    })
    const type = resource.typeOf('') as ResourceType
    const conversion = keptConversion(resource)
    const admitted = await admission.mutate(asked)
    const object = admitted.object as KubeObject
    const admit = async (prepared: KubeObject) => {
      const shown = conversion ? prepared : await servedObject(resource, prepared)
      await admission.validate(withObject(admitted, shown))
    }
    const kept = conversion ? object : await storedObject(resource, object)
    return writeAllocated(components.allocators.get(resource.storedResource), dryRun, (assign) =>
      components.registry.create(type, assign(kept), { dryRun, admit, conversion }),
    )
  })
}
