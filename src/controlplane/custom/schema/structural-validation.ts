import { patternProblem } from '../../../common/pattern.ts'
import { type FieldError, forbidden, invalid, required } from '../../api/field-error.ts'
import { child, element, type FieldPath, printed } from '../field-path.ts'
import type { SchemaProps } from './schema-props.ts'
import { additionalStructural, type Structural } from './structural.ts'

type Level = 'root' | 'item' | 'field'

/** What keeps a schema from being structural, sorted by its text (apiserver/schema/validation.go and complete.go). */
export function structuralErrors(schema: Structural, path: FieldPath): FieldError[] {
  const errors = [...invariantErrors(schema, 'root', path), ...completenessErrors(schema, schema, path, path)]
  return errors
    .map((error) => ({ error, text: `${error.field}: ${error.message}` }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ error }) => error)
}

function invariantErrors(schema: Structural, level: Level, path: FieldPath): FieldError[] {
  const additional = additionalStructural(schema)
  const errors: FieldError[] = []
  if (schema.type === 'array' && !schema.items)
    errors.push(required(child(path, 'items'), 'must be specified'))
  if (schema.items) errors.push(...invariantErrors(schema.items, 'item', child(path, 'items')))
  for (const [name, property] of schema.properties)
    errors.push(...invariantErrors(property, 'field', propertyPath(path, name)))
  if (schema.additionalProperties !== undefined && level === 'root')
    errors.push(forbidden(child(path, 'additionalProperties'), 'must not be used at the root'))
  if (additional) errors.push(...invariantErrors(additional, 'field', child(path, 'additionalProperties')))
  errors.push(
    ...extensionErrors(schema, path),
    ...valueErrors(schema, isIntOrStringChoice(schema), isIntOrStringConjunction(schema), path),
    ...typeErrors(schema, level, path),
    ...resourceErrors(schema, level, path),
  )
  return errors
}

function extensionErrors(schema: Structural, path: FieldPath): FieldError[] {
  if (!schema.isIntOrString) return []
  const detail = 'must be false if x-kubernetes-int-or-string is true'
  return [
    schema.preservesUnknownFields && 'x-kubernetes-preserve-unknown-fields',
    schema.isEmbeddedResource && 'x-kubernetes-embedded-resource',
  ]
    .filter((name) => name !== false)
    .map((name) => invalid(child(path, name), true, detail))
}

const EMPTY_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function typeErrors(schema: Structural, level: Level, path: FieldPath): FieldError[] {
  const { type } = schema
  const errors: FieldError[] = []
  if (schema.isEmbeddedResource && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true'
    errors.push(
      type === '' ? required(child(path, 'type'), detail) : invalid(child(path, 'type'), type, detail),
    )
  } else if (type === '' && !schema.isIntOrString && !schema.preservesUnknownFields) {
    errors.push(required(child(path, 'type'), EMPTY_TYPE[level]))
  }
  if (schema.isEmbeddedResource && schema.additionalProperties !== undefined) {
    const detail = 'must not be used if x-kubernetes-embedded-resource is set'
    errors.push(forbidden(child(path, 'additionalProperties'), detail))
  }
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalid(child(path, 'type'), type, 'must be object at the root'))
  return errors
}

function resourceErrors(schema: Structural, level: Level, path: FieldPath): FieldError[] {
  const isResource = level === 'root' || schema.isEmbeddedResource
  const errors: FieldError[] = []
  for (const name of ['kind', 'apiVersion']) {
    const property = schema.properties.get(name)
    if (isResource && property && property.type !== 'string')
      errors.push(invalid(child(propertyPath(path, name), 'type'), property.type, 'must be string'))
  }
  const metadata = schema.properties.get('metadata')
  if (metadata) errors.push(...metadataErrors(metadata, isResource, level, propertyPath(path, 'metadata')))
  if (schema.isEmbeddedResource && !schema.preservesUnknownFields && schema.properties.size === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'
    errors.push(required(child(path, 'properties'), detail))
  }
  return errors
}

function metadataErrors(
  { type, props, properties }: Structural,
  isResource: boolean,
  level: Level,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  if (isResource && type !== 'object') errors.push(invalid(child(path, 'type'), type, 'must be object'))
  if (level !== 'root') return errors
  const isNamesOnly = [...properties.keys()].every((name) => name === 'name' || name === 'generateName')
  const { type: _, default: __, properties: ___, ...rest } = props
  if (!isNamesOnly || Object.values(rest).some(saysSomething)) {
    const detail =
      'must not specify anything other than name and generateName, but metadata is implicitly specified'
    errors.push(forbidden(path, detail))
  }
  return errors
}

function saysSomething(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== false
}

/** `anyOf: [{type: integer}, {type: string}]`, which may be written beside the extension that means the same. */
function isIntOrStringChoice({ anyOf }: Structural): boolean {
  return (
    anyOf.length === 2 && ['integer', 'string'].every((type, index) => isTypeOnly(anyOf[index]?.props, type))
  )
}

function isIntOrStringConjunction({ allOf }: Structural): boolean {
  return allOf[0] !== undefined && isIntOrStringChoice(allOf[0])
}

function isTypeOnly(props: SchemaProps | undefined, type: string): boolean {
  const { type: given, ...rest } = props ?? {}
  return given === type && !Object.values(rest).some(saysSomething)
}

function valueErrors(
  schema: Structural,
  skipsChoice: boolean,
  skipsFirstChoice: boolean,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  if (!skipsChoice)
    schema.anyOf.forEach(
      (each, i) => void errors.push(...nestedErrors(each, false, element(child(path, 'anyOf'), i))),
    )
  schema.allOf.forEach((each, i) => {
    errors.push(...nestedErrors(each, skipsFirstChoice && i === 0, element(child(path, 'allOf'), i)))
  })
  schema.oneOf.forEach(
    (each, i) => void errors.push(...nestedErrors(each, false, element(child(path, 'oneOf'), i))),
  )
  if (schema.not) errors.push(...nestedErrors(schema.not, false, child(path, 'not')))
  const { pattern = '' } = schema.props
  const problem = pattern === '' ? undefined : patternProblem(pattern)
  if (problem !== undefined) {
    const detail = `must be a valid regular expression, but isn't: ${problem}`
    errors.push(invalid(child(path, 'pattern'), pattern, detail))
  }
  return errors
}

/** Within `allOf` and the like, nothing may say what there is. */
function nestedErrors(schema: Structural, skipsChoice: boolean, path: FieldPath): FieldError[] {
  const errors = valueErrors(schema, skipsChoice, false, path)
  const refuse = (name: string, detail: string) => errors.push(forbidden(child(path, name), detail))
  if (schema.items) errors.push(...nestedErrors(schema.items, false, child(path, 'items')))
  for (const [name, property] of schema.properties)
    errors.push(...nestedErrors(property, false, propertyPath(path, name)))
  const { props } = schema
  if (schema.type !== '') refuse('type', 'must be empty to be structural')
  if (schema.additionalProperties) refuse('additionalProperties', 'must be undefined to be structural')
  if (schema.default !== undefined) refuse('default', 'must be undefined to be structural')
  if (props.title) refuse('title', 'must be empty to be structural')
  if (props.description) refuse('description', 'must be empty to be structural')
  if (schema.nullable) refuse('nullable', 'must be false to be structural')
  if (schema.preservesUnknownFields)
    refuse('x-kubernetes-preserve-unknown-fields', 'must be false to be structural')
  if (schema.isEmbeddedResource) refuse('x-kubernetes-embedded-resource', 'must be false to be structural')
  if (schema.isIntOrString) refuse('x-kubernetes-int-or-string', 'must be false to be structural')
  if (schema.listMapKeys.length > 0) refuse('x-kubernetes-list-map-keys', 'must be empty to be structural')
  if (schema.listType !== undefined) refuse('x-kubernetes-list-type', 'must be undefined to be structural')
  if (schema.mapType !== undefined) refuse('x-kubernetes-map-type', 'must be undefined to be structural')
  if (schema.rules.length > 0) refuse('x-kubernetes-validations', 'must be empty to be structural')
  if (schema.properties.has('metadata'))
    errors.push(forbidden(propertyPath(path, 'metadata'), 'must not be specified in a nested context'))
  return errors
}

/** Whatever `allOf` and the like say something about must be declared outside of them. */
function completenessErrors(
  values: Structural,
  declared: Structural,
  declaredPath: FieldPath,
  valuesPath: FieldPath,
): FieldError[] {
  const within = (nested: Structural, path: FieldPath) =>
    nestedCompleteness(nested, declared, declaredPath, path)
  return [
    ...(values.not ? within(values.not, child(valuesPath, 'not')) : []),
    ...values.allOf.flatMap((each, i) => within(each, element(child(valuesPath, 'allOf'), i))),
    ...values.anyOf.flatMap((each, i) => within(each, element(child(valuesPath, 'anyOf'), i))),
    ...values.oneOf.flatMap((each, i) => within(each, element(child(valuesPath, 'oneOf'), i))),
  ]
}

function nestedCompleteness(
  values: Structural,
  declared: Structural | undefined,
  declaredPath: FieldPath,
  valuesPath: FieldPath,
): FieldError[] {
  if (!declared) return [required(declaredPath, `because it is defined in ${printed(valuesPath)}`)]
  const errors = completenessErrors(values, declared, declaredPath, valuesPath)
  if (values.items) {
    const path = child(declaredPath, 'items')
    errors.push(...nestedCompleteness(values.items, declared.items, path, child(valuesPath, 'items')))
  }
  for (const [name, property] of values.properties) {
    const path = propertyPath(declaredPath, name)
    errors.push(
      ...nestedCompleteness(property, declared.properties.get(name), path, propertyPath(valuesPath, name)),
    )
  }
  return errors
}

function propertyPath(path: FieldPath, name: string): FieldPath {
  return element(child(path, 'properties'), name)
}
