import type { Scope } from '../../../cel/checker.ts'
import { CostBudget } from '../../../cel/cost.ts'
import type { Frame } from '../../../cel/evaluator.ts'
import { BOOL } from '../../../cel/types.ts'
import type { MatchCondition } from '../../kinds/admissionregistration/index.ts'
import {
  ADMISSION_SCOPE,
  type AdmissionExpression,
  CONDITIONS_BUDGET,
  compileAdmission,
  ExpressionFailure,
  evaluateAdmission,
  OutOfBudget,
} from './expression.ts'

/** What must all be true for a webhook or a policy to be about a request (k8s.io/apiserver, webhook/matchconditions). */
export class MatchConditions {
  readonly #expressions: readonly AdmissionExpression[]
  readonly #ignoresFailures: boolean

  constructor(
    conditions: readonly MatchCondition[],
    options: {
      readonly failurePolicy: string | undefined
      /** @default ADMISSION_SCOPE */
      readonly scope?: Scope
    },
  ) {
    const { failurePolicy, scope = ADMISSION_SCOPE } = options
    this.#expressions = conditions.map(({ expression }) => compileAdmission(expression, scope, [BOOL]))
    this.#ignoresFailures = failurePolicy === 'Ignore'
  }

  get isEmpty(): boolean {
    return this.#expressions.length === 0
  }

  /**
   * One that is false decides, whatever becomes of the others.
   *
   * @throws ExpressionFailure unless failures are to be ignored, which means that nothing matches
   */
  match(frame: Frame): boolean {
    const budget = new CostBudget(CONDITIONS_BUDGET)
    const failures: string[] = []
    for (const expression of this.#expressions) {
      try {
        if (evaluateAdmission(expression, frame, budget) === false) return false
      } catch (error) {
        if (!(error instanceof ExpressionFailure)) throw error
        failures.push(error.message)
        if (error instanceof OutOfBudget) break
      }
    }
    if (failures.length === 0) return true
    if (this.#ignoresFailures) return false
    const unique = [...new Set(failures)]
    throw new ExpressionFailure(unique.length === 1 ? unique[0] : `[${unique.join(', ')}]`)
  }
}
