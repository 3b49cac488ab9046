import { EventEmitter } from 'node:events'
import { mkdir, open, rename, stat } from 'node:fs/promises'
import path from 'node:path'
import { formatLogLine, type LogStream, logTime } from './log-line.ts'

/** The container runtime interface's. */
const LONGEST_PART_BYTES = 16 * 1024

const ROTATE_AT_BYTES = 10 * 1024 * 1024

const NEWLINE = 0x0a

interface LogClock {
  now(): number
}

export interface ContainerLogOptions {
  /** Of the log; beside it lie `<file>.1`, which was before it, `<file>.2`, before that, and so on. */
  readonly file: string
  /** @default 10 MiB */
  readonly rotateAtBytes?: number
}

/** kubelet keeps five files in all (containerLogMaxFiles). */
const KEPT_PARTS = 4

/** Where the older parts of a log are, the latest first. */
export function olderParts(file: string): readonly string[] {
  return Array.from({ length: KEPT_PARTS }, (_, index) => `${file}.${index + 1}`)
}

/**
 * What a container writes, line by line, in the format of the container runtime interface. What a disk does not take is lost
 * rather than holding up the container. Says `written` each time that there is more to read, and `closed` when it is complete.
 */
export class ContainerLog extends EventEmitter<{ written: []; closed: [] }> {
  readonly file: string
  readonly #clock: LogClock
  readonly #rotateAtBytes: number
  #bytes = 0
  #writing: Promise<void> = Promise.resolve()
  #isClosed = false

  /** Appends to what is there. */
  static async open(clock: LogClock, options: ContainerLogOptions): Promise<ContainerLog> {
    await mkdir(path.dirname(options.file), { recursive: true })
    const file = await open(options.file, 'a')
    await file.close()
    return new ContainerLog(clock, options, (await stat(options.file)).size)
  }

  private constructor(
    clock: LogClock,
    { file, rotateAtBytes = ROTATE_AT_BYTES }: ContainerLogOptions,
    bytes: number,
  ) {
    super()
    this.setMaxListeners(0) // one for each follower
    this.#clock = clock
    this.#rotateAtBytes = rotateAtBytes
    this.#bytes = bytes
    this.file = file
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Takes all lines of a stream until it ends. Reads no faster than the disk writes. Never rejects. */
  async record(stream: LogStream, output: AsyncIterable<Buffer>): Promise<void> {
    let rest: Buffer = Buffer.alloc(0)
    try {
      for await (const chunk of output) {
        const lines: Buffer[] = []
        rest = this.#split(stream, rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk, lines)
        await this.#append(lines)
      }
    } catch {
      // it was cut off
    }
    if (rest.length > 0) await this.#append([this.#line(stream, rest, true)])
  }

  /** To be called when all streams have ended. */
  async close(): Promise<void> {
    await this.#writing
    this.#isClosed = true
    this.emit('closed')
  }

  #split(stream: LogStream, bytes: Buffer, lines: Buffer[]): Buffer {
    let start = 0
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start)
      const length = (end < 0 ? bytes.length : end) - start
      if (length > LONGEST_PART_BYTES) {
        lines.push(this.#line(stream, bytes.subarray(start, start + LONGEST_PART_BYTES), true))
        start += LONGEST_PART_BYTES
      } else if (end < 0) return Buffer.from(bytes.subarray(start))
      else {
        lines.push(this.#line(stream, bytes.subarray(start, end), false))
        start = end + 1
      }
    }
  }

  #line(stream: LogStream, text: Buffer, isPartial: boolean): Buffer {
    return formatLogLine({ time: logTime(this.#clock.now()), stream, isPartial, text })
  }

  #append(lines: readonly Buffer[]): Promise<void> {
    if (lines.length === 0) return Promise.resolve()
    this.#writing = this.#writing.then(() => this.#write(Buffer.concat(lines))).catch(() => {})
    return this.#writing
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#rotateAtBytes) {
      await this.#rotate()
      this.#bytes = 0
    }
    const file = await open(this.file, 'a')
    try {
      await file.appendFile(bytes)
      this.#bytes += bytes.length
    } finally {
      await file.close()
    }
    this.emit('written')
  }

  async #rotate(): Promise<void> {
    const parts = [this.file, ...olderParts(this.file)]
    for (let index = parts.length - 1; index > 1; index--) {
      await rename(parts[index - 1] ?? '', parts[index] ?? '').catch(() => {}) // there are not so many yet
    }
    await rename(this.file, parts[1] ?? '')
  }
}
