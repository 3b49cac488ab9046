import type { JsonObject } from '../api/json.ts'
import { isStatus } from '../api/status.ts'
import { listCollection, parseListOptions, selectionOf } from '../collection/index.ts'
import { LIST_SHOWN, negotiate, OBJECT_SHOWN } from '../http/accept.ts'
import { objectAnswer, type WholeAnswer } from '../http/answer.ts'
import type { DeleteResult, KubeObject, ObjectName, ResourceType } from '../registry/index.ts'
import { type ServedResource, servedObject } from '../resources/served-resource.ts'
import type { Item } from '../storage/index.ts'
import { admissionRequest } from './admit.ts'
import { settling } from './aftermath.ts'
import { collectionOf } from './collection-of.ts'
import { type DeleteOptions, deleteOptions } from './delete-options.ts'
import type { EndpointComponents } from './endpoint-components.ts'
import { itemAnswer } from './item-answer.ts'
import { listAnswer } from './list-answer.ts'
import { namespaceOf, type ObjectRequest, targetOf } from './resource-request.ts'
import { storedSelection } from './stored-selection.ts'

/** Of these the last state is answered even when they are gone, as in Kubernetes. */
const RETURNED_WHEN_GONE = [
  'pods',
  'services',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'podtemplates',
  'resourcequotas',
]

/** How many of a collection are deleted at once: what is written at the same time reaches the disk together. */
const AT_ONCE = 16

/** DELETE of an object. */
export async function deleteObject(
  components: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
): Promise<WholeAnswer> {
  const representation = negotiate(request.headers.accept, { formats: resource.formats, shown: OBJECT_SHOWN })
  const options = await deleteOptions(request)
  const target = targetOf(request)
  const { item, object, gone } = await deleteAdmitted(components, resource, request, target, options)
  if (!gone || RETURNED_WHEN_GONE.includes(resource.storedResource))
    return itemAnswer(request, resource, 200, item, representation)
  return objectAnswer(200, goneStatus(resource, object), representation.format)
}

/** DELETE of a collection: of all objects that a list with the same query has. Answers with what they were. */
export async function deleteCollection(
  components: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
): Promise<WholeAnswer> {
  const representation = negotiate(request.headers.accept, { formats: resource.formats, shown: LIST_SHOWN })
  const listed = parseListOptions(request.url.searchParams)
  const options = await deleteOptions(request)
  const { selection, decode } = storedSelection(resource, selectionOf(listed, resource.selectableFields))
  const collection = collectionOf(resource, namespaceOf(resource, request))
  const page = await listCollection(components.store, collection, listed, selection, decode)
  const targets = namesOf(page.items)
  const deleted: (Item | undefined)[] = []
  const work = async () => {
    for (const [index, name] of targets)
      deleted[index] = (await deleteIfThere(components, resource, request, name, options))?.item
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const items = deleted.filter((item) => item !== undefined)
  return listAnswer(request, resource, collection, { ...page, items }, representation)
}

/** One after the other, however many ask; nobody gets any more once one of them has failed. */
function* namesOf(items: readonly Item[]): Generator<readonly [index: number, name: ObjectName]> {
  for (const [index, { key }] of items.entries()) {
    const [, namespace = '', name = ''] = key.split('/')
    yield [index, { namespace, name }]
  }
}

async function deleteAdmitted(
  components: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
  target: ObjectName,
  options: DeleteOptions,
): Promise<DeleteResult> {
  const type = resource.typeOf('') as ResourceType
  const { dryRun, object } = options
  return settling(async (aftermath) => {
    const admit = async (stored: KubeObject) => {
      aftermath.settle() // somebody else was faster, and it is tried again
      const oldObject = await servedObject(resource, stored)
      const { afterwards } = aftermath
      const intent = { operation: 'DELETE', object: undefined, oldObject, dryRun, options: object } as const
      await components.admission.admit(admissionRequest(request, resource, { ...intent, afterwards }))
    }
    return components.registry.delete(type, target, { ...options, admit })
  })
}

/** Somebody else may be faster. */
async function deleteIfThere(...args: Parameters<typeof deleteAdmitted>): Promise<DeleteResult | undefined> {
  try {
    return await deleteAdmitted(...args)
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined
    throw error
  }
}

function goneStatus({ group, resource }: ServedResource, { metadata }: KubeObject): JsonObject {
  const { name = '', uid } = metadata
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(group === '' ? {} : { group }),
      kind: resource,
      ...(uid === undefined ? {} : { uid }),
    },
  }
}
