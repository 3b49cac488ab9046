import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { trackUpdate, type Writer, withoutIdleTimes } from '../../../src/controlplane/apply/index.ts'
import { typeOf } from './replay.ts'

const configMap = typeOf('v1', 'ConfigMap')
const START = Date.parse('2026-01-01T00:00:00Z')

describe('an update', () => {
  it('leaves to others what it does not change', () => {
    const live = write(undefined, { a: '1', b: '1' }, by('one'))
    expect(owners(write(live, { a: '1', b: '2', c: '1' }, by('two')))).toEqual({
      one: { 'f:data': { '.': {}, 'f:a': {} } },
      two: { 'f:data': { 'f:b': {}, 'f:c': {} } },
    })
    expect(owners(write(live, { a: '1' }, by('two')))).toEqual({ one: { 'f:data': { '.': {}, 'f:a': {} } } })
  })

  it('is merged with earlier ones of the same manager, and has its time', () => {
    const live = write(undefined, { a: '1' }, by('one'))
    const [entry, ...more] = managedFieldsOf(write(live, { a: '1', b: '1' }, by('one', 5)))
    expect(more).toEqual([])
    expect(entry).toMatchObject({
      time: '2026-01-01T00:00:05Z',
      fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {} } },
    })
  })

  it('of nothing changes no time', () => {
    const live = write(undefined, { a: '1' }, by('one'))
    expect(write(live, { a: '1' }, by('two', 5))).toEqual(live)
  })

  it('is by `unknown` if nobody says who', () => {
    expect(owners(write(undefined, { a: '1' }, by('')))).toHaveProperty('unknown')
  })

  it('folds the oldest managers into one when they become too many', () => {
    let live: JsonObject | undefined
    const data: Record<string, string> = {}
    for (let i = 0; i < 14; i++) {
      data[`k${i}`] = '1'
      live = write(live, { ...data }, by(`m${i}`, i))
    }
    expect(Object.keys(owners(live))).toEqual([
      'ancient-changes',
      ...Array.from({ length: 9 }, (_, i) => `m${i + 5}`),
    ])
    expect(owners(live)['ancient-changes']).toEqual({
      'f:data': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {}, 'f:k3': {}, 'f:k4': {} },
    })
    expect(managedFieldsOf(live)[0]).toMatchObject({ time: '2026-01-01T00:00:04Z' })
  })

  it('folds 20,000 that a client has made up, without being busy with them for long', () => {
    const managedFields = Array.from({ length: 20_000 }, (_, i) => ({
      manager: `m${i}`,
      operation: 'Update',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { [`f:k${i}`]: {} } },
    }))
    const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', managedFields } }
    const kept = managedFieldsOf(trackUpdate(configMap, undefined, made, by('one')))
    expect(kept).toHaveLength(10)
  })

  it('folds them too when all come in one second, and loses nothing', () => {
    let live: JsonObject | undefined
    const data: Record<string, string> = {}
    for (let i = 0; i < 30; i++) {
      data[`k${i}`] = '1'
      live = write(live, { ...data }, by(`a${i}`))
    }
    const owned = Object.values(owners(live)).flatMap((fields) =>
      Object.keys((fields as JsonObject)['f:data'] as JsonObject),
    )
    expect(managedFieldsOf(live)).toHaveLength(10)
    expect(new Set(owned)).toEqual(new Set(['.', ...Object.keys(data).map((name) => `f:${name}`)]))
  })

  it('may edit the managers, or be rid of them, but does not lose them by saying nothing', () => {
    const live = write(undefined, { a: '1' }, by('one'))
    const edited = managedFieldsOf(live).map((entry) => ({ ...(entry as JsonObject), manager: 'edited' }))
    expect(owners(trackUpdate(configMap, live, withManagedFields(live, edited), by('two')))).toHaveProperty(
      'edited',
    )
    for (const reset of [[], [{}]]) {
      const written = trackUpdate(configMap, live, withManagedFields(live, reset), by('two'))
      expect(written.metadata).not.toHaveProperty('managedFields')
    }
    for (const none of [undefined, null, [{ manager: 'x' }], 'garbage']) {
      expect(trackUpdate(configMap, live, withManagedFields(live, none), by('two'))).toEqual(live)
    }
  })

  it('of a subresource may not edit them', () => {
    const live = write(undefined, { a: '1' }, by('one'))
    expect(
      trackUpdate(typeOf('v1', 'ConfigMap', 'status'), live, withManagedFields(live, []), by('two')),
    ).toEqual(live)
  })

  it('does not begin to keep them where they were not kept', () => {
    const live = object({ a: '1' })
    expect(write(live, { a: '2' }, by('one'))).toEqual(object({ a: '2' }))
  })

  it('is not refused for what its type does not allow: the managers stay', () => {
    const live = write(undefined, { a: '1' }, by('one'))
    const written = trackUpdate(configMap, live, { ...live, data: ['no', 'map'] }, by('two'))
    expect(managedFieldsOf(written)).toEqual(managedFieldsOf(live))
  })
})

describe('a write that changes nothing but times', () => {
  const live = write(undefined, { a: '1' }, by('one'))
  const later = withManagedFields(
    live,
    managedFieldsOf(live).map((entry) => ({ ...(entry as JsonObject), time: '2027-01-01T00:00:00Z' })),
  )

  it('changes not even these', () => {
    expect(withoutIdleTimes(live, later)).toEqual(live)
  })

  it('is one no more when it changes something else', () => {
    const changed = { ...later, data: { a: '2' } }
    expect(withoutIdleTimes(live, changed)).toBe(changed)
  })
})

function object(data: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data }
}

function by(manager: string, second = 0): Writer {
  return { manager, now: START + second * 1_000 }
}

function write(live: JsonObject | undefined, data: JsonObject, writer: Writer): JsonObject {
  return trackUpdate(configMap, live, live ? { ...live, data } : object(data), writer)
}

function managedFieldsOf(live: JsonObject | undefined): readonly JsonValue[] {
  const { managedFields = [] } = (live?.metadata ?? {}) as { managedFields?: readonly JsonValue[] }
  return managedFields
}

function withManagedFields(live: JsonObject, managedFields: JsonValue | undefined): JsonObject {
  return { ...live, metadata: { ...(live.metadata as JsonObject), managedFields } }
}

function owners(live: JsonObject | undefined): Record<string, unknown> {
  const entries = managedFieldsOf(live) as { manager: string; fieldsV1: JsonObject }[]
  return Object.fromEntries(entries.map(({ manager, fieldsV1 }) => [manager, fieldsV1]))
}
