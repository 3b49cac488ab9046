/** A node that is not there may come back, or may not be known yet: so long it is waited for. */
export const QUARANTINE_MS = 40_000

/** Since when nodes have been missed, of which Pods say that they run there. */
export class MissingNodes {
  readonly #missedSince = new Map<string, number>()

  /** Those that have been missed for long enough. `missing`: all that are missed now. */
  overdue(missing: ReadonlySet<string>, nowMs: number): readonly string[] {
    for (const name of this.#missedSince.keys()) {
      if (!missing.has(name)) this.#missedSince.delete(name)
    }
    for (const name of missing) {
      if (!this.#missedSince.has(name)) this.#missedSince.set(name, nowMs)
    }
    return [...this.#missedSince].filter(([, since]) => nowMs - since >= QUARANTINE_MS).map(([name]) => name)
  }
}
