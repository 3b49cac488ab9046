import { CostBudget } from '../../../cel/cost.ts'
import type { Frame } from '../../../cel/evaluator.ts'
import { BOOL, STRING } from '../../../cel/types.ts'
import type { KubeObject } from '../../registry/index.ts'
import {
  type AdmissionExpression,
  compileAdmission,
  ExpressionFailure,
  evaluateAdmission,
  OUT_OF_BUDGET,
  OutOfBudget,
} from '../cel/expression.ts'
import { MatchConditions } from '../cel/match-conditions.ts'
import { policyScope, withParams } from './params.ts'
import type { EvaluationErrorType } from './policy-metrics.ts'
import type { PolicyObject, Validation } from './policy-objects.ts'
import { type CompiledVariables, compileVariables, VariableValues } from './variables.ts'

/** Why a policy does not allow a request. */
export interface Refusal {
  readonly message: string
  /** Undefined where an expression could not be evaluated. */
  readonly reason: string | undefined
  readonly errorType: EvaluationErrorType
  /** How long the evaluation took. */
  readonly seconds: number
}

interface CompiledValidation {
  readonly validation: Validation
  readonly expression: AdmissionExpression
  readonly message: AdmissionExpression | undefined
}

const LONGEST_MESSAGE_BYTES = 5 * 1024

/** A policy, with its expressions ready to be evaluated (k8s.io/apiserver, policy/validating). */
export class Policy {
  readonly object: PolicyObject
  readonly ignoresFailures: boolean
  readonly #variables: CompiledVariables
  readonly #conditions: MatchConditions
  readonly #validations: readonly CompiledValidation[]

  constructor(object: PolicyObject) {
    const { variables = [], matchConditions = [], validations = [], failurePolicy } = object.spec
    this.object = object
    this.ignoresFailures = failurePolicy === 'Ignore'
    const scope = policyScope(object)
    this.#variables = compileVariables(variables, scope)
    this.#conditions = new MatchConditions(matchConditions, { failurePolicy, scope })
    this.#validations = validations.map((validation) => ({
      validation,
      expression: compileAdmission(validation.expression, this.#variables.scope, [BOOL]),
      message: validation.messageExpression
        ? compileAdmission(validation.messageExpression, this.#variables.scope, [STRING])
        : undefined,
    }))
  }

  /** What the policy has against a request, by the names that it is told by; also where its failures are to be ignored. */
  refusals(names: Frame, params: KubeObject | undefined): Refusal[] {
    const frame = withParams(names, params)
    const start = performance.now()
    try {
      if (!this.#conditions.match(frame)) return []
      return this.#failedValidations(frame)
    } catch (error) {
      if (error instanceof ExpressionFailure) return [failedRefusal(error, secondsSince(start))]
      throw error
    }
  }

  /** @throws OutOfBudget */
  #failedValidations(names: Frame): Refusal[] {
    const budget = new CostBudget()
    const variables = new VariableValues(this.#variables, names)
    const refusals: Refusal[] = []
    for (const each of this.#validations) {
      const start = performance.now()
      try {
        if (evaluateAdmission(each.expression, variables.frame, budget, variables.newMeter()) === true)
          continue
      } catch (error) {
        if (!(error instanceof ExpressionFailure) || error instanceof OutOfBudget) throw error
        refusals.push(failedRefusal(error, secondsSince(start)))
        continue
      }
      const { validation } = each
      const message =
        madeMessage(each.message, variables, budget) ??
        (validation.message?.trim() || `failed expression: ${validation.expression.trim()}`)
      const seconds = secondsSince(start)
      refusals.push({ message, reason: validation.reason ?? 'Invalid', errorType: 'no_error', seconds })
    }
    return refusals
  }
}

function failedRefusal(error: ExpressionFailure, seconds: number): Refusal {
  return { message: error.message, reason: undefined, errorType: errorTypeOf(error), seconds }
}

/** What metrics call it. */
export function errorTypeOf({ message }: Error): EvaluationErrorType {
  if (message.startsWith('compilation')) return 'compile_error'
  return message.startsWith(OUT_OF_BUDGET) ? 'out_of_budget' : 'invalid_error'
}

function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1000
}

/** The message that an expression has made, unless it is none. */
function madeMessage(
  expression: AdmissionExpression | undefined,
  variables: VariableValues,
  budget: CostBudget,
): string | undefined {
  if (!expression) return undefined
  try {
    const value = evaluateAdmission(expression, variables.frame, budget, variables.newMeter())
    const text = typeof value === 'string' ? value.trim() : ''
    const isUsable = text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= LONGEST_MESSAGE_BYTES
    return isUsable ? text : undefined
  } catch (error) {
    if (error instanceof OutOfBudget)
      throw new ExpressionFailure(`failed messageExpression: ${error.message}`)
    if (error instanceof ExpressionFailure) return undefined
    throw error
  }
}
