import { AppError } from '../../common/errors.ts'

/** A stage of making the world as a Klusterlet wants it has failed; later stages have not begun. */
export class StageError extends AppError {
  /** Of the condition Applied. */
  readonly reason: string

  constructor(reason: string, message: string, cause?: unknown) {
    super('ERR_KLUSTERLET_STAGE', message, { cause })
    this.reason = reason
  }
}

/** The agents have to do something first, of which the operator will hear: trying again is of no use. */
export class WaitingError extends StageError {}

/** Says of whatever `task` fails by which stage it was. `describe` makes a message of the error's. @default the error's */
export async function inStage<T>(
  reason: string,
  task: () => Promise<T>,
  describe: (message: string) => string = (message) => message,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await task()
  } catch (error) {
    signal?.throwIfAborted()
    throw new StageError(reason, describe(messageOf(error)), error)
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof AggregateError)) return error instanceof Error ? error.message : String(error)
  const messages = error.errors.map(messageOf)
  return messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`
}
