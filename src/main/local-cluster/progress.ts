import { createWriteStream, type WriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** What a cluster's process says while it starts. */
export type Progress = { readonly step: string } | { readonly ready: true } | { readonly failed: string }

/** On which file descriptor, as its number. */
export const PROGRESS_ENV = 'CLUSTER_PROXY_PROGRESS_FD'

export interface ProgressSink {
  tell(progress: Progress): void
  /** Nobody is told any more. */
  end(): void
}

/** To whoever started us, or to a person at the terminal where nobody asked. */
export function progressSink(env: Readonly<Record<string, string | undefined>>): ProgressSink {
  const fd = Number(env[PROGRESS_ENV])
  if (!Number.isInteger(fd) || fd < 3) {
    return {
      tell: (progress) => {
        if ('step' in progress) process.stderr.write(`${progress.step}\n`)
      },
      end: () => {},
    }
  }
  const stream: WriteStream = createWriteStream('', { fd })
  stream.on('error', () => {}) // it stopped listening, which is its right
  return {
    tell: (progress) => void stream.write(`${JSON.stringify(progress)}\n`),
    end: () => void stream.end(),
  }
}

/** What a cluster's process says, until it says no more or nobody listens any more. */
export async function* progressOf(stream: Readable, signal: AbortSignal): AsyncGenerator<Progress> {
  // A stream that is destroyed does not end the lines of it.
  for await (const line of createInterface({ input: stream, signal })) yield JSON.parse(line) as Progress
}
