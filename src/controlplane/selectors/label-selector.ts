import {
  compileRequirement,
  formatRequirement,
  type LabelPredicate,
  type LabelRequirement,
  type Labels,
} from './label-requirement.ts'

const NO_LABELS: Labels = {}

/**
 * Says of labels whether they fulfil all of its requirements. Compiled once, so that the list of a large collection costs only
 * the look-ups. Immutable.
 */
export class LabelSelector {
  /** By key, in which order they are also printed. */
  readonly requirements: readonly LabelRequirement[]
  readonly #predicates: readonly LabelPredicate[]

  /** The requirements must be valid. */
  constructor(requirements: readonly LabelRequirement[]) {
    this.requirements = requirements.toSorted(byKey)
    this.#predicates = this.requirements.map(compileRequirement)
  }

  /** Selects whatever there is. */
  get isEmpty(): boolean {
    return this.#predicates.length === 0
  }

  matches(labels: Labels = NO_LABELS): boolean {
    for (const predicate of this.#predicates) if (!predicate(labels)) return false
    return true
  }

  /** The only value that `key` may have, if there is such a one. */
  exactValue(key: string): string | undefined {
    const requirement = this.requirements.find((each) => each.key === key)
    const isExact = requirement && ['=', '==', 'in'].includes(requirement.operator)
    return isExact && requirement.values.length === 1 ? requirement.values[0] : undefined
  }

  /** The canonical form: parsing it gives an equal selector. */
  toString(): string {
    return this.requirements.map(formatRequirement).join(',')
  }
}

class NothingSelector extends LabelSelector {
  override get isEmpty(): boolean {
    return false
  }

  override matches(): boolean {
    return false
  }
}

export const EVERYTHING = new LabelSelector([])

/** What a structured selector that is not there selects. It has no form as a string. */
export const NOTHING: LabelSelector = new NothingSelector([])

function byKey(one: LabelRequirement, other: LabelRequirement): number {
  if (one.key === other.key) return 0
  return one.key < other.key ? -1 : 1
}
