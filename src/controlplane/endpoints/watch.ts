import { StatusError } from '../api/status.ts'
import { encodeWatchFrame, MEDIA_TYPE_BY_FORMAT, type WatchFormat } from '../codec/index.ts'
import {
  parseWatchOptions,
  reachRevision,
  selectionOf,
  type Watch,
  type WatchEvent,
  watchCollection,
} from '../collection/index.ts'
import { negotiate, OBJECT_SHOWN } from '../http/accept.ts'
import type { AnswerStream, StreamedAnswer } from '../http/answer.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import type { ObjectStore } from '../storage/index.ts'
import { collectionOf } from './collection-of.ts'
import { convertedEvents } from './converted-events.ts'
import type { EndpointComponents } from './endpoint-components.ts'
import { FrameQueue } from './frame-queue.ts'
import { namespaceOf, type ObjectRequest } from './resource-request.ts'
import { storedSelection } from './stored-selection.ts'
import { watchFrames } from './watch-frames.ts'

/** As the original: a watch that says no time ends after 30 to 60 minutes, so that not all come back at once. */
const DEFAULT_TIMEOUT_MS = 30 * 60_000
const BOOKMARK_EVERY_MS = 60_000
/** A client that comes back should not have to hear again what it has missed nothing of. */
const LAST_BOOKMARK_MS = 2_000
/** Node cannot wait longer. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** A watch of a collection, or of one object of it. */
export async function watchObjects(
  { store }: EndpointComponents,
  resource: ServedResource,
  request: ObjectRequest,
): Promise<StreamedAnswer> {
  const offer = { formats: resource.formats, shown: OBJECT_SHOWN, isWatch: true }
  const representation = negotiate(request.headers.accept, offer)
  const format: WatchFormat = representation.format === 'protobuf' ? 'protobuf' : 'json'
  const options = parseWatchOptions(request.url.searchParams)
  const collection = collectionOf(resource, namespaceOf(resource, request))
  const wanted = selectionOf(options, resource.selectableFields)
  const convert = resource.isConvertedElsewhere ? convertedEvents(resource, wanted) : undefined
  const { selection } = convert ? { selection: undefined } : storedSelection(resource, wanted)
  const timeoutMs = Math.min(options.timeoutMs || DEFAULT_TIMEOUT_MS * (1 + Math.random()), MAX_TIMEOUT_MS)
  const frameOf = watchFrames(request, resource, { ...representation, format })

  const errorFrame = (error: StatusError) => encodeWatchFrame('ERROR', error.toStatus(), format)
  const tooNew = options.sendInitialEvents ? await notReached(store, options.resourceVersion) : undefined
  const stream = (output: AnswerStream): void => {
    const queue = new FrameQueue(output, frameOf, convert && { convert, failed: errorFrame })
    let watch: Watch
    try {
      if (tooNew) throw tooNew
      const { resourceVersion, sendInitialEvents, allowBookmarks } = options
      const tellsPrevious = convert !== undefined && wanted !== undefined
      const { name } = request.info // where a selector asks for no other
      const watchOptions = { resourceVersion, sendInitialEvents, allowBookmarks, tellsPrevious, name }
      const emit = (event: WatchEvent) => queue.push(event)
      watch = watchCollection({ store, emit }, collection, watchOptions, selection)
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      output.write(errorFrame(error))
      output.end()
      return
    }
    queue.bound()
    runUntilTimeout(watch, output, timeoutMs)
    const { replaced } = resource
    if (replaced?.aborted) output.end()
    else replaced?.addEventListener('abort', () => output.end(), { once: true, signal: output.signal })
  }
  const suffix = format === 'protobuf' ? ';stream=watch' : ''
  return { status: 200, contentType: MEDIA_TYPE_BY_FORMAT[format] + suffix, stream }
}

/** All there is, of a version that is still to come, is told when it has come. What is wrong is said within the watch. */
async function notReached(store: ObjectStore, revision = 0): Promise<StatusError | undefined> {
  try {
    await reachRevision(store, revision)
    return undefined
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
}

function runUntilTimeout(watch: Watch, output: AnswerStream, timeoutMs: number): void {
  const bookmarks = setInterval(() => watch.bookmark(), BOOKMARK_EVERY_MS)
  // One that ends sooner has only just begun, and gets none.
  const last =
    timeoutMs > LAST_BOOKMARK_MS
      ? setTimeout(() => watch.bookmark(), timeoutMs - LAST_BOOKMARK_MS)
      : undefined
  const end = setTimeout(() => output.end(), timeoutMs)
  const stop = () => {
    watch.stop()
    clearInterval(bookmarks)
    clearTimeout(last)
    clearTimeout(end)
  }
  if (output.signal.aborted) stop()
  else output.signal.addEventListener('abort', stop, { once: true })
}
