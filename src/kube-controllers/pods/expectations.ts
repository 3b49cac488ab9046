import type { Clock } from '../../kube/index.ts'

/** What is not seen after so long is not expected any more (kubernetes, pkg/controller, ExpectationsTimeout). */
const TIMEOUT_MS = 5 * 60_000

interface Expected {
  creations: number
  /** Keys of pods. */
  readonly deletions: Set<string>
  readonly since: number
}

/**
 * What a controller has done and its store does not show yet. Until then counting pods would lead it to create, or delete, too
 * many. Owners are known by their keys.
 */
export class Expectations {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #expected = new Map<string, Expected>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** Before the requests: what they lead to may be seen before they are answered. */
  expect(
    owner: string,
    { creations = 0, deletions = [] }: { creations?: number; deletions?: Iterable<string> },
  ) {
    this.#expected.set(owner, { creations, deletions: new Set(deletions), since: this.#clock.monotonic() })
  }

  areMet(owner: string): boolean {
    const expected = this.#expected.get(owner)
    if (!expected) return true
    if (expected.creations <= 0 && expected.deletions.size === 0) return true
    return this.#clock.monotonic() - expected.since > TIMEOUT_MS
  }

  /** Also for one that failed: it will not be seen. */
  creationSeen(owner: string): void {
    const expected = this.#expected.get(owner)
    if (expected) expected.creations -= 1
  }

  deletionSeen(owner: string, pod: string): void {
    this.#expected.get(owner)?.deletions.delete(pod)
  }

  /** The owner has gone. */
  forget(owner: string): void {
    this.#expected.delete(owner)
  }
}
