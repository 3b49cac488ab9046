import type { JsonObject } from '../api/json.ts'
import type { Collection, Page } from '../collection/index.ts'
import type { Representation } from '../http/accept.ts'
import { jsonAnswer, objectAnswer, type WholeAnswer } from '../http/answer.ts'
import { decodeItem, type KubeObject } from '../registry/index.ts'
import type { Awaitable, ServedResource } from '../resources/served-resource.ts'
import { type ListMetadata, partialMetadataList, tableOfList } from '../tables/index.ts'
import type { ObjectRequest } from './resource-request.ts'
import { metaVersion, tableOptions } from './table-options.ts'

const COMMA = 0x2c
const BRACE = 0x7b
const END = ']}'

/** A page of objects, as the client wants to have it. In JSON it is put together from the bytes that are kept. */
export function listAnswer(
  request: ObjectRequest,
  resource: ServedResource,
  collection: Collection,
  page: Page,
  representation: Representation,
): Awaitable<WholeAnswer> {
  const { kind, apiVersion } = collection
  const { format, as } = representation
  const listMetadata = listMeta(page)
  // Lists of custom objects always say where they go on, even if they do not.
  const metadata = resource.isCustom && !as ? { continue: '', ...listMetadata } : listMetadata
  if (!as && format === 'json' && resource.isStoredVersion) {
    const head = JSON.stringify({ kind: resource.listKind, apiVersion, metadata }).slice(0, -1)
    const kindOfItems = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`
    // The items of built-in kinds say nothing of their kind.
    const omitted = resource.isCustom ? 0 : Buffer.byteLength(kindOfItems) - 1
    return jsonAnswer(200, joinItems(`${head},"items":[`, page.items, omitted))
  }
  return convertedAnswer(request, resource, page, metadata, representation)
}

async function convertedAnswer(
  request: ObjectRequest,
  resource: ServedResource,
  page: Page,
  metadata: ListMetadata & JsonObject,
  { format, as }: Representation,
): Promise<WholeAnswer> {
  const objects = await resource.fromStored(page.items.map(decodeItem))
  if (as?.kind === 'Table') {
    const options = tableOptions(request, as)
    return objectAnswer(
      200,
      tableOfList(resource.tableColumns, objects, metadata, Date.now(), options),
      format,
    )
  }
  if (as) return objectAnswer(200, partialMetadataList(objects, metadata, metaVersion(as)), format)
  const items = resource.isCustom ? objects : objects.map(withoutKind)
  const { listKind: kind, apiVersion } = resource
  return objectAnswer(200, { kind, apiVersion, metadata, items }, format)
}

function withoutKind({ kind: _, apiVersion: __, ...rest }: KubeObject): JsonObject {
  return rest
}

/**
 * `omitted` bytes at the start of each item are left out, then a brace opens it. All is written into one buffer: pieces of their
 * own for some ten thousand items would take a multiple of the memory.
 */
function joinItems(head: string, items: Page['items'], omitted: number): Buffer {
  const commas = Math.max(0, items.length - 1)
  const ends = Buffer.byteLength(head) + END.length
  const joined = Buffer.allocUnsafe(
    items.reduce((sum, { value }) => sum + value.length - omitted, ends + commas),
  )
  let position = joined.write(head)
  for (const [index, { value }] of items.entries()) {
    if (index > 0) joined[position++] = COMMA
    value.copy(joined, position, omitted)
    joined[position] = BRACE
    position += value.length - omitted
  }
  joined.write(END, position)
  return joined
}

function listMeta({ revision, continueToken, remaining }: Page): ListMetadata & JsonObject {
  return {
    resourceVersion: String(revision),
    ...(continueToken === undefined ? {} : { continue: continueToken }),
    ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
  }
}
