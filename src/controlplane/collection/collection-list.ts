import { StatusError } from '../api/status.ts'
import { decodeItem, type KubeObject } from '../registry/index.ts'
import {
  type Item,
  keyRange,
  type ListResult,
  type ObjectStore,
  RevisionGoneError,
} from '../storage/index.ts'
import { encodeContinue } from './continue-token.ts'
import type { ListOptions } from './list-options.ts'
import { reachRevision } from './reach-revision.ts'
import type { Selection } from './selection.ts'

/** All objects of a resource, or those of one namespace. */
export interface Collection {
  /** As the store's keys begin: `configmaps`, `deployments.apps`. */
  readonly resource: string
  /** Empty means all. */
  readonly namespace: string
  readonly kind: string
  readonly apiVersion: string
}

/** A list, or one page of it. */
export interface Page {
  readonly items: readonly Item[]
  readonly revision: number
  /** Undefined on the last page. */
  readonly continueToken: string | undefined
  /** How many are behind this page, where that is known. */
  readonly remaining: number | undefined
}

/** What is selected from where that takes its time, and is better done with several together. */
export type DecodeItems = (items: readonly Item[]) => Promise<readonly KubeObject[]>

/** So many objects are looked at for a page of which only some are selected. */
const PORTION = 500

/**
 * Lists a collection by the rules of Kubernetes for `resourceVersion`, `resourceVersionMatch`, `limit` and `continue`.
 *
 * Selects from what `decode` makes of the objects; by default from what is kept.
 *
 * @throws StatusError Expired when the revision is not known any more, Timeout when it is still to come; and what `decode` throws
 */
export async function listCollection(
  store: ObjectStore,
  { resource, namespace }: Collection,
  options: ListOptions,
  selection: Selection,
  decode?: DecodeItems,
): Promise<Page> {
  const { continueToken: token, resourceVersion = 0 } = options
  await reachRevision(store, token?.revision ?? resourceVersion)

  // What is at hand comes whole, as from the original's cache.
  const limit = options.resourceVersion === 0 && !token ? undefined : options.limit
  const revision = token ? token.revision : exactRevision(options)
  const pages = { resource, namespace, limit, selection, decode, revision: revision ?? store.revision }
  const { start } = keyRange(resource, namespace)
  try {
    return await readPage(store, pages, token && start + token.after)
  } catch (error) {
    if (!(error instanceof RevisionGoneError)) throw error
    throw token ? expiredContinue(token.after) : expired()
  }
}

/** The revision that the list must be of; undefined when the newest one serves. */
function exactRevision({ resourceVersion = 0, versionMatch, limit }: ListOptions): number | undefined {
  if (resourceVersion === 0 || versionMatch === 'NotOlderThan') return undefined
  return versionMatch === 'Exact' || limit !== undefined ? resourceVersion : undefined
}

interface PageQuery extends Pick<Collection, 'resource' | 'namespace'> {
  readonly limit: number | undefined
  readonly selection: Selection
  /** @default at once, one after the other */
  readonly decode: DecodeItems | undefined
  readonly revision: number
}

async function readPage(store: ObjectStore, query: PageQuery, start: string | undefined): Promise<Page> {
  const { resource, limit = Number.POSITIVE_INFINITY, selection, decode, revision } = query
  const items: Item[] = []
  let after = start
  for (;;) {
    const result: ListResult = store.list(resource, {
      namespace: query.namespace,
      revision,
      limit: selection && limit < PORTION ? PORTION : limit,
      ...(after === undefined ? {} : { after }),
    })
    const decoded = selection && decode ? await decode(result.items) : undefined
    for (const [index, item] of result.items.entries()) {
      if (selection && !selection(decoded?.[index] ?? decodeItem(item))) continue
      items.push(item)
      if (items.length < limit) continue
      const behind = result.items.length - 1 - index + result.remaining
      return page(query, items, behind, behind > 0 ? item : undefined)
    }
    if (result.remaining === 0) return page(query, items, 0, undefined)
    after = result.items.at(-1)?.key
  }
}

function page(query: PageQuery, items: Item[], behind: number, last: Item | undefined): Page {
  const { resource, namespace, revision, selection } = query
  if (!last) return { items, revision, continueToken: undefined, remaining: undefined }
  const after = last.key.slice(keyRange(resource, namespace).start.length)
  const remaining = selection ? undefined : behind
  return { items, revision, continueToken: encodeContinue({ revision, after }), remaining }
}

function expired(): StatusError {
  return new StatusError('Expired', 'The resourceVersion for the provided list is too old.')
}

/** With the token by which the client can go on nevertheless. */
export class ExpiredContinueError extends StatusError {
  readonly continueToken: string

  constructor(message: string, continueToken: string) {
    super('Expired', message)
    this.continueToken = continueToken
  }

  override toStatus() {
    return { ...super.toStatus(), metadata: { continue: this.continueToken } }
  }
}

function expiredContinue(after: string): ExpiredContinueError {
  return new ExpiredContinueError(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    encodeContinue({ revision: undefined, after }),
  )
}
