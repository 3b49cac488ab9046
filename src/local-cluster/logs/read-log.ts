import { type EventEmitter, once } from 'node:events'
import { olderParts } from '../containers/container-log.ts'
import { parseLogLine } from '../containers/log-line.ts'
import { LogFile } from './log-file.ts'
import { type LogSelection, LogText } from './log-selection.ts'
import { tailStart } from './tail-start.ts'

export interface LogSource {
  /** Of the log; what was before it lies beside it. */
  readonly file: string
  /** The log itself as long as something is written to it: what can be followed. */
  readonly live?: LiveLog | undefined
}

/** Says `written` each time that there is more to read, and `closed` when it is complete. */
export interface LiveLog extends EventEmitter<{ written: []; closed: [] }> {
  readonly isClosed: boolean
}

/**
 * What a container has written, as it wrote it, with the time before each line if that is asked for. With `follow` it goes on
 * until the container has ended, through rotations of its log. Keeps a block of it in memory, however long it is.
 */
export async function* readLog(
  { file, live }: LogSource,
  selection: LogSelection,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const text = new LogText(selection, now)
  const files = await openAll(file)
  try {
    let position = await startOf(files, selection, text)
    for (;;) {
      const isLast = !live || live.isClosed || !selection.follow
      const news = isLast ? undefined : newsOf(live, signal)
      while (files[0]) {
        for await (const lines of files[0].forwards(position)) {
          const pieces = lines.flatMap(({ bytes }) => {
            const line = parseLogLine(bytes)
            return line ? text.of(line) : []
          })
          position = lines.at(-1)?.end ?? position
          const bytes = Buffer.concat(pieces)
          if (bytes.length > 0) yield bytes
          if (text.isComplete || signal.aborted) return
        }
        if (files.length === 1) {
          // What came to the end of the one before its rotation is read, too.
          if (await takeNext(files, file)) continue
          break
        }
        await files.shift()?.close()
        position = 0
      }
      if (isLast) return
      await news
      if (signal.aborted) return
      if (files.length === 0) files.push(...(await openAll(file)))
    }
  } finally {
    for (const each of files) await each.close()
  }
}

/** The end of a log, as a message about how its container ended. */
export async function endOfLog(
  file: string,
  { lines, bytes }: { readonly lines: number; readonly bytes: number },
): Promise<string> {
  const selection = { follow: false, timestamps: false, tailLines: lines }
  let end = Buffer.alloc(0)
  for await (const piece of readLog({ file }, selection, { now: 0, signal: new AbortController().signal })) {
    const all = Buffer.concat([end, piece])
    end = all.subarray(Math.max(0, all.length - bytes))
  }
  return end.toString('utf8')
}

/** What is shown of a log: the older part and the newer one, of what there is. */
async function openAll(file: string): Promise<LogFile[]> {
  const newer = await LogFile.open(file)
  const older = await LogFile.open(olderParts(file)[0] ?? '')
  if (!older) return newer ? [newer] : []
  // It was rotated just now: then both are the same.
  if (newer && (await newer.isSame(older))) {
    await newer.close()
    return [older]
  }
  return newer ? [older, newer] : [older]
}

/**
 * Adds the part that comes after the one that has been read, where there is one. Who reads more slowly than is written may be some
 * parts behind; where the next is not kept any more, it is the oldest that is.
 */
async function takeNext(files: LogFile[], file: string): Promise<boolean> {
  const [current] = files
  let next: LogFile | undefined
  for (const name of [file, ...olderParts(file)]) {
    const part = await LogFile.open(name)
    if (!part) continue
    if (current && (await current.isSame(part))) {
      await part.close()
      break
    }
    await next?.close()
    next = part
  }
  if (next) files.push(next)
  return next !== undefined
}

/** Leaves those files out that are not read. Returns where in the first of the others it begins. */
async function startOf(files: LogFile[], { tailLines }: LogSelection, text: LogText): Promise<number> {
  if (tailLines === undefined) return 0
  const { file, position } = await tailStart(files, tailLines, (line) => text.isOfStream(line))
  for (const each of files.splice(0, file)) await each.close()
  return position
}

/** Resolves at the next news after now, also when nobody wants to know them any more. */
async function newsOf(log: LiveLog, signal: AbortSignal): Promise<void> {
  const done = new AbortController()
  const options = { signal: AbortSignal.any([signal, done.signal]) }
  try {
    await Promise.race([once(log, 'written', options), once(log, 'closed', options)])
  } catch {
    // `signal` tells
  } finally {
    done.abort()
  }
}
