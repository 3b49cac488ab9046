import { goFloat, isNearlyWhole } from '../../../common/go-number.ts'
import { hasMember, isList, jsonType, membersOf, sameJson } from '../../../common/json-tools.ts'
import { matchesPattern, patternProblem } from '../../../common/pattern.ts'
import { effectiveFormat, hasFormat } from '../../../common/string-formats.ts'
import type { FieldError } from '../../api/field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../api/json.ts'
import type { FieldPath } from '../field-path.ts'
import type { Correlation } from './correlation.ts'
import { additionalStructural, type Structural } from './structural.ts'
import { ValidationResult, violationError } from './validation-result.ts'

/**
 * What values a schema does not allow, in the original's words and order (k8s.io/kube-openapi, validation/validate). With a
 * correlation, what was so before is tolerated.
 */
export function valueErrors(
  schema: Structural,
  value: JsonValue,
  path: FieldPath,
  correlation?: Correlation,
): FieldError[] {
  return ratcheted(schema, value, '', correlation).violations.map((each) => violationError(each, path))
}

function ratcheted(
  schema: Structural,
  value: JsonValue,
  name: string,
  correlation: Correlation | undefined,
): ValidationResult {
  const result = validated(schema, value, name, correlation)
  return !result.isValid && correlation?.isSame ? new ValidationResult() : result
}

function validated(
  schema: Structural,
  value: JsonValue,
  name: string,
  correlation: Correlation | undefined,
): ValidationResult {
  const result = new ValidationResult()
  const run = (validate: (result: ValidationResult) => void) => {
    const part = new ValidationResult()
    validate(part)
    result.merge(part)
    result.matchCount++
  }
  const types = schema.isIntOrString ? ['integer', 'string'] : schema.type === '' ? [] : [schema.type]
  const format = effectiveFormat(types, schema.props.format)
  if (types.length > 0 || format !== '') run((part) => checkType(schema, types, format, value, name, part))
  if (value === null) {
    checkEnum(schema, value, name, result)
    return result
  }
  run((part) => checkJunctors(schema, value, name, correlation, part))
  if (typeof value === 'string') {
    run((part) => checkString(schema, value, name, part))
    run((part) => checkFormat(format, value, name, part))
  }
  if (isNumber(value)) run((part) => checkNumber(schema, types, format, value, name, part))
  if (isList(value)) run((part) => checkList(schema, value, name, correlation, part))
  run((part) => checkEnum(schema, value, name, part))
  if (isJsonObject(value)) run((part) => checkObject(schema, value, name, correlation, part))
  result.matchCount++
  return result
}

function checkType(
  { nullable }: Structural,
  types: readonly string[],
  format: string,
  value: JsonValue,
  name: string,
  result: ValidationResult,
): void {
  const given = jsonType(value)
  const wrong = (expected: string, found: string) => {
    result.add({
      kind: 'type',
      name,
      value: found,
      message: `${name} in body must be of type ${expected}: ${JSON.stringify(found)}`,
    })
  }
  if (value === null) {
    if (types.length > 0 && !nullable) wrong(types.join(','), 'null')
    else result.matchCount++
    return
  }
  const fits =
    types.includes(given) ||
    (isNumber(value) && isNearlyWhole(Number(value)) && types.includes('integer')) ||
    (given === 'integer' && types.includes('number'))
  const isTextual = typeof value === 'string' || isList(value)
  if (!isTextual && format !== '' && !fits) {
    wrong(format, isNumber(value) ? (given === 'integer' ? 'int64' : 'float64') : '')
  } else if (
    !(isTextual && format !== '' && !types.includes('number') && !types.includes('integer')) &&
    !fits
  ) {
    wrong(types.join(','), given)
  } else {
    result.matchCount++
  }
}

function checkJunctors(
  schema: Structural,
  value: JsonValue,
  name: string,
  correlation: Correlation | undefined,
  result: ValidationResult,
): void {
  const quoted = JSON.stringify(name)
  const against = (each: Structural) => validated(each, value, name, correlation)
  if (schema.anyOf.length > 0) checkAnyOf(schema.anyOf, against, quoted, result)
  if (schema.oneOf.length > 0) checkOneOf(schema.oneOf, against, quoted, result)
  if (schema.allOf.length > 0) {
    const results = schema.allOf.map(against)
    for (const each of results) result.merge(each)
    const passed = results.filter(({ isValid }) => isValid).length
    if (passed < results.length)
      result.addWhole(
        `${quoted} must validate all the schemas (allOf)${passed === 0 ? '. None validated' : ''}`,
      )
  }
  if (schema.not && against(schema.not).isValid)
    result.addWhole(`${quoted} must not validate the schema (not)`)
  result.matchCount++
}

function checkAnyOf(
  schemas: readonly Structural[],
  against: (schema: Structural) => ValidationResult,
  quoted: string,
  result: ValidationResult,
): void {
  let best: ValidationResult | undefined
  for (const schema of schemas) {
    const each = against(schema)
    if (each.isValid) {
      result.merge(each)
      return
    }
    if (!best || each.matchCount > best.matchCount) best = each
  }
  result.addWhole(`${quoted} must validate at least one schema (anyOf)`)
  if (best) result.merge(best)
}

function checkOneOf(
  schemas: readonly Structural[],
  against: (schema: Structural) => ValidationResult,
  quoted: string,
  result: ValidationResult,
): void {
  const results = schemas.map(against)
  const passed = results.filter(({ isValid }) => isValid)
  if (passed.length === 1 && passed[0]) {
    result.merge(passed[0])
    return
  }
  const found = passed.length === 0 ? 'Found none valid' : `Found ${passed.length} valid alternatives`
  result.addWhole(`${quoted} must validate one and only one schema (oneOf). ${found}`)
  if (passed.length > 0) return
  result.merge(results.reduce((best, each) => (each.matchCount > best.matchCount ? each : best)))
}

function checkString({ props }: Structural, value: string, name: string, result: ValidationResult): void {
  const { maxLength, minLength, pattern } = props
  const fail = (what: string) =>
    result.add({ kind: 'value', name, value, message: `${name} in body should ${what}` })
  const length = maxLength !== undefined || minLength !== undefined ? codePoints(value) : 0
  if (typeof maxLength === 'number' && length > maxLength) {
    const message = `${name} in body should be at most ${maxLength} chars long`
    result.add({ kind: 'tooLong', name, most: maxLength, message })
  } else if (typeof minLength === 'number' && length < minLength) {
    fail(`be at least ${minLength} chars long`)
  } else if (pattern) {
    const problem = patternProblem(pattern)
    if (problem !== undefined) fail(`match '${pattern}, but pattern is invalid: ${problem}'`)
    else if (!matchesPattern(pattern, value)) fail(`match '${pattern}'`)
  }
}

function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function checkFormat(format: string, value: string, name: string, result: ValidationResult): void {
  if (format === '' || hasFormat(format, value) !== false) return
  const message = `${name} in body must be of type ${format}: ${JSON.stringify(value)}`
  result.add({ kind: 'type', name, value, message })
}

function checkNumber(
  { props }: Structural,
  types: readonly string[],
  format: string,
  value: number | bigint,
  name: string,
  result: ValidationResult,
): void {
  const type = types.length === 1 ? (types[0] ?? '') : ''
  const isInt = isWhole(value)
  const inRange = (number: number | bigint, what: string) => {
    const problem = rangeProblem(number, type, format)
    if (problem) result.addWhole(`${what} value must be of type ${problem} in ${name}`)
    return !problem
  }
  const fail = (what: string) =>
    result.add({ kind: 'value', name, value, message: `${name} in body should be ${what}` })
  const print = (bound: number) => (isInt ? String(bound) : goFloat(bound))
  inRange(value, 'Checked')
  const { multipleOf, minimum, maximum } = props
  if (typeof multipleOf === 'number') {
    const factor = inRange(multipleOf, 'MultipleOf') && isInt ? Math.trunc(multipleOf) : multipleOf
    if (factor <= 0) {
      const message = `factor MultipleOf declared for ${name} must be positive: ${print(factor)}`
      result.add({ kind: 'value', name, value: factor, message })
    } else if (!isNearlyWhole(factor < 1 ? (1 / factor) * Number(value) : Number(value) / factor)) {
      fail(`a multiple of ${print(factor)}`)
    }
  }
  if (typeof minimum === 'number') {
    const least = inRange(minimum, 'Minimum boundary') && isInt ? Math.trunc(minimum) : minimum
    if (props.exclusiveMinimum && value <= least) fail(`greater than ${print(least)}`)
    if (!props.exclusiveMinimum && value < least) fail(`greater than or equal to ${print(least)}`)
  }
  if (typeof maximum === 'number') {
    const most = inRange(maximum, 'Maximum boundary') && isInt ? Math.trunc(maximum) : maximum
    if (props.exclusiveMaximum && value >= most) fail(`less than ${print(most)}`)
    if (!props.exclusiveMaximum && value > most) fail(`less than or equal to ${print(most)}`)
  }
  result.matchCount++
}

function isNumber(value: JsonValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function isWhole(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isInteger(value)
}

const MAX_FLOAT32 = 3.4028235677973366e38

/** What a number should be and is not. */
function rangeProblem(value: number | bigint, type: string, format: string): string | undefined {
  const isOutside =
    type === 'integer'
      ? !isWhole(value) ||
        (format === 'int32' ? value < -(2 ** 31) || value >= 2 ** 31 : value < -(2 ** 63) || value >= 2 ** 63)
      : format === 'float' && Math.abs(Number(value)) >= MAX_FLOAT32
  if (!isOutside) return undefined
  return format === '' ? `${type} (default format)` : `${type} with format ${format}`
}

function checkList(
  { props, items }: Structural,
  value: readonly JsonValue[],
  name: string,
  correlation: Correlation | undefined,
  result: ValidationResult,
): void {
  if (items) {
    for (let i = 0; i < value.length && !result.isFull; i++)
      result.merge(ratcheted(items, value[i] as JsonValue, `${name}[${i}]`, correlation?.item(i)))
  }
  const { minItems, maxItems } = props
  if (typeof minItems === 'number' && value.length < minItems) {
    const message = `${name} in body should have at least ${minItems} items`
    result.add({ kind: 'value', name, value: value.length, message })
  }
  if (typeof maxItems === 'number' && value.length > maxItems) {
    const message = `${name} in body should have at most ${maxItems} items`
    result.add({ kind: 'tooMany', name, value: value.length, most: maxItems, message })
  }
  result.matchCount++
}

function checkEnum({ props }: Structural, value: JsonValue, name: string, result: ValidationResult): void {
  const allowed = props.enum ?? []
  if (allowed.length === 0 || allowed.some((each) => each !== null && sameJson(each, value))) return
  const message = `${name} in body should be one of ${JSON.stringify(allowed)}`
  result.add({ kind: 'enum', name, value, allowed, message })
}

function checkObject(
  schema: Structural,
  value: JsonObject,
  name: string,
  correlation: Correlation | undefined,
  result: ValidationResult,
): void {
  const { minProperties, maxProperties, required = [] } = schema.props
  const members = membersOf(value)
  if (typeof minProperties === 'number' && members.length < minProperties) {
    const message = `${name} in body should have at least ${minProperties} properties`
    result.add({ kind: 'value', name, value: members.length, message })
  }
  if (typeof maxProperties === 'number' && members.length > maxProperties) {
    const message = `${name} in body should have at most ${maxProperties} properties`
    result.add({ kind: 'tooMany', name, value: members.length, most: maxProperties, message })
  }
  const additional = additionalStructural(schema)
  const former = (field: string) =>
    name === '' && (field === 'kind' || field === 'apiVersion') ? undefined : correlation?.field(field)
  for (const [field, each] of members) {
    if (result.isFull) break
    if (schema.properties.has(field)) continue
    if (schema.additionalProperties === false) {
      const message = `${name}.${field} in body is a forbidden property`
      result.add({ kind: 'value', name, value: field, message })
    } else if (additional) {
      result.merge(ratcheted(additional, each, `${name}.${field}`, former(field)))
    }
  }
  for (const [field, property] of schema.properties) {
    if (!hasMember(value, field)) continue
    const each = value[field] as JsonValue
    result.merge(ratcheted(property, each, name === '' ? field : `${name}.${field}`, former(field)))
  }
  for (const field of required) {
    if (hasMember(value, field)) continue
    const path = `${name}.${field}`
    result.add({ kind: 'required', name: path, message: `${path} in body is required` })
  }
}
