import { type CostBudget, CostLimitExceeded, CostMeter } from '../../../cel/cost.ts'
import { evaluate, type Frame } from '../../../cel/evaluator.ts'
import type { Expression } from '../../../cel/expression.ts'
import { EvaluationError, OptionalValue, type Value } from '../../../cel/values.ts'
import { isList, memberOf, membersOf } from '../../../common/json-tools.ts'
import { duplicate, type FieldError, forbidden, invalid, required } from '../../api/field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../api/json.ts'
import { child, element, type FieldPath, invalidUnshown, printed } from '../field-path.ts'
import { type Correlation, itemsByKey, keyOf } from '../schema/correlation.ts'
import { additionalStructural, type Structural } from '../schema/structural.ts'
import { type CompiledRule, compileRules } from './compile-rules.ts'
import { schemaValue, withResourceFields } from './schema-values.ts'

const LONGEST_MESSAGE_BYTES = 5 * 1024

/** Whether what is wrong here was so before. */
interface Ratchet {
  readonly current?: Correlation | undefined
  /** The nearest around that has a former self. */
  readonly around?: Correlation | undefined
}

/** The rules of a schema and of all within it (apiserver/schema/cel/validation.go). */
export class RuleValidator {
  readonly #schema: Structural
  readonly #selfSchema: Structural
  readonly #rules: readonly CompiledRule[]
  readonly #items: RuleValidator | undefined
  readonly #properties: ReadonlyMap<string, RuleValidator>
  readonly #additional: RuleValidator | undefined

  private constructor(schema: Structural, isResource: boolean) {
    const additional = additionalStructural(schema)
    this.#schema = schema
    this.#selfSchema = isResource ? withResourceFields(schema) : schema
    this.#rules = compileRules(schema, isResource)
    this.#items = schema.items && RuleValidator.of(schema.items, schema.items.isEmbeddedResource)
    this.#additional = additional && RuleValidator.of(additional, additional.isEmbeddedResource)
    this.#properties = new Map(
      [...schema.properties].flatMap(([name, property]) => {
        const validator = RuleValidator.of(property, property.isEmbeddedResource)
        return validator ? [[name, validator] as const] : []
      }),
    )
  }

  /** Undefined when there are no rules. */
  static of(schema: Structural, isResource: boolean): RuleValidator | undefined {
    const validator = new RuleValidator(schema, isResource)
    return validator.#isEmpty ? undefined : validator
  }

  /** What rules do not hold. Without an old value, those about changes are left out. */
  errors(
    value: JsonValue,
    old: JsonValue | undefined,
    path: FieldPath,
    budget: CostBudget,
    correlation?: Correlation,
  ): FieldError[] {
    return this.#errors(value, old, path, budget, { current: correlation })
  }

  get #isEmpty(): boolean {
    return this.#rules.length === 0 && !this.#items && !this.#additional && this.#properties.size === 0
  }

  #errors(
    value: JsonValue,
    old: JsonValue | undefined,
    path: FieldPath,
    budget: CostBudget,
    ratchet: Ratchet,
  ): FieldError[] {
    // A null is for the schema around it to judge.
    if (value === null) return []
    const errors = this.#ownErrors(value, old ?? undefined, path, budget, ratchet)
    if (budget.isSpent) return errors
    if (isList(value)) errors.push(...this.#itemErrors(value, old, path, budget, ratchet))
    else if (isJsonObject(value)) errors.push(...this.#memberErrors(value, old, path, budget, ratchet))
    return errors
  }

  #itemErrors(
    list: readonly JsonValue[],
    old: JsonValue | undefined,
    path: FieldPath,
    budget: CostBudget,
    ratchet: Ratchet,
  ): FieldError[] {
    const items = this.#items
    if (!items) return []
    const { listType, listMapKeys } = this.#schema
    const former = listType === 'map' && isList(old) ? itemsByKey(old, listMapKeys) : undefined
    const errors: FieldError[] = []
    for (let index = 0; index < list.length && !budget.isSpent; index++) {
      const item = list[index] as JsonValue
      const before = former?.get(keyOf(item, listMapKeys))
      const inner = ratchet.current
        ? { current: ratchet.current.item(index), around: ratchet.current }
        : ratchet
      errors.push(...items.#errors(item, before, element(path, index), budget, inner))
    }
    return errors
  }

  #memberErrors(
    object: JsonObject,
    old: JsonValue | undefined,
    path: FieldPath,
    budget: CostBudget,
    ratchet: Ratchet,
  ): FieldError[] {
    const errors: FieldError[] = []
    for (const [name, value] of membersOf(object)) {
      if (budget.isSpent) break
      const property = this.#properties.get(name)
      const validator = property ?? (this.#schema.properties.has(name) ? undefined : this.#additional)
      const inner = property ? child(path, name) : element(path, name)
      if (validator)
        errors.push(...validator.#errors(value, memberOf(old, name), inner, budget, within(ratchet, name)))
    }
    return errors
  }

  #ownErrors(
    value: JsonValue,
    old: JsonValue | undefined,
    path: FieldPath,
    budget: CostBudget,
    ratchet: Ratchet,
  ): FieldError[] {
    const errors: FieldError[] = []
    for (const rule of this.#rules) {
      if (budget.isSpent) break
      if (rule.problem !== undefined) {
        errors.push(invalid(printed(path), this.#schema.type, `rule compile error: ${rule.problem}`))
      } else if (rule.expression && (!rule.usesOldSelf || old !== undefined || rule.rule.optionalOldSelf)) {
        const error = this.#check(rule, rule.expression, value, old, path, budget)
        const isTolerated = error?.isFailure && !rule.usesOldSelf && isUnchanged(ratchet)
        if (error && !isTolerated) errors.push(error.error)
      }
    }
    return errors
  }

  /** `isFailure`: the rule does not hold, as opposed to not having come to an end. */
  #check(
    compiled: CompiledRule,
    expression: Expression,
    value: JsonValue,
    old: JsonValue | undefined,
    path: FieldPath,
    budget: CostBudget,
  ): { readonly error: FieldError; readonly isFailure: boolean } | undefined {
    const { rule } = compiled
    const stopped = (detail: string) => ({
      error: invalid(printed(path), this.#schema.type, detail),
      isFailure: false,
    })
    const frames = () => this.#frames(compiled, value, old)
    const outcome = run(expression, frames, budget)
    if (outcome === true) return undefined
    if (outcome instanceof CostLimitExceeded) {
      if (budget.isSpent)
        return stopped(
          'validation failed due to running out of cost budget, no further validation rules will be run',
        )
      budget.take(Number.POSITIVE_INFINITY)
      return stopped(
        `'${outcome.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${ruleText(rule)}`,
      )
    }
    if (outcome instanceof EvaluationError) {
      if (outcome.message.startsWith('no such overload')) {
        return stopped(
          `'${outcome.message}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText(rule)}`,
        )
      }
      return stopped(`${outcome.message} evaluating rule: ${ruleText(rule)}`)
    }
    const message =
      compiled.messageExpression && usableMessage(run(compiled.messageExpression, frames, budget))
    const detail = message ?? (rule.message ? rule.message.trim() : `failed rule: ${ruleText(rule)}`)
    const at = compiled.fieldPath === '' ? path : child(path, compiled.fieldPath)
    return { error: this.#failure(value, at, detail, rule.reason), isFailure: true }
  }

  #frames({ rule, usesOldSelf }: CompiledRule, value: JsonValue, old: JsonValue | undefined): Frame {
    const self: Frame = { name: 'self', value: schemaValue(value, this.#selfSchema), outer: undefined }
    if (!usesOldSelf) return self
    const former = old === undefined ? undefined : schemaValue(old, this.#selfSchema)
    const oldSelf = rule.optionalOldSelf ? new OptionalValue(former) : (former as Value)
    return { name: 'oldSelf', value: oldSelf, outer: self }
  }

  #failure(value: JsonValue, path: FieldPath, detail: string, reason: string | undefined): FieldError {
    const isLarge = this.#schema.type === 'object' || this.#schema.type === 'array'
    const field = printed(path)
    switch (reason) {
      case 'FieldValueForbidden':
        return forbidden(field, detail)
      case 'FieldValueRequired':
        return required(field, detail)
      case 'FieldValueDuplicate':
        return isLarge
          ? { reason: 'FieldValueDuplicate', field, message: 'Duplicate value' }
          : duplicate(field, value)
      default:
        return isLarge ? invalidUnshown(path, detail) : invalid(field, value, detail)
    }
  }
}

function within({ current, around }: Ratchet, name: string): Ratchet {
  if (!current) return { around }
  // Old and new have been brought to the same version, so what these say is no longer known.
  if (!around && (name === 'apiVersion' || name === 'kind')) return {}
  return { current: current.field(name), around: current }
}

function isUnchanged({ current, around }: Ratchet): boolean {
  return (current ?? around)?.isSame ?? false
}

function run(
  expression: Expression,
  frames: () => Frame,
  budget: CostBudget,
): Value | EvaluationError | CostLimitExceeded {
  const meter = new CostMeter()
  try {
    const value = evaluate(expression, frames(), meter)
    return budget.take(meter.spent) ? value : new CostLimitExceeded()
  } catch (error) {
    if (!(error instanceof EvaluationError || error instanceof CostLimitExceeded)) throw error
    budget.take(meter.spent)
    return error
  }
}

/** The message that an expression has made, unless it is none. */
function usableMessage(value: Value | Error): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  const isUsable = text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= LONGEST_MESSAGE_BYTES
  return isUsable ? text : undefined
}

function ruleText({ message = '', rule = '' }: CompiledRule['rule']): string {
  return (message === '' ? rule : message).trim()
}
