import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/controlplane/api/json.ts'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import {
  type Applier,
  applyConfiguration,
  crdSchema,
  type ManagedType,
  singleVersion,
  trackUpdate,
} from '../../../src/controlplane/apply/index.ts'
import { thing } from './arbitraries.ts'
import { typeOf } from './replay.ts'

const configMap = typeOf('v1', 'ConfigMap')
const AT_ONE = '2026-01-01T00:00:01Z'
const AT_TWO = '2026-01-01T00:00:02Z'

describe('applying a configuration', () => {
  it('fails where others own other values, naming each of them', () => {
    const live = update(map({ a: '1', b: '1' }), apply(map({ c: '1' }), undefined, 'two'))
    const conflicts = `Apply failed with 3 conflicts: conflicts with "two":
- .data.c
conflicts with "updater" using v1:
- .data.a
- .data.b`
    expect(refusal(() => apply(map({ a: '2', b: '2', c: '2' }), live, 'one'))).toMatchObject({
      message: conflicts,
      reason: 'Conflict',
      details: {
        causes: [
          { reason: 'FieldManagerConflict', message: 'conflict with "two"', field: '.data.c' },
          { reason: 'FieldManagerConflict', message: 'conflict with "updater" using v1', field: '.data.a' },
          { reason: 'FieldManagerConflict', message: 'conflict with "updater" using v1', field: '.data.b' },
        ],
      },
    })
  })

  it('names the subresource that the other one wrote to', () => {
    const [main, status] = [typeOf('rec.io/v1', 'Widget'), typeOf('rec.io/v1', 'Widget', 'status')]
    const widget = (replicas: number) => ({ ...object('rec.io/v1', 'Widget'), status: { replicas } })
    const live = applyConfiguration(
      main,
      undefined,
      { ...object('rec.io/v1', 'Widget'), spec: { size: 1 } },
      as('one'),
    )
    const updated = trackUpdate(status, live, { ...live, ...widget(1) }, as('two'))
    const { message } = refusal(() => applyConfiguration(status, updated, widget(2), as('one')))
    expect(message).toBe(
      'Apply failed with 1 conflict: conflict with "two" with subresource "status" using rec.io/v1: .status.replicas',
    )
  })

  it('keeps a field that is given up as long as somebody owns it', () => {
    const one = apply(map({ a: '1', b: '1' }), undefined, 'one')
    const two = apply(map({ a: '1' }), one, 'two')
    expect(apply(map({}), two, 'one').data).toEqual({ a: '1' })
    expect(apply(map({}), apply(map({}), two, 'one'), 'two').data).toEqual({})
    expect(apply(object('v1', 'ConfigMap'), one, 'one').data).toBeUndefined()
  })

  it('leaves alone what was never owned, and what an update has changed since', () => {
    const one = apply(map({ a: '1', b: '1' }), undefined, 'one')
    const updated = update(map({ a: '2', b: '1', c: '1' }), one)
    const unowned = { ...updated, binaryData: { x: 'eA==' } }
    expect(apply(object('v1', 'ConfigMap'), unowned, 'one')).toMatchObject({
      data: { a: '2', c: '1' },
      binaryData: { x: 'eA==' },
    })
  })

  it('takes nothing away when it goes by another version of the same manager', () => {
    const both: ManagedType = {
      ...configMap,
      schemaAt: (version) => (version === 'v0' ? undefined : configMap.schemaAt(version)),
    }
    const live = apply(map({ a: '1' }), undefined, 'one')
    const old = withManagedFields(live, [{ ...(managedFieldsOf(live)[0] as JsonObject), apiVersion: 'v0' }])
    const applied = applyConfiguration(both, old, map({ b: '1' }), as('one'))
    expect(applied.data).toEqual({ a: '1', b: '1' })
    expect(managedFieldsOf(applied)).toMatchObject([
      { manager: 'one', apiVersion: 'v1', fieldsV1: { 'f:data': { 'f:b': {} } } },
    ])
  })

  it('follows fields from version to version', () => {
    const renaming = renamed()
    const widget = (version: string, fields: object) => ({ ...object(`x.io/${version}`, 'X'), ...fields })
    const v1 = applyConfiguration(
      renaming('x.io/v1'),
      undefined,
      widget('v1', { old: 1, same: 1 }),
      as('one'),
    )
    const live = renaming('x.io/v2').convert(v1, 'x.io/v2')
    expect(
      refusal(() => applyConfiguration(renaming('x.io/v2'), live, widget('v2', { new: 2 }), as('two')))
        .message,
    ).toBe('Apply failed with 1 conflict: conflict with "one": .old')
    const applied = applyConfiguration(renaming('x.io/v2'), live, widget('v2', { same: 1 }), as('one'))
    expect(applied).toMatchObject({ same: 1 })
    expect(applied).not.toHaveProperty('new')
  })

  it('gives whoever comes first what nobody is known to own', () => {
    const live = { ...map({ a: '1', b: '1' }), metadata: { name: 'm', uid: 'u' } }
    expect(refusal(() => apply(map({ a: '2' }), live, 'one')).message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a',
    )
    const applied = applyConfiguration(configMap, live, map({ a: '1' }), as('one'))
    expect(managedFieldsOf(applied)).toMatchObject([
      { manager: 'one', operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {} } } },
      {
        manager: 'before-first-apply',
        operation: 'Update',
        fieldsV1: { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } },
      },
    ])
  })

  it('says when the object was changed, not when it was applied', () => {
    const first = apply(map({ a: '1' }), undefined, 'one', { now: Date.parse(AT_ONE) })
    const again = apply(map({ a: '1' }), first, 'one', { now: Date.parse(AT_TWO) })
    expect(again).toEqual(first)
    expect(managedFieldsOf(first)).toMatchObject([{ time: AT_ONE }])
    const changed = apply(map({ a: '2' }), first, 'one', { now: Date.parse(AT_TWO) })
    expect(managedFieldsOf(changed)).toMatchObject([{ time: AT_TWO }])
  })

  it('fills in the default of a key to find an element', () => {
    const ports = (...list: JsonObject[]): JsonObject => ({ ...object('test.io/v1', 'Thing'), ports: list })
    const live = applyConfiguration(
      thing,
      undefined,
      ports({ port: 80, protocol: 'TCP', name: 'web' }),
      as('one'),
    )
    const applied = applyConfiguration(thing, live, ports({ port: 80, name: 'web' }), as('two'))
    expect(applied.ports).toEqual([{ port: 80, protocol: 'TCP', name: 'web' }])
  })

  it('owns the whole of what has become atomic', () => {
    const part = { type: 'object', additionalProperties: { type: 'string' } }
    const typeWith = (extra: object) =>
      singleVersion({
        apiVersion: 'x.io/v1',
        kind: 'X',
        schema: crdSchema({ properties: { part: { ...part, ...extra } } }),
      })
    const config = (part: JsonObject) => ({ ...object('x.io/v1', 'X'), part })
    const live = applyConfiguration(typeWith({}), undefined, config({ a: '1' }), as('one'))
    const atomic = typeWith({ 'x-kubernetes-map-type': 'atomic' })
    expect(refusal(() => applyConfiguration(atomic, live, config({ b: '1' }), as('two'))).message).toBe(
      'Apply failed with 1 conflict: conflict with "one": .part',
    )
    expect(applyConfiguration(atomic, live, config({ b: '1' }), as('one')).part).toEqual({ b: '1' })
  })

  it.each([
    [{ ...map({}), kind: 'Secret' }, 'BadRequest', 'invalid object type: /v1, Kind=Secret'],
    [
      { apiVersion: 'apps/v1', kind: 'ConfigMap' },
      'BadRequest',
      'invalid object type: apps/v1, Kind=ConfigMap',
    ],
    [{ ...map({}), metadata: { managedFields: [] } }, 'BadRequest', 'metadata.managedFields must be nil'],
    [
      { ...map({}), nope: 1 },
      'InternalError',
      'failed to create typed patch object (/m; /v1, Kind=ConfigMap): .nope: field not declared in schema',
    ],
  ])('refuses what is no configuration of the type: %#', (config, reason, message) => {
    expect(refusal(() => apply(config, undefined, 'one'))).toMatchObject({ reason, message })
  })

  it('refuses to go by managedFields that it cannot read', () => {
    const live = withManagedFields(map({ a: '1' }), [{ manager: 'x' }])
    expect(refusal(() => apply(map({ a: '1' }), live, 'one')).message).toBe(
      'failed to decode managed fields: operation must be `Apply` or `Update`',
    )
  })
})

describe('applying by kubectl, which has merged by itself before', () => {
  const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'
  const lastApplied = JSON.stringify(map({ a: '1' }))
  const annotated = (data: JsonObject) => ({
    ...map(data),
    metadata: { name: 'm', annotations: { [ANNOTATION]: lastApplied } },
  })
  const live = trackUpdate(
    configMap,
    undefined,
    annotated({ a: '1', b: '1' }),
    as('kubectl-client-side-apply'),
  )

  it('takes over what was applied so, and keeps the annotation as if it still were', () => {
    const applied = apply(map({ a: '2' }), live, 'kubectl')
    expect(applied.data).toEqual({ a: '2', b: '1' })
    expect((applied.metadata as JsonObject).annotations).toEqual({
      [ANNOTATION]: '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"m"}}\n',
    })
  })

  it('still fails for what was not', () => {
    expect(refusal(() => apply(map({ a: '2', b: '2' }), live, 'kubectl')).message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.b',
    )
    expect(refusal(() => apply(map({ a: '2' }), live, 'other')).message).toContain('1 conflict')
  })
})

function object(apiVersion: string, kind: string): JsonObject {
  return { apiVersion, kind, metadata: { name: 'm' } }
}

function map(data: JsonObject): JsonObject {
  return { ...object('v1', 'ConfigMap'), data }
}

function as(manager: string): Applier {
  return { manager, now: Date.parse(AT_ONE) }
}

function apply(
  config: JsonObject,
  live: JsonObject | undefined,
  manager: string,
  options: object = {},
): JsonObject {
  return applyConfiguration(configMap, live, config, { ...as(manager), ...options })
}

function update(changed: JsonObject, live: JsonObject): JsonObject {
  const data = { ...(live.data as JsonObject), ...(changed.data as JsonObject) }
  return trackUpdate(configMap, live, { ...live, data }, as('updater'))
}

function refusal(act: () => unknown): StatusError {
  try {
    act()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('it was not refused')
}

function managedFieldsOf(live: JsonObject): readonly unknown[] {
  return (live.metadata as { managedFields?: readonly unknown[] }).managedFields ?? []
}

function withManagedFields(live: JsonObject, managedFields: readonly JsonObject[]): JsonObject {
  return { ...live, metadata: { ...(live.metadata as JsonObject), managedFields } }
}

/** A type whose field `old` of v1 is `new` in v2. */
function renamed(): (apiVersion: string) => ManagedType {
  const number = { type: 'integer' }
  const schemas = new Map([
    ['x.io/v1', crdSchema({ properties: { old: number, same: number } })],
    ['x.io/v2', crdSchema({ properties: { new: number, same: number } })],
  ])
  return (apiVersion) => ({
    ...singleVersion({ apiVersion, kind: 'X', schema: crdSchema(undefined) }),
    schemaAt: (version) => schemas.get(version),
    convert: ({ old, new: renamedField, ...rest }, version) => {
      const value = old ?? renamedField
      const name = version === 'x.io/v1' ? 'old' : 'new'
      return { ...rest, apiVersion: version, ...(value === undefined ? {} : { [name]: value }) }
    },
  })
}
