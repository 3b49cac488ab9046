import type { Change, Journal, JournalContents } from './journal.ts'

/** Keeps changes for as long as it is referenced: for tests, and for control planes that may be forgotten. */
export class MemoryJournal implements Journal {
  readonly #changes = new Map<number, Change>()
  #compactedRevision = 0

  async open(): Promise<JournalContents> {
    return { compactedRevision: this.#compactedRevision, changes: [...this.#changes.values()] }
  }

  async append(changes: readonly Change[]): Promise<void> {
    for (const change of changes) this.#changes.set(change.revision, change)
  }

  async compact(revision: number, obsolete: readonly number[]): Promise<void> {
    for (const each of obsolete) this.#changes.delete(each)
    this.#compactedRevision = revision
  }

  async close(): Promise<void> {}
}
