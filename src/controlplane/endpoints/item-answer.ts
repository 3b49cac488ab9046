import type { Representation } from '../http/accept.ts'
import { jsonAnswer, objectAnswer, type WholeAnswer } from '../http/answer.ts'
import { decodeItem } from '../registry/index.ts'
import { type Awaitable, type ServedResource, servedObject } from '../resources/served-resource.ts'
import type { Item } from '../storage/index.ts'
import { partialMetadata, tableOfObject } from '../tables/index.ts'
import type { ObjectRequest } from './resource-request.ts'
import { metaVersion, tableOptions } from './table-options.ts'

/** One object, as the client wants to have it. In JSON and the version that is kept, it is the bytes that are kept. */
export function itemAnswer(
  request: ObjectRequest,
  resource: ServedResource,
  status: number,
  item: Item,
  representation: Representation,
): Awaitable<WholeAnswer> {
  const { format, as } = representation
  if (!as && format === 'json' && resource.isStoredVersion) return jsonAnswer(status, item.value)
  return convertedAnswer(request, resource, status, item, representation)
}

async function convertedAnswer(
  request: ObjectRequest,
  resource: ServedResource,
  status: number,
  item: Item,
  { format, as }: Representation,
): Promise<WholeAnswer> {
  const object = await servedObject(resource, decodeItem(item))
  if (!as) return objectAnswer(status, object, format)
  if (as.kind !== 'Table') return objectAnswer(status, partialMetadata(object, metaVersion(as)), format)
  const table = tableOfObject(resource.tableColumns, object, Date.now(), tableOptions(request, as))
  return objectAnswer(status, table, format)
}
