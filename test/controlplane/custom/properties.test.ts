import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CostBudget } from '../../../src/cel/cost.ts'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { compileRules } from '../../../src/controlplane/custom/cel/compile-rules.ts'
import { RuleValidator } from '../../../src/controlplane/custom/cel/rule-validator.ts'
import { Correlation } from '../../../src/controlplane/custom/schema/correlation.ts'
import { withSchemaDefaults } from '../../../src/controlplane/custom/schema/defaults.ts'
import { pruneResource } from '../../../src/controlplane/custom/schema/prune.ts'
import { structuralOf } from '../../../src/controlplane/custom/schema/structural.ts'
import { valueErrors } from '../../../src/controlplane/custom/schema/value-validator.ts'

const SCHEMA = structuralOf({
  type: 'object',
  properties: {
    a: { type: 'object', properties: { b: { type: 'integer', default: 1 } }, default: {} },
    list: { type: 'array', items: { type: 'object', properties: { c: { type: 'string', maxLength: 2 } } } },
    map: { type: 'object', additionalProperties: { type: 'integer', minimum: 3 } },
    any: { 'x-kubernetes-preserve-unknown-fields': true },
  },
})

const names = fc.constantFrom('a', 'b', 'c', 'list', 'map', 'any', '__proto__', 'x')
const values = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<JsonValue>(null, true, 0, 5, 1.5, 'x', 'long'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(names, tie('value')), { maxLength: 4 })
      .map((entries): JsonObject => Object.fromEntries(entries)),
  ),
})).value
const objects = fc
  .array(fc.tuple(names, values), { maxLength: 5 })
  .map((entries): JsonObject => Object.fromEntries(entries))

describe('whatever an object is like', () => {
  it('has nothing unknown once it is pruned', () => {
    fc.assert(
      fc.property(objects, (object) => {
        const { object: once } = pruneResource(object, SCHEMA, 'refuse')
        expect(pruneResource(once, SCHEMA, 'refuse')).toEqual({ object: once, unknownFields: [] })
      }),
    )
  })

  it('has nothing left to be filled in once it has its defaults', () => {
    fc.assert(
      fc.property(objects, (object) => {
        const once = withSchemaDefaults(object, SCHEMA)
        expect(withSchemaDefaults(once, SCHEMA)).toEqual(once)
      }),
    )
  })

  it('may stay as it is, without what is unknown', () => {
    fc.assert(
      fc.property(objects, (unpruned) => {
        const { object } = pruneResource(unpruned, SCHEMA, 'refuse')
        const correlation = new Correlation(object, structuredClone(object), SCHEMA)
        expect(valueErrors(SCHEMA, object, '', correlation)).toEqual([])
      }),
    )
  })
})

describe('whatever a rule says', () => {
  const parts = fc.constantFrom(
    ...[
      'self',
      '.',
      'a',
      'b',
      '(',
      ')',
      '[',
      ']',
      '1',
      '0',
      "'x'",
      '+',
      '-',
      '/',
      '==',
      '&&',
      '||',
      '!',
      '?',
      ':',
      ',',
    ],
    ...[
      'list',
      'map',
      'any',
      'all(x, x)',
      'map(x, x)',
      'size()',
      'has(self.a)',
      'type(',
      'dyn(',
      'matches(',
      'quantity(',
      '{',
      '}',
    ],
    ...[
      'optional.of(',
      '.?',
      "'%d'.format(",
      'in',
      '<',
      'transformMap(k, v, v)',
      'sum()',
      'timestamp(',
      'ip(',
      'split(',
      'null',
    ],
  )

  it('is refused, or comes to an end', () => {
    fc.assert(
      fc.property(fc.array(parts, { minLength: 1, maxLength: 12 }), objects, (texts, object) => {
        const rules = [texts.join(''), `dyn(${texts.join('')}) == 1`, texts.join(' ')].map((rule) => ({
          rule,
        }))
        const schema = { ...SCHEMA, rules }
        const problems = compileRules(schema, false).filter(({ problem }) => problem !== undefined)
        const errors = RuleValidator.of(schema, false)?.errors(object, undefined, '', new CostBudget()) ?? []
        expect(errors.length).toBeGreaterThanOrEqual(problems.length)
      }),
      { numRuns: 2000 },
    )
  })
})
