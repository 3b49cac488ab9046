import { type FieldError, forbidden } from '../../api/field-error.ts'
import type { CompiledRule } from '../cel/compile-rules.ts'
import { mostOf, type SizedType } from '../cel/sized-type.ts'
import { staticCost } from '../cel/static-cost.ts'
import { child, type FieldPath } from '../field-path.ts'
import { additionalSchema, type SchemaProps } from '../schema/schema-props.ts'

const RULE_LIMIT = 10_000_000
const SCHEMA_LIMIT = 100_000_000
/** Those that are to blame for a whole schema: the most expensive ones, of which each costs more than a hundredth of the limit. */
const MOST_NAMED = 4
const LEAST_NAMED_COST = SCHEMA_LIMIT / 100

/** How often a schema's parts can be where it is once; undefined where there is no limit. */
export function mostParts(schema: SchemaProps): number | undefined {
  if (schema.type === 'array') return schema.maxItems ?? undefined
  return schema.type === 'object' && additionalSchema(schema) ? (schema.maxProperties ?? undefined) : 1
}

/** What the rules of one schema can cost (apis/apiextensions/validation/cel_validation.go). */
export class RuleCosts {
  #total = 0
  readonly #expensive: { readonly path: FieldPath; readonly cost: number }[] = []

  /** What is wrong with one rule. `most` is how often its value can be there; undefined where no schema around it has a limit. */
  errorsOf(
    { expression, messageExpression }: CompiledRule,
    path: FieldPath,
    { self, most }: { readonly self: SizedType; readonly most: number | undefined },
  ): FieldError[] {
    const times = most ?? mostOf(self)
    const cost = expression ? staticCost(expression, self) * times : 0
    const messageCost = messageExpression ? staticCost(messageExpression, self) : 0
    return [
      ...this.#observe(child(path, 'rule'), 'rule', cost),
      ...this.#observe(child(path, 'messageExpression'), 'messageExpression', messageCost),
    ]
  }

  /** What is wrong with the rules of the whole schema. */
  totalErrors(path: FieldPath): FieldError[] {
    if (this.#total <= SCHEMA_LIMIT) return []
    const detail = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
    return [
      ...this.#expensive
        .toSorted((one, other) => other.cost - one.cost)
        .slice(0, MOST_NAMED)
        .map((each) => forbidden(each.path, detail)),
      forbidden(path, exceeded(what, this.#total, SCHEMA_LIMIT)),
    ]
  }

  #observe(path: FieldPath, what: string, cost: number): FieldError[] {
    this.#total += cost
    if (cost >= LEAST_NAMED_COST) this.#expensive.push({ path, cost })
    return cost > RULE_LIMIT ? [forbidden(path, exceeded(`estimated ${what} cost`, cost, RULE_LIMIT))] : []
  }
}

function exceeded(what: string, cost: number, limit: number): string {
  const factor = cost / limit
  const text = factor > 100 ? 'more than 100x' : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`
  return `${what} exceeds budget by factor of ${text} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}
