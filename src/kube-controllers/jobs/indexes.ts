/** Indexes of an indexed Job as intervals, in order and apart from each other: as Jobs may have very many. */
export class Indexes {
  static readonly NONE = new Indexes([])
  readonly #intervals: readonly { readonly first: number; readonly last: number }[]

  private constructor(intervals: Indexes['intervals']) {
    this.#intervals = intervals
  }

  /** Reads `0,2-4`, and leaves out what is none below `completions`. What makes no sense is left out. */
  static parse(text: string | undefined, completions: number): Indexes {
    const intervals = (text ?? '').split(',').flatMap((part) => {
      const match = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(part)
      if (!match) return []
      const first = Number(match[1])
      const last = Math.min(Number(match[2] ?? match[1]), completions - 1)
      return first <= last ? [{ first, last }] : []
    })
    return new Indexes(joined(intervals))
  }

  static union(lists: readonly Indexes[]): Indexes {
    return new Indexes(joined(lists.flatMap(({ intervals }) => intervals)))
  }

  get intervals(): readonly { readonly first: number; readonly last: number }[] {
    return this.#intervals
  }

  get size(): number {
    return this.#intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  }

  has(index: number): boolean {
    let [low, high] = [0, this.#intervals.length - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const { first, last } = this.#intervals[middle] as { first: number; last: number }
      if (index < first) high = middle - 1
      else if (index > last) low = middle + 1
      else return true
    }
    return false
  }

  with(indexes: Iterable<number>): Indexes {
    const more = Array.from(indexes, (index) => ({ first: index, last: index }))
    return more.length === 0 ? this : new Indexes(joined([...this.#intervals, ...more]))
  }

  /** How many are in both. */
  overlap(other: Indexes): number {
    let common = 0
    let [mine, theirs] = [0, 0]
    for (;;) {
      const [one, two] = [this.#intervals[mine], other.#intervals[theirs]]
      if (!one || !two) return common
      common += Math.max(Math.min(one.last, two.last) - Math.max(one.first, two.first) + 1, 0)
      if (one.last <= two.last) mine += 1
      if (two.last <= one.last) theirs += 1
    }
  }

  /** As Kubernetes writes them: two in a row are no interval yet. */
  toString(): string {
    return this.#intervals
      .map(({ first, last }) =>
        first === last ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`,
      )
      .join(',')
  }
}

function joined(intervals: readonly { first: number; last: number }[]): { first: number; last: number }[] {
  const result: { first: number; last: number }[] = []
  for (const { first, last } of intervals.toSorted((one, other) => one.first - other.first)) {
    const previous = result.at(-1)
    if (previous && first <= previous.last + 1) previous.last = Math.max(previous.last, last)
    else result.push({ first, last })
  }
  return result
}

/** The first indexes below `completions` that none of the lists has. */
export function firstPending(count: number, completions: number, ...taken: readonly Indexes[]): number[] {
  const all = Indexes.union(taken)
  const pending: number[] = []
  let next = 0
  for (const { first, last } of [...all.intervals, { first: completions, last: completions }]) {
    for (; next < first && pending.length < count; next += 1) pending.push(next)
    if (pending.length >= count) return pending
    next = last + 1
  }
  return pending
}
