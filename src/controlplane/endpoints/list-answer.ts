import type { JsonObject } from '../api/json.ts'
import type { Collection, Page } from '../collection/index.ts'
import type { Representation } from '../http/accept.ts'
import { jsonAnswer, objectAnswer, type WholeAnswer } from '../http/answer.ts'
import { decodeItem, type KubeObject } from '../registry/index.ts'
import type { Awaitable, ServedResource } from '../resources/served-resource.ts'
import { type ListMetadata, partialMetadataList, tableOfList } from '../tables/index.ts'
import type { ObjectRequest } from './resource-request.ts'
import { metaVersion, tableOptions } from './table-options.ts'

const COMMA = Buffer.from(',')
const BRACE = Buffer.from('{')
const END = Buffer.from(']}')

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
    const items = itemPieces(resource, kind, apiVersion, page)
    return jsonAnswer(200, Buffer.from(`${head},"items":[`), ...items, END)
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

/** The items of built-in kinds say nothing of their kind. */
function* itemPieces(
  { isCustom }: ServedResource,
  kind: string,
  apiVersion: string,
  { items }: Page,
): Generator<Buffer> {
  const head = Buffer.byteLength(
    `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`,
  )
  for (const [index, { value }] of items.entries()) {
    if (index > 0) yield COMMA
    if (isCustom) {
      yield value
    } else {
      yield BRACE
      yield value.subarray(head)
    }
  }
}

function listMeta({ revision, continueToken, remaining }: Page): ListMetadata & JsonObject {
  return {
    resourceVersion: String(revision),
    ...(continueToken === undefined ? {} : { continue: continueToken }),
    ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
  }
}
