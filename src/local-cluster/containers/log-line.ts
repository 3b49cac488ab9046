export type LogStream = 'stdout' | 'stderr'

/** A line of a container's log, or a part of a long one. */
export interface LogLine {
  /** RFC 3339 with nanoseconds. */
  readonly time: string
  readonly stream: LogStream
  /** Whether the next of the stream goes on with it. */
  readonly isPartial: boolean
  readonly text: Buffer
}

const SPACE = 0x20
const NEWLINE = Buffer.from('\n')

/** As the container runtime interface has it in files: `2026-01-31T12:00:00.000000000Z stdout F text`. */
export function formatLogLine({ time, stream, isPartial, text }: LogLine): Buffer {
  return Buffer.concat([Buffer.from(`${time} ${stream} ${isPartial ? 'P' : 'F'} `), text, NEWLINE])
}

/** Without the newline; undefined where it is no such line, as after a crash. */
export function parseLogLine(line: Buffer): LogLine | undefined {
  const first = line.indexOf(SPACE)
  const second = line.indexOf(SPACE, first + 1)
  const third = line.indexOf(SPACE, second + 1)
  if (first < 0 || second < 0 || third < 0) return undefined
  const stream = line.toString('latin1', first + 1, second)
  const tag = line.toString('latin1', second + 1, third)
  if ((stream !== 'stdout' && stream !== 'stderr') || (tag !== 'F' && tag !== 'P')) return undefined
  return {
    time: line.toString('latin1', 0, first),
    stream,
    isPartial: tag === 'P',
    text: line.subarray(third + 1),
  }
}

/** Now, in as many digits as a log has; those that the clock does not know are zero. */
export function logTime(ms: number): string {
  return new Date(ms).toISOString().replace(/Z$/, '000000Z')
}
