import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonValue } from '../../api/json.ts'
import { type CompiledRule, compileRules } from '../cel/compile-rules.ts'
import { sizedType } from '../cel/sized-type.ts'
import { child, element, type FieldPath } from '../field-path.ts'
import { followSchemaPath, SchemaPathError } from '../schema/schema-path.ts'
import {
  additionalSchema,
  entriesOf,
  itemSchema,
  itemSchemas,
  type SchemaProps,
  type ValidationRule,
} from '../schema/schema-props.ts'
import { structuralOf, UnsupportedSchema } from '../schema/structural.ts'
import { listTypeErrors, mapListErrors } from './list-schema-validation.ts'
import { mostParts, RuleCosts } from './rule-costs.ts'

/** What older definitions may keep doing. */
export interface SchemaRules {
  readonly requiresKnownTypes: boolean
  readonly requiresAtomicSets: boolean
  readonly requiresMapKeys: boolean
  /** Whether a schema was there before: its rules may cost what they like. */
  isKnown(schema: SchemaProps): boolean
}

interface Position {
  readonly rules: SchemaRules
  readonly isRoot: boolean
  /** In the metadata of the object or of one within. */
  readonly isInMeta: boolean
  /** Why there may be no default; empty when there may be one. */
  readonly noDefaultsReason: string
  /** The outermost schema whose parts have no former selves. */
  readonly uncorrelated: FieldPath | undefined
  /** Expressions are checked only where a schema says what there is. */
  readonly checksRules: boolean
  /** Undefined when nobody counts. */
  readonly costs: RuleCosts | undefined
  /** How often the value can be there; undefined where there is no limit. */
  readonly most: number | undefined
}

interface SchemaErrors {
  readonly schema: FieldError[]
  readonly cel: FieldError[]
}

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const META_FIELDS = ['metadata', 'kind', 'apiVersion']
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

/** What is wrong with a schema besides not being structural (ValidateCustomResourceDefinitionOpenAPISchema). */
export function schemaErrors(
  schema: SchemaProps,
  path: FieldPath,
  rules: SchemaRules,
  checksRules: boolean,
): FieldError[] {
  const costs = rules.isKnown(schema) ? undefined : new RuleCosts()
  const found = errorsOf(schema, path, {
    rules,
    isRoot: true,
    isInMeta: false,
    noDefaultsReason: '',
    uncorrelated: undefined,
    checksRules,
    costs,
    most: 1,
  })
  return [...found.schema, ...found.cel, ...(costs?.totalErrors(path) ?? [])]
}

function errorsOf(schema: SchemaProps, path: FieldPath, position: Position): SchemaErrors {
  const found: SchemaErrors = { schema: standardErrors(schema, path, position), cel: [] }
  const parts = mostParts(schema)
  const most = position.most === undefined || parts === undefined ? undefined : position.most * parts
  const inner = (each: SchemaProps, at: FieldPath, changes: Partial<Position> = {}) => {
    const errors = errorsOf(each, at, { ...position, isRoot: false, most, ...changes })
    found.schema.push(...errors.schema)
    found.cel.push(...errors.cel)
  }
  const properties = entriesOf(schema.properties)
  const { additionalProperties } = schema
  if (additionalProperties !== undefined && additionalProperties !== null) {
    if (properties.length > 0 && additionalProperties !== true) {
      const detail = 'additionalProperties and properties are mutual exclusive'
      found.schema.push(forbidden(child(path, 'additionalProperties'), detail))
    }
    const additional = additionalSchema(schema)
    const reason = 'inside additionalProperties applying to object metadata'
    if (additional)
      inner(
        additional,
        child(path, 'additionalProperties'),
        position.isInMeta ? { noDefaultsReason: reason } : {},
      )
  }
  for (const [name, property] of properties) {
    const isMeta = (position.isRoot || schema['x-kubernetes-embedded-resource']) && META_FIELDS.includes(name)
    inner(property, element(child(path, 'properties'), name), {
      ...(isCorrelatableMap(schema) ? {} : { uncorrelated: position.uncorrelated ?? path }),
      ...(isMeta ? { isInMeta: true } : {}),
      ...(isMeta && position.isRoot ? { noDefaultsReason: `in top-level ${name}` } : {}),
    })
  }
  const nested = { checksRules: false }
  if (schema.not) inner(schema.not, child(path, 'not'), nested)
  for (const junctor of ['allOf', 'oneOf', 'anyOf'] as const)
    (schema[junctor] ?? []).forEach((each, i) => void inner(each, element(child(path, junctor), i), nested))
  for (const [name, each] of entriesOf(schema.definitions))
    inner(each, element(child(path, 'definitions'), name), nested)
  const uncorrelated =
    schema['x-kubernetes-list-type'] === 'map' ? position.uncorrelated : (position.uncorrelated ?? path)
  const items = itemSchema(schema)
  if (items) inner(items, child(path, 'items'), { uncorrelated })
  itemSchemas(schema).forEach(
    (each, i) => void inner(each, element(child(path, 'items'), i), { uncorrelated }),
  )

  found.schema.push(...extensionErrors(schema, path, position.rules))
  const expressions = schema['x-kubernetes-validations'] ?? []
  const rulesPath = child(path, 'x-kubernetes-validations')
  expressions.forEach((rule, i) => void found.schema.push(...ruleErrors(rule, schema, element(rulesPath, i))))
  if (expressions.length > 0 && position.checksRules && found.schema.length === 0)
    found.cel.push(...expressionErrors(schema, rulesPath, position))
  return found
}

function isCorrelatableMap(schema: SchemaProps): boolean {
  return ['granular', 'atomic', undefined, null].includes(schema['x-kubernetes-map-type'])
}

function standardErrors(schema: SchemaProps, path: FieldPath, position: Position): FieldError[] {
  const errors: FieldError[] = []
  const refuse = (name: string, detail = `${name} is not supported`) =>
    errors.push(forbidden(child(path, name), detail))
  const { type = '' } = schema
  if (position.rules.requiresKnownTypes && type !== '' && !TYPES.includes(type))
    errors.push(notSupported(child(path, 'type'), type, TYPES))
  if ((schema.default ?? undefined) !== undefined && position.noDefaultsReason !== '')
    refuse('default', `must not be set ${position.noDefaultsReason}`)
  if (schema.id) refuse('id')
  if (schema.additionalItems !== undefined && schema.additionalItems !== null) refuse('additionalItems')
  if (entriesOf(schema.patternProperties).length > 0) refuse('patternProperties')
  if (entriesOf(schema.definitions).length > 0) refuse('definitions')
  if (schema.dependencies) refuse('dependencies')
  if (typeof schema.$ref === 'string') refuse('$ref')
  if (type === 'null') refuse('type', 'type cannot be set to null, use nullable as an alternative')
  if (itemSchemas(schema).length > 0) refuse('items', 'items must be a schema object and not an array')
  if (position.isInMeta && schema['x-kubernetes-embedded-resource'])
    refuse('x-kubernetes-embedded-resource', 'must not be used inside of resource meta')
  if (schema.uniqueItems)
    refuse('uniqueItems', 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic')
  return errors
}

function extensionErrors(schema: SchemaProps, path: FieldPath, rules: SchemaRules): FieldError[] {
  const errors: FieldError[] = []
  const preserve = 'x-kubernetes-preserve-unknown-fields'
  if (schema[preserve] === false)
    errors.push(invalid(child(path, preserve), false, 'must be true or undefined'))
  const mapType = schema['x-kubernetes-map-type'] ?? undefined
  if (mapType !== undefined && schema.type !== 'object')
    errors.push(typeError(schema, path, 'must be object if x-kubernetes-map-type is specified'))
  if (mapType !== undefined && !['atomic', 'granular'].includes(mapType))
    errors.push(notSupported(child(path, 'x-kubernetes-map-type'), mapType, ['atomic', 'granular']))
  errors.push(...listTypeErrors(schema, path, rules.requiresAtomicSets))
  if (rules.requiresMapKeys) errors.push(...mapListErrors(schema, path))
  return errors
}

export function typeError({ type = '' }: SchemaProps, path: FieldPath, detail: string): FieldError {
  const field = child(path, 'type')
  return type === '' ? required(field, detail) : invalid(field, type, detail)
}

function ruleErrors(rule: ValidationRule, schema: SchemaProps, path: FieldPath): FieldError[] {
  const { message = '', messageExpression = '', reason, fieldPath = '' } = rule
  const text = (rule.rule ?? '').trim()
  const errors: FieldError[] = []
  if (text === '') errors.push(required(child(path, 'rule'), 'rule is not specified'))
  else if (message !== '' && message.trim() === '')
    errors.push(invalid(child(path, 'message'), message, 'must be non-empty if specified'))
  else if (hasNewlines(message.trim()))
    errors.push(invalid(child(path, 'message'), message, 'must not contain line breaks'))
  else if (hasNewlines(text) && message.trim() === '')
    errors.push(required(child(path, 'message'), 'message must be specified if rule contains line breaks'))
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.push(
      required(child(path, 'messageExpression'), 'messageExpression must be non-empty if specified'),
    )
  if (typeof reason === 'string' && !REASONS.includes(reason))
    errors.push(notSupported(child(path, 'reason'), reason, REASONS))
  const wrong = (detail: string) => errors.push(invalid(child(path, 'fieldPath'), fieldPath, detail))
  if (fieldPath !== '' && fieldPath.trim() === '') wrong('must be non-empty if specified')
  if (hasNewlines(fieldPath)) wrong('must not contain line breaks')
  if (fieldPath !== '' && !isPathIn(schema, fieldPath)) wrong('must be a valid path')
  return errors
}

function hasNewlines(text: string): boolean {
  return /[\n\r]/.test(text)
}

function isPathIn(schema: SchemaProps, path: string): boolean {
  try {
    followSchemaPath(path, structuralOf(schema))
    return true
  } catch (error) {
    if (error instanceof SchemaPathError) return false
    if (error instanceof UnsupportedSchema) return true
    throw error
  }
}

function expressionErrors(
  schema: SchemaProps,
  path: FieldPath,
  { isRoot, uncorrelated, costs, most }: Position,
): FieldError[] {
  const isResource = isRoot || schema['x-kubernetes-embedded-resource'] === true
  const structural = structuralOf(schema)
  const self = costs && sizedType(structural)
  return compileRules(structural, isResource).flatMap((compiled, index) => {
    const at = element(path, index)
    return [
      ...(self ? costs.errorsOf(compiled, at, { self, most }) : []),
      ...compiledErrors(compiled, at, uncorrelated),
    ]
  })
}

function compiledErrors(
  { rule, problem, messageProblem, usesOldSelf }: CompiledRule,
  path: FieldPath,
  uncorrelated: FieldPath | undefined,
): FieldError[] {
  const errors: FieldError[] = []
  const printed = printedRule(rule)
  if (problem !== undefined) errors.push(invalid(child(path, 'rule'), printed, problem))
  if (messageProblem !== undefined)
    errors.push(invalid(child(path, 'messageExpression'), printed, messageProblem))
  if (usesOldSelf && uncorrelated !== undefined) {
    const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`
    errors.push(invalid(child(path, 'rule'), rule.rule, detail))
  } else if (!usesOldSelf && typeof rule.optionalOldSelf === 'boolean') {
    const detail = 'may not be set if oldSelf is not used in rule'
    errors.push(invalid(child(path, 'optionalOldSelf'), rule.optionalOldSelf, detail))
  }
  return errors
}

/** As the original's own type is printed, whose fields have other names. */
function printedRule(rule: ValidationRule): JsonValue {
  return {
    Rule: rule.rule ?? '',
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }
}
