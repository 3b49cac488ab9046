import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../src/controlplane/api/json.ts'
import { customResourceDefinitionKind } from '../../../../src/controlplane/custom/index.ts'
import type { SchemaProps, ValidationRule } from '../../../../src/controlplane/custom/schema/schema-props.ts'
import type { KubeObject } from '../../../../src/controlplane/registry/index.ts'

const { strategy } = customResourceDefinitionKind.type
const ROOT = 'spec.validation.openAPIV3Schema'
const HINT =
  '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)'

function definition(properties: Readonly<Record<string, SchemaProps>>): KubeObject {
  const schema: JsonObject = { type: 'object', properties: properties as JsonObject }
  const object: KubeObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com', resourceVersion: '1' },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  }
  return strategy.prepareForCreate(strategy.withDefaults(object))
}

const told = (errors: readonly { field: string; message: string }[]) =>
  errors.map(({ field, message }) => `${field}: ${message}`)
const errorsOf = (properties: Readonly<Record<string, SchemaProps>>) =>
  told(strategy.validate(definition(properties)))
const ruled = (schema: SchemaProps, ...rules: (string | ValidationRule)[]): SchemaProps => ({
  ...schema,
  'x-kubernetes-validations': rules.map((rule) => (typeof rule === 'string' ? { rule } : rule)),
})

const NUMBERS: SchemaProps = { type: 'array', items: { type: 'number' } }
const SQUARE = 'self.all(x, self.all(y, true))'

describe('rules that may cost too much', () => {
  it('are refused, by how much they do, with the schema that they are too much for', () => {
    expect(errorsOf({ f: ruled(NUMBERS, SQUARE) })).toEqual([
      `${ROOT}.properties[f].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x ${HINT}`,
      `${ROOT}.properties[f].x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`,
      `${ROOT}: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x ${HINT}`,
    ])
  })

  it.each<[string, SchemaProps, string | undefined]>([
    ['a little', { ...NUMBERS, maxItems: 1_900 }, '1.083950x'],
    ['a lot', { ...NUMBERS, maxItems: 4_000 }, '4.8x'],
    ['not', { ...NUMBERS, maxItems: 1_000 }, undefined],
  ])('are refused when it is too much: %s', (_, schema, factor) => {
    const rule = `${ROOT}.properties[f].x-kubernetes-validations[0].rule`
    expect(errorsOf({ f: ruled(schema, SQUARE) })).toEqual(
      factor === undefined
        ? []
        : [`${rule}: Forbidden: estimated rule cost exceeds budget by factor of ${factor} ${HINT}`],
    )
  })

  it('are counted as often as their values can be there', () => {
    const string = ruled({ type: 'string', maxLength: 1000 }, 'self.contains("test")')
    const list = (maxItems?: number): SchemaProps => ({
      type: 'array',
      items: string,
      ...(maxItems === undefined ? {} : { maxItems }),
    })
    expect(errorsOf({ f: list(1_000) })).toEqual([])
    expect(errorsOf({ f: list() })).toEqual([
      expect.stringContaining('by factor of 42.0x'),
      ...[1, 2].map(() => expect.any(String)),
    ])
    expect(errorsOf({ f: { type: 'object', additionalProperties: list(1_000), maxProperties: 30 } })).toEqual(
      [expect.stringContaining('by factor of 1.203000x')],
    )
    expect(errorsOf({ f: { type: 'object', properties: { inner: list(1_000) } } })).toEqual([])
  })

  it('may be too many together, of which the most expensive are named', () => {
    const square = ruled({ ...NUMBERS, maxItems: 1_800 }, ...Array.from({ length: 11 }, () => SQUARE))
    const errors = errorsOf({ f: square })
    expect(errors).toHaveLength(5)
    expect(errors.at(-1)).toBe(
      `${ROOT}: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of 1.070190x ${HINT}`,
    )
  })

  it('may be those that make messages', () => {
    const messageExpression = 'self.all(x, self.all(y, true)) ? "a" : "b"'
    expect(errorsOf({ f: ruled(NUMBERS, { rule: 'true', messageExpression }) })[0]).toMatch(
      /\[0\]\.messageExpression: Forbidden: estimated messageExpression cost exceeds budget by factor of more than 100x/,
    )
  })

  it('may stay where they were, but not be changed', () => {
    const old = definition({ f: ruled(NUMBERS, SQUARE) })
    expect(told(strategy.validateUpdate(old, old))).toEqual([])
    const changed = definition({ f: ruled(NUMBERS, SQUARE), g: { type: 'string' } })
    expect(told(strategy.validateUpdate(changed, old))).toHaveLength(3)
  })
})
