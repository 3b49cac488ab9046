import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import { decodeBody } from '../../../src/controlplane/codec/index.ts'
import { builtinKinds } from '../../../src/controlplane/kinds/index.ts'
import type { KubeObject, ResourceType } from '../../../src/controlplane/registry/index.ts'
import { jsonFieldsOf, typeOfKind } from '../../../src/controlplane/schema/builtin-types.ts'
import type { FieldType } from '../../../src/controlplane/schema/type-facts.ts'

const TEXTS = [
  '',
  'a',
  'A/b',
  '*',
  '10.0.0.0/8',
  '::1',
  '1%',
  '__proto__',
  'Indexed',
  'Limited',
  'RollingUpdate',
  'Exact',
]
const TIMES = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']
const DEEPEST = 7

/** Any value of a type, and now and then null. */
function anyOf(type: FieldType, depth: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'scalar':
      switch (type.name) {
        case 'string':
          return fc.constantFrom(...TEXTS)
        case 'bool':
          return fc.boolean()
        case 'bytes':
          return fc.constantFrom('', 'YQ==')
        default:
          return fc.constantFrom(-1, 0, 1, 70_000)
      }
    case 'wellKnown':
      if (type.name === 'quantity') return fc.constantFrom('-1', '0', '1Gi')
      if (type.name === 'time' || type.name === 'microTime') return fc.constantFrom(...TIMES)
      if (type.name === 'intOrString') return fc.constantFrom(-1, 0, 5, '', '5%', 'http')
      return fc.constantFrom({ a: null }, { a: [1] })
    case 'list':
      return fc.oneof(fc.constant(null), fc.array(anyOf(type.element, depth + 1), { maxLength: 2 }))
    case 'map':
      return fc.dictionary(fc.constantFrom(...TEXTS), anyOf(type.value, depth + 1), { maxKeys: 2 })
    case 'message':
      return depth > DEEPEST ? fc.constant({}) : anyMessage(type.id, depth + 1)
  }
}

function anyMessage(id: string, depth: number): fc.Arbitrary<object> {
  const fields = jsonFieldsOf(id).filter(
    ({ field }) => depth > 0 || !['kind', 'apiVersion', 'metadata'].includes(field.name),
  )
  return fc.record(
    Object.fromEntries(
      fields.map(({ field }) => [field.name, fc.oneof(fc.constant(null), anyOf(field.type, depth))]),
    ),
    { requiredKeys: [] },
  )
}

function apiVersionOf({ group, version }: ResourceType): string {
  return group === '' ? version : `${group}/${version}`
}

/** Undefined for what is no such object, as a random one can be. */
function read(type: ResourceType, body: object): KubeObject | undefined {
  const expected = { kind: type.kind, apiVersion: apiVersionOf(type) }
  const bytes = Buffer.from(JSON.stringify({ ...body, metadata: { name: 'a', namespace: 'n', uid: 'u' } }))
  try {
    return decodeBody(bytes, 'application/json', expected).object as KubeObject
  } catch (error) {
    if (error instanceof StatusError) return undefined
    throw error
  }
}

describe('any object that can be read', () => {
  it.each([...builtinKinds()])('of %s is judged', (_, { type, subresources = {} }) => {
    const typeId = typeOfKind(apiVersionOf(type), type.kind) as string
    const strategies = [type.strategy, ...Object.values(subresources)]
    fc.assert(
      fc.property(anyMessage(typeId, 0), anyMessage(typeId, 0), (body, oldBody) => {
        const [object, before] = [read(type, body), read(type, oldBody)]
        if (!object || !before) return
        const { strategy } = type
        const old = strategy.prepareForCreate(strategy.withDefaults(before))
        expect(strategy.validate(old)).toBeInstanceOf(Array)
        for (const each of strategies) {
          const updated = each.prepareForUpdate(each.withDefaults(object), old)
          expect(each.validateUpdate(updated, old)).toBeInstanceOf(Array)
          // What has been filled in once is there.
          expect(each.withDefaults(updated)).toEqual(each.withDefaults(each.withDefaults(updated)))
        }
      }),
      { numRuns: 60 },
    )
  })
})
