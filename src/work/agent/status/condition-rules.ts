import { CONDITION_RULE_REASON, MANIFEST_CONDITION } from '../../../apis/work/constants.ts'
import type { ConditionRule } from '../../../apis/work/v1.ts'
import type { Scope } from '../../../cel/checker.ts'
import { type Compilation, compile } from '../../../cel/compile.ts'
import { CostBudget, CostLimitExceeded, CostMeter } from '../../../cel/cost.ts'
import { evaluate, type Frame } from '../../../cel/evaluator.ts'
import { FUNCTIONS } from '../../../cel/functions/index.ts'
import { FunctionTable } from '../../../cel/overload.ts'
import { plainValue } from '../../../cel/plain-value.ts'
import { BOOL, type CelType, DYN } from '../../../cel/types.ts'
import { EvaluationError, ListValue, MapValue, typeNameOf, type Value } from '../../../cel/values.ts'
import type { NewCondition } from '../../../kube/index.ts'
import { asJson, type ManifestObject } from '../manifest-object.ts'
import { FEEDBACK_CONDITION } from './feedback.ts'
import { shortMessage } from './short-message.ts'

const WELL_KNOWN: ReadonlyMap<string, ConditionRule> = new Map([
  [
    'batch/v1 Job',
    {
      condition: MANIFEST_CONDITION.complete,
      type: 'CEL',
      celExpressions: [
        "hasConditions(object.status) && object.status.conditions.exists(c, c.type in ['Complete', 'Failed'] && c.status == 'True')",
      ],
      messageExpression: "result ? 'Job is finished' : 'Job is not finished'",
    },
  ],
  [
    'v1 Pod',
    {
      condition: MANIFEST_CONDITION.complete,
      type: 'CEL',
      celExpressions: ["object.status.phase in ['Succeeded', 'Failed']"],
      messageExpression: "'Pod is in phase ' + object.status.phase",
    },
  ],
])

const OUT_OF_BUDGET = 'CEL evaluation budget exceeded'

/** What expressions can call: all that Kubernetes' can, and a question that is often asked of a status. */
const RULE_FUNCTIONS = new FunctionTable(FUNCTIONS).add('hasConditions(dyn): bool', ([status]) => {
  const conditions = status instanceof MapValue ? status.get('conditions') : undefined
  return conditions instanceof ListValue && conditions.size > 0
})

const RULE_SCOPE = new Map<string, CelType>([['object', { ...DYN }]])
const MESSAGE_SCOPE = new Map<string, CelType>([...RULE_SCOPE, ['result', { ...BOOL }]])

/** An expression cannot be evaluated. */
class RuleError extends Error {}

/** What all rules of an object may cost: nobody else gets a turn meanwhile, so that it is less than an API server allows. */
const RULES_BUDGET = 3_000_000

/** Nobody writes longer expressions by hand, and what they cost to read is not worth it. */
const MOST_CHARACTERS = 16_384

/** What the API lets be the type of a condition (apimachinery, Condition). */
const CONDITION_TYPE =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const LONGEST_CONDITION_TYPE = 316

/** What the agent says of a manifest is not for rules to say. */
const RESERVED = new Set<string>([MANIFEST_CONDITION.applied, FEEDBACK_CONDITION])

/**
 * The conditions that rules make of the state of an object. All rules of an object share what they may cost. Of a rule that is for no
 * condition that there can be, nothing is said.
 */
export function evaluateRules(
  object: ManifestObject,
  rules: readonly ConditionRule[],
): readonly NewCondition[] {
  const run = new RuleRun(object)
  return rules.filter(({ condition }) => canBeTold(condition)).flatMap((rule) => run.condition(rule) ?? [])
}

function canBeTold(type: string): boolean {
  return type.length <= LONGEST_CONDITION_TYPE && CONDITION_TYPE.test(type) && !RESERVED.has(type)
}

class RuleRun {
  readonly #object: ManifestObject
  readonly #frame: Frame
  readonly #budget = new CostBudget(RULES_BUDGET)

  constructor(object: ManifestObject) {
    this.#object = object
    this.#frame = { name: 'object', value: plainValue(asJson(object)), outer: undefined }
  }

  /** Undefined where nothing is known of the kind. */
  condition(rule: ConditionRule): NewCondition | undefined {
    if (rule.type === 'CEL') return this.#evaluated(rule)
    if (rule.type !== 'WellKnownConditions') {
      const message = shortMessage(`unrecognized condition rule type ${String(rule.type)}`)
      return { type: rule.condition, status: 'Unknown', reason: CONDITION_RULE_REASON.invalid, message }
    }
    const { apiVersion, kind } = this.#object
    const known = WELL_KNOWN.get(`${apiVersion} ${kind}`)
    if (known?.condition !== rule.condition) return undefined
    const message = rule.message || known.message
    const messageExpression = rule.messageExpression || known.messageExpression
    return this.#evaluated({
      ...known,
      ...(message && { message }),
      ...(messageExpression && { messageExpression }),
    })
  }

  #evaluated(rule: ConditionRule): NewCondition {
    const type = rule.condition
    let isTrue: boolean
    try {
      isTrue = (rule.celExpressions ?? []).every((text) => this.#holds(text))
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      return {
        type,
        status: 'False',
        reason: CONDITION_RULE_REASON.expressionError,
        message: shortMessage(error.message),
      }
    }
    const message = shortMessage(this.#message(rule, isTrue))
    return { type, status: isTrue ? 'True' : 'False', reason: CONDITION_RULE_REASON.evaluated, message }
  }

  #holds(text: string): boolean {
    const compiled = this.#compiled(text, RULE_SCOPE)
    if ('problem' in compiled) throw new RuleError(compiled.problem)
    const value = this.#run(compiled.expression, this.#frame)
    if (typeof value === 'boolean') return value
    throw new RuleError(`expected bool result, got ${goTypeOf(value)}`)
  }

  #message({ condition, message, messageExpression }: ConditionRule, result: boolean): string {
    if (messageExpression) {
      const compiled = this.#compiled(messageExpression, MESSAGE_SCOPE)
      if ('problem' in compiled) return compiled.problem.split('\n | ')[0] ?? ''
      try {
        const value = this.#run(compiled.expression, { name: 'result', value: result, outer: this.#frame })
        if (typeof value !== 'string')
          return `expected message expression to have a string result, got ${goTypeOf(value)}`
        if (value !== '') return value
      } catch (error) {
        if (!(error instanceof RuleError)) throw error
        return error.message
      }
    }
    return message || `Manifest is ${result ? '' : 'not '}${condition}`
  }

  #compiled(text: string, scope: Scope): Compilation {
    if (text.length > MOST_CHARACTERS)
      return { problem: `the expression is longer than ${MOST_CHARACTERS} characters` }
    return compile(text, scope, { functions: RULE_FUNCTIONS })
  }

  #run(expression: Parameters<typeof evaluate>[0], frame: Frame): Value {
    if (this.#budget.isSpent) throw new RuleError(OUT_OF_BUDGET)
    const meter = new CostMeter()
    try {
      const value = evaluate(expression, frame, meter, RULE_FUNCTIONS)
      if (!this.#budget.take(meter.spent)) throw new RuleError(OUT_OF_BUDGET)
      return value
    } catch (error) {
      if (!(error instanceof EvaluationError || error instanceof CostLimitExceeded)) throw error
      if (this.#budget.take(meter.spent)) throw new RuleError(error.message)
      throw new RuleError(`[${error.message}, ${OUT_OF_BUDGET}]`)
    }
  }
}

const GO_TYPES: Readonly<Record<string, string>> = {
  int: 'int64',
  uint: 'uint64',
  double: 'float64',
  bytes: '[]uint8',
  list: '[]interface {}',
  map: 'map[string]interface {}',
  null_type: 'structpb.NullValue',
}

function goTypeOf(value: Value): string {
  const name = typeNameOf(value)
  return GO_TYPES[name] ?? name
}
