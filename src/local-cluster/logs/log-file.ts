import { type FileHandle, open } from 'node:fs/promises'

const BLOCK_BYTES = 64 * 1024
/** The parts of a long line have 16 KiB; what is longer is no log, and is left out. */
const LONGEST_LINE_BYTES = 64 * 1024
const NEWLINE = 0x0a

/** A line without its newline, and where the next begins. */
export interface RawLine {
  readonly bytes: Buffer
  readonly end: number
}

/** A file of lines, read in both directions, a block at a time. What has no newline yet is no line. */
export class LogFile {
  readonly #handle: FileHandle

  /** Undefined where there is none. */
  static async open(file: string): Promise<LogFile | undefined> {
    try {
      return new LogFile(await open(file, 'r'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async isSame(other: LogFile): Promise<boolean> {
    const [mine, theirs] = await Promise.all([this.#handle.stat(), other.#handle.stat()])
    return mine.ino === theirs.ino && mine.dev === theirs.dev
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  /** The lines from `position` on, those of a block together. */
  async *forwards(position: number): AsyncGenerator<readonly RawLine[]> {
    let rest: Buffer = Buffer.alloc(0)
    let isTooLong = false
    for (let at = position; ; ) {
      const block = await this.#read(at, BLOCK_BYTES)
      if (block.length === 0) return
      at += block.length
      const bytes = Buffer.concat([rest, block])
      const lines: RawLine[] = []
      let start = 0
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        const line = isTooLong ? Buffer.alloc(0) : bytes.subarray(start, end)
        lines.push({ bytes: line, end: at - bytes.length + end + 1 })
        isTooLong = false
        start = end + 1
      }
      rest = bytes.subarray(start)
      if (rest.length > LONGEST_LINE_BYTES) {
        isTooLong = true
        rest = Buffer.alloc(0)
      }
      yield lines
    }
  }

  /** The lines up to `position`, the last first. */
  async *backwards(position: number): AsyncGenerator<RawLine> {
    let rest: Buffer = Buffer.alloc(0)
    let at = position
    let lineEnd: number | undefined
    while (at > 0) {
      const block = await this.#read(Math.max(0, at - BLOCK_BYTES), Math.min(BLOCK_BYTES, at))
      if (block.length === 0) return
      at -= block.length
      const bytes = Buffer.concat([block, rest])
      let end = bytes.length
      for (let start = bytes.lastIndexOf(NEWLINE); start >= 0; start = before(bytes, start)) {
        if (lineEnd !== undefined) yield { bytes: bytes.subarray(start + 1, end), end: lineEnd }
        lineEnd = at + start + 1
        end = start
      }
      rest = bytes.subarray(0, Math.min(end, LONGEST_LINE_BYTES))
    }
    if (lineEnd !== undefined) yield { bytes: rest, end: lineEnd }
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const block = Buffer.allocUnsafe(length)
    const { bytesRead } = await this.#handle.read(block, 0, length, position)
    return block.subarray(0, bytesRead)
  }
}

function before(bytes: Buffer, position: number): number {
  return position === 0 ? -1 : bytes.lastIndexOf(NEWLINE, position - 1)
}
