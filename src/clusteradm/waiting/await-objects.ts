import type { KubeObject } from '../../apis/meta/v1.ts'
import { formatDuration } from '../../common/duration.ts'
import { CommandError } from '../failure.ts'
import type { Report } from '../progress.ts'
import { type Followed, followObjects } from './follow-objects.ts'

/** What the objects that were waited for did not become in time: the message says how far they were. */
export class WaitTimeoutError extends CommandError {
  constructor({ what, timeoutMs, advice = '' }: Wait, status: string) {
    const why = [status, advice].filter((text) => text !== '').join('; ')
    super(
      `timed out after ${formatDuration(Math.round(timeoutMs / 1000) * 1000)} waiting for ${what}${why === '' ? '' : `: ${why}`}`,
    )
  }
}

/** Objects that are to become something. */
export interface Expected<T extends KubeObject> extends Followed {
  /**
   * What they are not yet, such as a Pod's waiting reason; empty where there is nothing to say of it. Undefined when they are what is
   * waited for. Asked for the objects as they are, whichever of those that are waited for have changed.
   */
  missing(objects: readonly T[]): string | undefined
}

export interface Wait {
  /** As in `waiting for <what>`. */
  readonly what: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly report?: Report
  /** What to say after a wait in vain, beside how far it came. */
  readonly advice?: string
}

/** Lets objects of several types stand in one list. */
export const expected = <T extends KubeObject>(expectation: Expected<T>): Expected<KubeObject> =>
  expectation as unknown as Expected<KubeObject>

/**
 * Follows objects until nothing is missing of any; what is missing of the first that is not there yet is told. Rejects with a
 * WaitTimeoutError that says it, too, and for refusals.
 */
export async function awaitObjects(wait: Wait, expectations: readonly Expected<KubeObject>[]): Promise<void> {
  const { signal, timeoutMs, report } = wait
  let status = ''
  const onTrouble = (text: string) => {
    status = text
    report?.(text)
  }
  const seen = new Map<Expected<KubeObject>, readonly KubeObject[]>()
  const isComplete = (): boolean => {
    for (const expectation of expectations) {
      const objects = seen.get(expectation)
      if (!objects) return false
      const missing = expectation.missing(objects)
      if (missing === undefined) continue
      onTrouble(missing)
      return false
    }
    return true
  }
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(), timeoutMs)
  const both = AbortSignal.any([signal, ending.signal])
  const follow = (expectation: Expected<KubeObject>) => {
    const onObjects = (objects: readonly KubeObject[]) => {
      seen.set(expectation, objects)
      return isComplete()
    }
    return followObjects(expectation, { onObjects, onTrouble }, both)
  }
  try {
    await Promise.race(expectations.map(follow))
  } catch (error) {
    signal.throwIfAborted()
    if (ending.signal.aborted) throw new WaitTimeoutError(wait, status)
    throw error
  } finally {
    clearTimeout(timer)
    ending.abort() // the others are not to be followed any longer
  }
}
