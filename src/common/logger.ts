import { destination, pino } from 'pino'
import { AppError } from './errors.ts'
import type { Logger } from './log.ts'

/** Logs that nobody takes off our hands are dropped beyond so much, rather than holding up the connections. */
const LONGEST_BACKLOG_BYTES = 16 * 1024 * 1024

const SECRETS = ['token', 'key', 'authorization', 'privateKey', 'privateKeyPem', 'password']

export interface LoggerOptions {
  readonly level: string
  /** The process, such as `proxy-server`. */
  readonly name: string
  /** Where to write lines. @default stdout, without waiting for it */
  readonly stream?: { write(line: string): unknown }
}

/** A logger of JSON lines. For src/main only: everything else is given one. */
export function createLogger({ level, name, stream }: LoggerOptions): Logger {
  const options = {
    level,
    name,
    redact: SECRETS.flatMap((secret) => [secret, `*.${secret}`, `headers.${secret}`]),
    serializers: { err: serializeError },
  }
  return pino(options, stream ?? destination({ fd: 1, sync: false, maxLength: LONGEST_BACKLOG_BYTES }))
}

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
