import type { Scope } from '../../../cel/checker.ts'
import { CostMeter } from '../../../cel/cost.ts'
import { evaluate, type Frame } from '../../../cel/evaluator.ts'
import { type CelType, DYN, type ObjectType } from '../../../cel/types.ts'
import { EvaluationError, ObjectValue, type Value } from '../../../cel/values.ts'
import { type AdmissionExpression, compileAdmission } from '../cel/expression.ts'

/** Expressions that other ones know as `variables.name`. Each knows those before it. */
export interface CompiledVariables {
  readonly scope: Scope
  readonly expressions: ReadonlyMap<string, AdmissionExpression>
}

export function compileVariables(
  variables: readonly { readonly name: string; readonly expression: string }[],
  outer: Scope,
): CompiledVariables {
  const fields = new Map<string, CelType>()
  const type: ObjectType = { kind: 'object', name: 'kubernetes.variables', fields }
  const scope: Scope = new Map<string, CelType>([...outer, ['variables', type]])
  const expressions = new Map<string, AdmissionExpression>()
  for (const { name, expression } of variables) {
    const compiled = compileAdmission(expression, scope)
    expressions.set(name, compiled)
    fields.set(name, 'problem' in compiled ? DYN : compiled.type)
  }
  return { scope, expressions }
}

/** The variables of one evaluation. Each is evaluated when it is used first, at the cost of whoever uses it. */
export class VariableValues {
  readonly frame: Frame
  #meter = new CostMeter()
  readonly #known = new Map<string, Value>()

  constructor({ expressions }: CompiledVariables, outer: Frame) {
    const value = new ObjectValue({
      has: (name) => expressions.has(name),
      get: (name) => this.#get(name, expressions.get(name) as AdmissionExpression),
      fields: () => [...expressions.keys()],
    })
    this.frame = { name: 'variables', value, outer }
  }

  /** What the next evaluation is counted by. */
  newMeter(): CostMeter {
    this.#meter = new CostMeter()
    return this.#meter
  }

  #get(name: string, compiled: AdmissionExpression): Value {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const quoted = JSON.stringify(name)
    if ('problem' in compiled)
      throw new EvaluationError(`composited variable ${quoted} fails to compile: ${compiled.problem}`)
    try {
      const value = evaluate(compiled.expression, this.frame, this.#meter)
      this.#known.set(name, value)
      return value
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      throw new EvaluationError(`composited variable ${quoted} fails to evaluate: ${error.message}`)
    }
  }
}
