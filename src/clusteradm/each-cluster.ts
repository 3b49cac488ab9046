import { CommandError, explain } from './failure.ts'
import type { Session } from './session.ts'

/**
 * Does something for each cluster, whatever becomes of the others. The task resolves with what stands in its way, if anything does.
 * Rejects with a CommandError of all troubles, several of them in Go's way of writing them.
 */
export async function forEachCluster(
  session: Session,
  names: readonly string[],
  task: (name: string) => Promise<readonly string[]>,
): Promise<void> {
  const troubles: string[] = []
  for (const name of names) {
    try {
      troubles.push(...(await task(name)))
    } catch (error) {
      session.signal.throwIfAborted()
      if (names.length === 1) throw error
      troubles.push(`cluster ${name}: ${await explain(error, session)}`)
    }
  }
  if (troubles.length === 1) throw new CommandError(troubles.join())
  if (troubles.length > 1) throw new CommandError(`[${troubles.join(', ')}]`)
}
