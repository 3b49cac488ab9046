/** What an expression may cost, which is roughly a tenth of a second (k8s.io/apiserver, pkg/apis/cel). */
const PER_CALL_LIMIT = 1_000_000
/** What all expressions of an object may cost. */
export const OBJECT_BUDGET = 10_000_000

export class CostLimitExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}

/** What is left for the expressions of one object. */
export class CostBudget {
  #left: number

  constructor(budget = OBJECT_BUDGET) {
    this.#left = budget
  }

  get isSpent(): boolean {
    return this.#left <= 0
  }

  /** False when it was not enough; then nothing is left. */
  take(cost: number): boolean {
    this.#left = cost > this.#left ? 0 : this.#left - cost
    return this.#left > 0
  }
}

/** Counts what one evaluation costs, and stops it: each unit stands for a bounded amount of work. */
export class CostMeter {
  #spent = 0

  get spent(): number {
    return this.#spent
  }

  /** @throws CostLimitExceeded */
  charge(cost: number): void {
    this.#spent += cost
    if (this.#spent > PER_CALL_LIMIT) throw new CostLimitExceeded()
  }
}
