import type { PacedRollout } from './cluster-rollout.ts'

export interface RolloutResult {
  /** Clusters that the change is to be brought to, or is being. */
  readonly underWay: ReadonlySet<string>
  /** Clusters that have taken longer than they may. */
  readonly timedOut: ReadonlySet<string>
  /** When to think again, in ms since the epoch, though nothing may happen. */
  readonly againAtMs?: number
}

/** A result in the making. */
export class RolloutDraft {
  readonly #underWay: PacedRollout[] = []
  readonly #timedOut: PacedRollout[] = []
  readonly #nowMs: number

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  get size(): number {
    return this.#underWay.length
  }

  take(rollout: PacedRollout): void {
    if (rollout.isUnderWay) this.#underWay.push(rollout)
    else if (rollout.state === 'timed out') this.#timedOut.push(rollout)
  }

  begin(cluster: string): void {
    this.#underWay.push({ cluster, state: 'to apply', isUnderWay: true })
  }

  result(): RolloutResult {
    const times = this.#underWay.flatMap(({ againAtMs }) =>
      againAtMs !== undefined && againAtMs > this.#nowMs ? [againAtMs] : [],
    )
    return {
      underWay: namesOf(this.#underWay),
      timedOut: namesOf(this.#timedOut),
      ...(times.length > 0 && { againAtMs: Math.min(...times) }),
    }
  }
}

function namesOf(rollouts: readonly PacedRollout[]): ReadonlySet<string> {
  return new Set(rollouts.map(({ cluster }) => cluster))
}
