import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  listCollection,
  parseGetVersion,
  parseListOptions,
  reachRevision,
  selectionOf,
} from '../collection/index.ts'
import { LIST_SHOWN, negotiate, OBJECT_SHOWN } from '../http/accept.ts'
import type { WholeAnswer } from '../http/answer.ts'
import type { ResourceType } from '../registry/index.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import { collectionOf } from './collection-of.ts'
import type { EndpointComponents } from './endpoint-components.ts'
import { itemAnswer } from './item-answer.ts'
import { listAnswer } from './list-answer.ts'
import { namespaceOf, type ObjectRequest, targetOf } from './resource-request.ts'
import { storedSelection } from './stored-selection.ts'

/** A list of so many objects takes long enough to look whether somebody still waits for it. */
const MANY = 500

/** GET of an object, or of a part of it that is the object itself. */
export async function getObject(
  { store, registry }: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
): Promise<WholeAnswer> {
  const representation = negotiate(request.headers.accept, { formats: resource.formats, shown: OBJECT_SHOWN })
  const resourceVersion = parseGetVersion(request.url.searchParams)
  if (resourceVersion) await reachRevision(store, resourceVersion)
  const item = registry.get(resource.typeOf('') as ResourceType, targetOf(request))
  return itemAnswer(request, resource, 200, item, representation)
}

/** GET of a collection. */
export async function listObjects(
  { store }: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
): Promise<WholeAnswer> {
  const representation = negotiate(request.headers.accept, { formats: resource.formats, shown: LIST_SHOWN })
  const options = parseListOptions(request.url.searchParams)
  if (store.count(resource.storedResource) > MANY) await requireClient(request)
  const collection = collectionOf(resource, namespaceOf(resource, request))
  const { selection, decode } = storedSelection(resource, selectionOf(options, resource.selectableFields))
  const page = await listCollection(store, collection, options, selection, decode)
  return listAnswer(request, resource, collection, page, representation)
}

/** Clients that give up requests by the hundred should not have them all carried out: that they did is heard of in the next turn. */
async function requireClient({ signal }: ObjectRequest): Promise<void> {
  await nextTurn()
  signal.throwIfAborted()
}
