import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { type ContainerLog, rotatedName } from './container-log.ts'
import { type LogLine, type LogStream, parseLogLine } from './log-line.ts'

const NEWLINE = 0x0a
const BLOCK_BYTES = 64 * 1024

/** What `kubectl logs` can ask for. */
export interface LogSelection {
  readonly follow: boolean
  readonly timestamps: boolean
  readonly sinceSeconds?: number
  /** RFC 3339. */
  readonly sinceTime?: string
  readonly tailLines?: number
  readonly limitBytes?: number
  /** @default both */
  readonly stream?: LogStream
}

export interface LogSource {
  /** Of the log; what was before it lies beside it. */
  readonly file: string
  /** The log itself as long as something is written to it: what can be followed. */
  readonly live?: ContainerLog | undefined
}

/**
 * What a container has written, as it wrote it, with the time before each line if that is asked for. With `follow` it goes on
 * until the container has ended.
 */
export async function* readLog(
  { file, live }: LogSource,
  selection: LogSelection,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const since = sinceOf(selection, now)
  const limit = new ByteLimit(selection.limitBytes)
  const reader = new LogFileReader(file)
  try {
    const before: LogLine[] = []
    for await (const line of readLines(rotatedName(file))) before.push(line)
    let isFirstPass = true
    for (;;) {
      const isLast = !live || live.isClosed || !selection.follow
      const news = isLast ? undefined : nextNews(live, signal)
      const lines = [...(isFirstPass ? before : []), ...(await reader.read())].filter(
        ({ stream }) => selection.stream === undefined || stream === selection.stream,
      )
      const selected = isFirstPass ? tail(lines, selection.tailLines) : lines
      isFirstPass = false
      for (const line of selected) {
        if (Date.parse(line.time) < since) continue
        const bytes = limit.cut(textOf(line, selection.timestamps))
        if (bytes.length > 0) yield bytes
        if (limit.isReached) return
      }
      if (isLast) return
      await news
      if (signal.aborted) return
    }
  } finally {
    await reader.close()
  }
}

/** The end of a log, as a message about how its container ended. */
export async function endOfLog(
  file: string,
  { lines, bytes }: { readonly lines: number; readonly bytes: number },
): Promise<string> {
  const all: LogLine[] = []
  for await (const line of readLines(file)) all.push(line)
  const text = Buffer.concat(tail(all, lines).map((line) => textOf(line, false)))
  return text.subarray(Math.max(0, text.length - bytes)).toString('utf8')
}

/** Remembers how far it has read, also when the file is exchanged for a new one. */
class LogFileReader {
  readonly #file: string
  #handle: Awaited<ReturnType<typeof open>> | undefined
  #rest: Buffer = Buffer.alloc(0)

  constructor(file: string) {
    this.#file = file
  }

  /** The lines that are new. */
  async read(): Promise<readonly LogLine[]> {
    const lines = await this.#readOn()
    if (!this.#handle || !(await this.#isExchanged(this.#handle))) return lines
    await this.close()
    return [...lines, ...(await this.#readOn())]
  }

  async close(): Promise<void> {
    await this.#handle?.close()
    this.#handle = undefined
    this.#rest = Buffer.alloc(0)
  }

  async #readOn(): Promise<readonly LogLine[]> {
    this.#handle ??= await openIfThere(this.#file)
    const lines: LogLine[] = []
    const block = Buffer.alloc(BLOCK_BYTES)
    while (this.#handle) {
      const { bytesRead } = await this.#handle.read(block, 0, block.length)
      if (bytesRead === 0) break
      this.#rest = takeLines(Buffer.concat([this.#rest, block.subarray(0, bytesRead)]), lines)
    }
    return lines
  }

  async #isExchanged(handle: Awaited<ReturnType<typeof open>>): Promise<boolean> {
    const current = await openIfThere(this.#file)
    if (!current) return false
    try {
      return (await current.stat()).ino !== (await handle.stat()).ino
    } finally {
      await current.close()
    }
  }
}

async function* readLines(file: string): AsyncGenerator<LogLine> {
  const reader = new LogFileReader(file)
  try {
    yield* await reader.read()
  } finally {
    await reader.close()
  }
}

async function openIfThere(file: string) {
  try {
    return await open(file, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Puts whole lines into `lines`, and returns what is left. */
function takeLines(bytes: Buffer, lines: LogLine[]): Buffer {
  let start = 0
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    const line = parseLogLine(bytes.subarray(start, end))
    if (line) lines.push(line)
    start = end + 1
  }
  return Buffer.from(bytes.subarray(start))
}

/** The parts of a long line count as one. */
function tail(lines: readonly LogLine[], count: number | undefined): readonly LogLine[] {
  if (count === undefined) return lines
  let left = count
  let start = lines.length
  while (start > 0) {
    if (!lines[start - 1]?.isPartial) left -= 1
    if (left < 0) break
    start -= 1
  }
  return lines.slice(start)
}

function textOf({ time, isPartial, text }: LogLine, timestamps: boolean): Buffer {
  return Buffer.concat([Buffer.from(timestamps ? `${time} ` : ''), text, Buffer.from(isPartial ? '' : '\n')])
}

function sinceOf({ sinceSeconds, sinceTime }: LogSelection, now: number): number {
  if (sinceTime !== undefined) return Date.parse(sinceTime)
  return sinceSeconds === undefined ? Number.NEGATIVE_INFINITY : now - sinceSeconds * 1000
}

async function nextNews(log: ContainerLog, signal: AbortSignal): Promise<void> {
  const done = new AbortController()
  const either = AbortSignal.any([signal, done.signal])
  try {
    await Promise.race([once(log, 'written', { signal: either }), once(log, 'closed', { signal: either })])
  } catch {
    // nobody wants to know any more
  } finally {
    done.abort()
  }
}

class ByteLimit {
  #left: number

  constructor(limitBytes = Number.POSITIVE_INFINITY) {
    this.#left = limitBytes
  }

  get isReached(): boolean {
    return this.#left <= 0
  }

  cut(bytes: Buffer): Buffer {
    const cut = bytes.subarray(0, Math.min(bytes.length, this.#left))
    this.#left -= cut.length
    return cut
  }
}
