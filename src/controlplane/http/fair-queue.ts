/** Entries that wait in lines, one line for each flow. Lines take turns, so that nobody waits for all of a long one. */
export class FairQueue<Entry> {
  /** In the order of their turns; none is empty. */
  readonly #lines = new Map<string, Set<Entry>>()
  #length = 0

  get length(): number {
    return this.#length
  }

  lengthOf(flow: string): number {
    return this.#lines.get(flow)?.size ?? 0
  }

  add(flow: string, entry: Entry): void {
    const line = this.#lines.get(flow)
    if (line) line.add(entry)
    else this.#lines.set(flow, new Set([entry]))
    this.#length++
  }

  /** Does nothing for an entry that has been taken. */
  delete(flow: string, entry: Entry): void {
    const line = this.#lines.get(flow)
    if (!line?.delete(entry)) return
    this.#length--
    if (line.size === 0) this.#lines.delete(flow)
  }

  /** The oldest entry of the first line that may be taken from, which is the last line then; the others keep their turns. */
  take(mayTake: (flow: string) => boolean = () => true): { flow: string; entry: Entry } | undefined {
    for (const [flow, line] of this.#lines) {
      if (!mayTake(flow)) continue
      const [entry] = line as Set<Entry> & Iterable<Entry>
      this.delete(flow, entry as Entry)
      if (this.#lines.delete(flow)) this.#lines.set(flow, line)
      return { flow, entry: entry as Entry }
    }
    return undefined
  }
}
