import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { destination, pino } from 'pino'
import { AppError } from './errors.ts'
import type { Logger } from './log.ts'

/** Logs that nobody takes off our hands are dropped beyond so much, rather than holding up the connections. */
const LONGEST_BACKLOG_BYTES = 16 * 1024 * 1024

/** Whoever should take our last words may not be listening any more. */
const FLUSH_TIMEOUT_MS = 1000

const SECRETS = ['token', 'key', 'authorization', 'privateKey', 'privateKeyPem', 'password']

export interface LoggerOptions {
  readonly level: string
  /** The process, such as `proxy-server`. */
  readonly name: string
  /** Where to write lines. @default stdout, without waiting for it */
  readonly stream?: { write(line: string): unknown }
  /** Called each time that stdout could not be written. */
  readonly onUnwritable?: (error: NodeJS.ErrnoException) => void
}

/** The logger of a whole process. */
export interface ProcessLogger extends Logger {
  /** Resolves when what was logged is written, or cannot be soon. To be awaited before the process exits. */
  flush(): Promise<void>
}

/** A logger of JSON lines. For src/main only: everything else is given one. */
export function createLogger({ level, name, stream, onUnwritable = ignore }: LoggerOptions): ProcessLogger {
  const options = {
    level,
    name,
    redact: SECRETS.flatMap((secret) => [secret, `*.${secret}`, `headers.${secret}`]),
    serializers: { err: serializeError },
  }
  const logger = pino(options, stream ?? standardOutput(onUnwritable))
  const flush = promisify(logger.flush.bind(logger))
  const flushOrGiveUp = async () => {
    const giveUp = new AbortController()
    const deadline = delay(FLUSH_TIMEOUT_MS, undefined, { signal: giveUp.signal, ref: false })
    await Promise.race([flush().catch(ignore), deadline]).finally(() => giveUp.abort())
  }
  return Object.assign(logger, { flush: flushOrGiveUp })
}

/**
 * Written in the background. With a `minLength` of 0, the default, `flush` would not wait for what is being written. A full
 * disk is no reason to end connections: what could not be written is tried again with the next line.
 */
function standardOutput(onUnwritable: (error: NodeJS.ErrnoException) => void) {
  const output = destination({ fd: 1, sync: false, minLength: 1, maxLength: LONGEST_BACKLOG_BYTES })
  output.on('error', (error) => {
    onUnwritable(error)
    output.flushSync = ignore // pino calls it at the exit, where it would try again for ever
  })
  return output
}

/** A pipe cannot be synced to a disk, which pino reports as an error of the flush; and nobody else is to be told of errors. */
function ignore(): void {}

interface SerializedError {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: SerializedError
}

/** Errors with a code explain themselves; where in the code they arose is told only of others, which are bugs. */
function serializeError(thrown: unknown): SerializedError {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: String(thrown) }
  const { code } = thrown as NodeJS.ErrnoException
  const isExpected = thrown instanceof AppError || typeof code === 'string'
  return {
    type: thrown.name,
    message: thrown.message,
    ...(typeof code === 'string' && { code }),
    ...(!isExpected && thrown.stack !== undefined && { stack: thrown.stack }),
    ...(thrown.cause !== undefined && { cause: serializeError(thrown.cause) }),
  }
}
