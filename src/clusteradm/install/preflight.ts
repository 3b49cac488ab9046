import { CommandError, explain } from '../failure.ts'
import type { Session } from '../session.ts'

/** Something that must hold before anything is changed. */
export interface PreflightCheck {
  readonly name: string
  /** Resolves with warnings. Rejects with what is wrong. */
  check(): Promise<readonly string[]>
}

/** Runs all checks and tells of each, in the original's words. Rejects with a CommandError of all that failed. */
export async function runPreflight(session: Session, checks: readonly PreflightCheck[]): Promise<void> {
  const errors: string[] = []
  for (const { name, check } of checks) {
    let warnings: readonly string[] = []
    let error: string | undefined
    try {
      warnings = await check()
    } catch (thrown) {
      session.signal.throwIfAborted()
      error = await explain(thrown, session)
      errors.push(`\t[ERROR ${name}]: ${error}`)
    }
    for (const warning of warnings) session.warn(`\t[WARNING ${name}]: ${warning}`)
    const verdict = error === undefined ? 'Passed' : 'Failed'
    const counts = `${warnings.length} warnings and ${error === undefined ? 0 : 1} errors`
    session.warn(`Preflight check: ${name} ${verdict} with ${counts}`)
  }
  if (errors.length > 0)
    throw new CommandError(`[preflight] Some fatal errors occurred:\n${errors.join('\n')}`)
}
