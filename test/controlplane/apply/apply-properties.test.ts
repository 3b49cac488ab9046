import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import { FieldSet } from '../../../src/controlplane/apply/field-set.ts'
import { type Applier, applyConfiguration, trackUpdate } from '../../../src/controlplane/apply/index.ts'
import { decodeManagers } from '../../../src/controlplane/apply/managers.ts'
import { withoutNeverOwned } from '../../../src/controlplane/apply/ownership.ts'
import { fieldPath } from '../../../src/controlplane/apply/path-element.ts'
import { toFieldSet } from '../../../src/controlplane/apply/to-field-set.ts'
import { busyMs } from '../../support/processor-time.ts'
import { garbage, thing, things } from './arbitraries.ts'

const NOTHING: JsonObject = { apiVersion: 'test.io/v1', kind: 'Thing', metadata: { name: 't' } }
const schema = thing.schemaAt('test.io/v1')

describe('server-side apply', () => {
  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(things, things, (live, config) => {
        const before = trackUpdate(thing, undefined, live, by('updater'))
        const once = applyConfiguration(thing, before, config, { ...by('one'), force: true })
        const twice = applyConfiguration(thing, once, config, { ...by('one'), now: 1e12 })
        expect(twice).toEqual(once)
      }),
    )
  })

  it('always succeeds by force, owns all that it says and leaves it at nobody else with another value', () => {
    fc.assert(
      fc.property(things, things, things, (live, one, two) => {
        const before = trackUpdate(thing, undefined, live, by('updater'))
        const first = applyConfiguration(thing, before, one, { ...by('one'), force: true })
        const second = applyConfiguration(thing, first, two, { ...by('two'), force: true })
        expect(setOf(second, 'two').equals(ownable(two))).toBe(true)
        expect(applyConfiguration(thing, second, two, by('two'))).toEqual(second)
        const agreed = applyConfiguration(thing, second, { ...NOTHING }, by('three'))
        expect(agreed).toEqual(second)
      }),
    )
  })

  it('never finds conflicts between managers that apply different fields, and both keep theirs', () => {
    fc.assert(
      fc.property(things, things, (a, b) => {
        const [{ data, ports, nested }, { tags, selector, any }] = [a, b]
        const one = defined({ ...NOTHING, data, ports, nested })
        const two = defined({ ...NOTHING, tags, selector, any })
        const both = applyConfiguration(
          thing,
          applyConfiguration(thing, undefined, one, by('one')),
          two,
          by('two'),
        )
        expect(both).toMatchObject({ ...one, ...two })
        expect(setOf(both, 'one').equals(ownable(one))).toBe(true)
        expect(setOf(both, 'two').equals(ownable(two))).toBe(true)
      }),
    )
  })

  it('removes, when nothing is applied any more, exactly what nobody else owns', () => {
    fc.assert(
      fc.property(things, things, (one, two) => {
        const alone = applyConfiguration(thing, undefined, two, by('two'))
        const both = applyConfiguration(thing, alone, one, { ...by('one'), force: true })
        const left = applyConfiguration(thing, both, NOTHING, by('one'))
        expect(setOf(left, 'one').isEmpty).toBe(true)
        expect(setOf(left, 'two').equals(setOf(both, 'two'))).toBe(true)
        expect(ownable(left).difference(withAncestors(setOf(both, 'two'))).isEmpty).toBe(true)
        expect(
          setOf(both, 'two')
            .leaves()
            .difference(withAncestors(toSet(left))).isEmpty,
        ).toBe(true)
      }),
    )
  })

  it('leaves an object alone that nobody has applied', () => {
    fc.assert(
      fc.property(things, (live) => {
        const before = trackUpdate(thing, undefined, live, by('updater'))
        expect(applyConfiguration(thing, before, NOTHING, by('one'))).toEqual(before)
      }),
    )
  })

  it('mutates nothing that it is given', () => {
    fc.assert(
      fc.property(things, things, (live, config) => {
        const before = trackUpdate(thing, undefined, live, by('updater'))
        const copies = structuredClone([before, config])
        applyConfiguration(thing, before, config, { ...by('one'), force: true })
        trackUpdate(thing, before, { ...config, metadata: before.metadata }, by('two'))
        expect([before, config]).toEqual(copies)
      }),
    )
  })
})

describe('garbage', () => {
  const somewhere = fc.tuple(
    things,
    fc.constantFrom(
      'data',
      'tags',
      'ports',
      'selector',
      'any',
      'nested',
      'metadata',
      'apiVersion',
      '__proto__',
    ),
    garbage,
  )
  const broken = somewhere.map(
    ([object, name, value]): JsonObject =>
      Object.fromEntries([...Object.entries(object), [name, value]] as [string, JsonValue][]),
  )
  const managed = fc.tuple(things, garbage).map(([object, managedFields]) => ({
    ...object,
    metadata: { name: 't', managedFields },
  }))
  const objects = fc.oneof(broken, managed, things, garbage as fc.Arbitrary<JsonObject>)

  it('throws nothing but a StatusError when it is applied, or applied to', () => {
    fc.assert(
      fc.property(objects, objects, fc.boolean(), (live, config, force) => {
        expectStatusErrorOnly(() => applyConfiguration(thing, live, config, { ...by('one'), force }))
      }),
      { numRuns: 400 },
    )
  })

  it('is written without an error', () => {
    fc.assert(
      fc.property(objects, objects, (live, written) => {
        trackUpdate(thing, live, written, by('one'))
      }),
      { numRuns: 400 },
    )
  })

  it('pollutes no prototype', () => {
    const config = JSON.parse('{"apiVersion":"test.io/v1","kind":"Thing","any":{"__proto__":{"polluted":1}}}')
    const applied = applyConfiguration(thing, undefined, config, by('one'))
    expect(JSON.stringify(applied.any)).toBe('{"__proto__":{"polluted":1}}')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    const given = applyConfiguration(thing, applied, NOTHING, by('one'))
    expect(given).not.toHaveProperty('any')
  })
})

describe('a list of thousands of elements', () => {
  it('is merged, compared and pruned in about ten times the time of a tenth', () => {
    cycle(500)
    const [small, large] = [cycle(500), cycle(5_000)]
    expect(large).toBeLessThan(50 * Math.max(small, 5))
  })
})

/** Milliseconds that it takes to create a list, to apply every second element, and then none, by somebody else. */
function cycle(length: number): number {
  const ports = Array.from({ length }, (_, i) => ({ port: i, protocol: 'TCP', name: 'n' }))
  return busyMs(() => {
    const live = trackUpdate(thing, undefined, { ...NOTHING, ports }, by('updater'))
    const half = ports.filter((_, i) => i % 2 === 0).map((each) => ({ ...each, name: 'm' }))
    const applied = applyConfiguration(
      thing,
      live,
      { ...NOTHING, ports: half.reverse() },
      { ...by('one'), force: true },
    )
    const pruned = applyConfiguration(thing, applied, NOTHING, by('one'))
    expect(pruned.ports).toHaveLength(length)
  })
}

function by(manager: string): Applier {
  return { manager, now: 0 }
}

function toSet(object: JsonObject): FieldSet {
  if (!schema) throw new Error('no schema')
  return toFieldSet(schema, object)
}

function ownable(object: JsonObject): FieldSet {
  const { managedFields: _, ...metadata } = object.metadata as JsonObject
  return withoutNeverOwned(toSet({ ...object, metadata })).difference(FieldSet.of(fieldPath('metadata')))
}

function setOf(object: JsonObject, name: string): FieldSet {
  const managers = decodeManagers((object.metadata as JsonObject).managedFields)
  return [...managers.values()].find((manager) => manager.name === name)?.set ?? FieldSet.EMPTY
}

/** With all beginnings of its paths: what has something in it cannot be gone. */
function withAncestors(set: FieldSet): FieldSet {
  return FieldSet.of(...[...set.paths()].flatMap((path) => path.map((_, i) => path.slice(0, i + 1))))
}

function defined(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

function expectStatusErrorOnly(act: () => unknown): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
  }
}
