import type { MessageTypes, Scope } from '../../../cel/checker.ts'
import { compile } from '../../../cel/compile.ts'
import { type CostBudget, CostLimitExceeded, CostMeter } from '../../../cel/cost.ts'
import { evaluate, type Frame } from '../../../cel/evaluator.ts'
import type { Expression } from '../../../cel/expression.ts'
import { type CelType, DYN, printType, sameType } from '../../../cel/types.ts'
import { EvaluationError, type Value } from '../../../cel/values.ts'
import { REQUEST_TYPE } from './request-value.ts'

/** An expression of a webhook or a policy; one with a problem fails whenever it is evaluated. */
export type AdmissionExpression = { readonly text: string } & (
  | { readonly expression: Expression; readonly type: CelType }
  | { readonly problem: string }
)

/** An expression cannot be evaluated, or its evaluation has failed. Says why in the words of k8s.io/apiserver, plugin/cel. */
export class ExpressionFailure extends Error {}

export const OUT_OF_BUDGET = 'validation failed due to running out of cost budget'

/** Nothing is left to evaluate any expression with. */
export class OutOfBudget extends ExpressionFailure {
  constructor() {
    super(`${OUT_OF_BUDGET}, no further validation rules will be run`)
  }
}

/** Names that all expressions of admission know. */
export const ADMISSION_SCOPE: Scope = new Map<string, CelType>([
  ['object', { ...DYN }],
  ['oldObject', { ...DYN }],
  ['request', REQUEST_TYPE],
  ['namespaceObject', { ...DYN }],
])

/** What all conditions of one webhook, or of one policy, may cost together. */
export const CONDITIONS_BUDGET = 2_500_000

/** `results` are the types of which the expression must have one; without any, all will do. */
export function compileAdmission(
  text: string,
  scope: Scope,
  results: readonly CelType[] = [],
  messageTypes?: MessageTypes,
): AdmissionExpression {
  const compiled = compile(text, scope, { messageTypes })
  if ('problem' in compiled) return { text, problem: `compilation failed: ${compiled.problem}` }
  const { expression, type } = compiled
  if (results.length > 0 && !results.some((each) => sameType(each, type))) {
    const names = results.map(printType)
    const wanted = names.length === 1 ? names[0] : `one of [${names.join(' ')}]`
    return { text, problem: `must evaluate to ${wanted}` }
  }
  return { text, expression, type }
}

/**
 * `meter` counts what names cost that are evaluated when they are used.
 *
 * @throws ExpressionFailure
 */
export function evaluateAdmission(
  compiled: AdmissionExpression,
  frame: Frame,
  budget: CostBudget,
  meter = new CostMeter(),
): Value {
  if ('problem' in compiled) throw new ExpressionFailure(`compilation error: ${compiled.problem}`)
  const before = meter.spent
  try {
    const value = evaluate(compiled.expression, frame, meter)
    if (!budget.take(meter.spent - before)) throw new OutOfBudget()
    return value
  } catch (error) {
    if (!(error instanceof EvaluationError || error instanceof CostLimitExceeded)) throw error
    if (!budget.take(meter.spent - before)) throw new OutOfBudget()
    throw new ExpressionFailure(`expression '${compiled.text}' resulted in error: ${error.message}`)
  }
}
