import { CostBudget } from '../../../cel/cost.ts'
import { sameJson } from '../../../common/json-tools.ts'
import { type FieldError, invalid } from '../../api/field-error.ts'
import { RuleValidator } from '../cel/rule-validator.ts'
import { child, element, type FieldPath } from '../field-path.ts'
import { embeddedErrors } from '../schema/embedded-resources.ts'
import { pruneValue } from '../schema/prune.ts'
import type { Structural } from '../schema/structural.ts'
import { valueErrors } from '../schema/value-validator.ts'

/**
 * What is wrong with defaults: they must have known fields only, and be valid (apiserver/schema/defaulting/validation.go). Those
 * within additional properties are never applied, and so not looked at.
 */
export function defaultErrors(schema: Structural, path: FieldPath, requiresPruned: boolean): FieldError[] {
  return errorsOf(schema, path, requiresPruned, true, new CostBudget())
}

function errorsOf(
  schema: Structural,
  path: FieldPath,
  requiresPruned: boolean,
  isRoot: boolean,
  budget: CostBudget,
): FieldError[] {
  if (budget.isSpent) return []
  const errors = ownErrors(schema, child(path, 'default'), requiresPruned, isRoot, budget)
  if (schema.items)
    errors.push(...errorsOf(schema.items, child(path, 'items'), requiresPruned, false, budget))
  for (const [name, property] of schema.properties) {
    const inner = element(child(path, 'properties'), name)
    errors.push(...errorsOf(property, inner, requiresPruned, false, budget))
  }
  return errors
}

function ownErrors(
  schema: Structural,
  path: FieldPath,
  requiresPruned: boolean,
  isRoot: boolean,
  budget: CostBudget,
): FieldError[] {
  const value = schema.default
  if (value === undefined) return []
  const errors: FieldError[] = []
  if (requiresPruned && !sameJson(pruneValue(value, schema), value))
    errors.push(invalid(path, value, 'must not have unknown fields'))
  const embedded = embeddedErrors(schema, value, path)
  if (embedded.length > 0) return [...errors, ...embedded]
  const wrong = valueErrors(schema, value, path)
  if (wrong.length > 0) return [...errors, ...wrong]
  const validator = RuleValidator.of(schema, isRoot || schema.isEmbeddedResource)
  if (!validator) return errors
  // It may come to replace itself, and to be new.
  const replaced = validator.errors(value, value, path, budget)
  return [...errors, ...(replaced.length > 0 ? replaced : validator.errors(value, undefined, path, budget))]
}
