import type { LogLine, LogStream } from '../containers/log-line.ts'

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

/** Makes of lines what a client gets of them, one after the other. */
export class LogText {
  readonly #timestamps: boolean
  readonly #stream: LogStream | undefined
  readonly #since: number
  #left: number
  #beginsLine = true

  constructor(selection: LogSelection, now: number) {
    this.#timestamps = selection.timestamps
    this.#stream = selection.stream
    this.#since = sinceOf(selection, now)
    this.#left = selection.limitBytes ?? Number.POSITIVE_INFINITY
  }

  /** No more is wanted. */
  get isComplete(): boolean {
    return this.#left <= 0
  }

  isOfStream({ stream }: LogLine): boolean {
    return this.#stream === undefined || stream === this.#stream
  }

  /** The parts of a long line become one, with the time of the first. */
  of(line: LogLine): readonly Buffer[] {
    if (this.isComplete || !this.isOfStream(line) || Date.parse(line.time) < this.#since) return []
    const { time, isPartial, text } = line
    const pieces = [
      Buffer.from(this.#timestamps && this.#beginsLine ? `${time} ` : ''),
      text,
      Buffer.from(isPartial ? '' : '\n'),
    ]
    this.#beginsLine = !isPartial
    return pieces.map((each) => this.#cut(each))
  }

  #cut(bytes: Buffer): Buffer {
    const cut = bytes.subarray(0, Math.min(bytes.length, this.#left))
    this.#left -= cut.length
    return cut
  }
}

function sinceOf({ sinceSeconds, sinceTime }: LogSelection, now: number): number {
  if (sinceTime !== undefined) return Date.parse(sinceTime)
  return sinceSeconds === undefined ? Number.NEGATIVE_INFINITY : now - sinceSeconds * 1000
}
