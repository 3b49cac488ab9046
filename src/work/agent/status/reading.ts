import type { NewCondition } from '../../../kube/index.ts'
import type { ManifestConfig } from '../manifest-config.ts'
import type { ManifestObject } from '../manifest-object.ts'
import { digestOf } from '../value-digest.ts'
import { evaluateRules } from './condition-rules.ts'
import { type Feedback, type FeedbackOptions, readFeedback } from './feedback.ts'

/** What the rules of a work say of one object. */
export interface Reading {
  readonly feedback: Feedback
  readonly conditions: readonly NewCondition[]
}

interface Known {
  readonly of: string
  readonly reading: Reading
}

const NOTHING_TO_SAY: readonly NewCondition[] = []

/** Reads an object by the rules of its manifest, and does not read it again before it or they have changed: rules can be costly. */
export class ManifestReader {
  readonly #options: FeedbackOptions
  readonly #known = new WeakMap<object, Known>()

  constructor(options: FeedbackOptions) {
    this.#options = options
  }

  /** `user`: what the reading is for; of each the last one is known. */
  read(user: object, object: ManifestObject, config: ManifestConfig): Reading {
    const { feedbackRules, conditionRules } = config
    const { uid = '', resourceVersion } = object.metadata
    const of = `${uid} ${resourceVersion} ${digestOf(feedbackRules)} ${digestOf(conditionRules)}`
    const known = this.#known.get(user)
    if (known?.of === of && resourceVersion !== undefined) return known.reading
    const feedback = readFeedback(object, feedbackRules, this.#options)
    const conditions = conditionRules.length === 0 ? NOTHING_TO_SAY : evaluateRules(object, conditionRules)
    const reading = { feedback, conditions }
    this.#known.set(user, { of, reading })
    return reading
  }
}
