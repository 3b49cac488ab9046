import type { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Logger } from '../../common/log.ts'
import type { ExitStatus } from './exit-status.ts'
import type { CommandStreams } from './pod-runtime.ts'
import { terminalSizes } from './terminal-sizes.ts'

/** What a client has opened for a command; which of them there are is what it has asked for. */
export interface CommandConnection {
  readonly stdin?: Readable
  readonly stdout?: Writable
  readonly stderr?: Writable
  readonly resize?: Readable
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
  sendStatus(status: ExitStatus): Promise<void>
  close(): void
}

/** Carries out a command, and says how. `what` is for errors. */
export async function serveCommand(
  log: Logger,
  connection: CommandConnection,
  run: (streams: CommandStreams, signal: AbortSignal) => Promise<ExitStatus>,
): Promise<void> {
  const { stdin, stdout, stderr, resize, signal } = connection
  for (const each of [stdin, stdout, stderr, resize]) each?.on('error', () => {}) // `signal` tells
  try {
    const status = await run(
      {
        ...(stdin ? { stdin } : {}),
        ...(stdout ? { stdout } : {}),
        ...(stderr ? { stderr } : {}),
        ...(resize ? { resizes: terminalSizes(resize) } : {}),
      },
      signal,
    )
    await Promise.all([ended(stdout, signal), ended(stderr, signal)])
    if (!signal.aborted) await connection.sendStatus(status)
  } catch (err) {
    log.debug({ err }, 'the client of a command has gone')
  } finally {
    connection.close()
  }
}

/** Everything that was written is on its way before the status is. */
async function ended(output: Writable | undefined, signal: AbortSignal): Promise<void> {
  if (!output || output.destroyed) return
  output.end()
  await finished(output, { readable: false, signal })
}
