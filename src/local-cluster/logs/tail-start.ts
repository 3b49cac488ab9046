import { type LogLine, parseLogLine } from '../containers/log-line.ts'
import type { LogFile } from './log-file.ts'

/** Where to begin to read: a file of several, and where in it. */
export interface LogPosition {
  readonly file: number
  readonly position: number
}

/**
 * Where the last so many lines of a log begin, that lies in `files`, the oldest first. The parts of a long line count as one, as does
 * the end of a log that has no newline; those lines do not count that are not `wanted`. Reads no further back than it has to.
 */
export async function tailStart(
  files: readonly LogFile[],
  count: number,
  wanted: (line: LogLine) => boolean,
): Promise<LogPosition> {
  let left = count
  let isLast = true
  for (let file = files.length - 1; file >= 0; file--) {
    const log = files[file] as LogFile
    for await (const { bytes, end } of log.backwards(await log.size())) {
      const line = parseLogLine(bytes)
      if (!line || !wanted(line) || (line.isPartial && !isLast)) continue
      isLast = false
      if (left === 0) return { file, position: end }
      left -= 1
    }
  }
  return { file: 0, position: 0 }
}
