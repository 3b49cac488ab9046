import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { CRD_SCALE_COLUMNS, crdTableColumns } from '../../../src/controlplane/tables/index.ts'
import { printed, secondsAgo } from './printed.ts'

function cell(type: string, value: JsonValue | undefined): JsonValue | undefined {
  const columns = crdTableColumns([{ name: 'Cell', type, jsonPath: '.value' }])
  return printed(columns, { metadata: { name: 'x' }, ...(value === undefined ? {} : { value }) }).Cell
}

function names(printerColumns?: readonly JsonObject[] | null): string[] {
  return crdTableColumns(printerColumns).columns.map(({ definition }) => definition.name)
}

describe('a custom resource', () => {
  it.each<[type: string, value: JsonValue | undefined, shown: JsonValue]>([
    ['string', 'text', 'text'],
    ['string', 5, '5'],
    ['string', 0.5, '0.5'],
    ['string', 0.00001, '1e-05'],
    ['string', 1234567.5, '1.2345675e+06'],
    ['string', 123456.5, '123456.5'],
    ['string', true, 'true'],
    ['string', null, '<no value>'],
    ['string', { b: [1, '<'], a: null }, '{"a":null,"b":[1,"\\u003c"]}'],
    ['string', undefined, null],
    ['integer', 5, 5],
    ['integer', -5.9, -5],
    ['integer', '5', null],
    ['integer', null, null],
    ['number', 0.5, 0.5],
    ['number', true, null],
    ['boolean', false, false],
    ['boolean', 'true', null],
    ['date', secondsAgo(90), '90s'],
    ['date', '2026-11-23T13:00:00.5+01:30', '29m'],
    ['date', '2026-11-31T00:00:00Z', '<invalid>'],
    ['date', 'yesterday', '<invalid>'],
    ['date', '', '<unknown>'],
    ['date', '0001-01-01T00:00:00Z', '<unknown>'],
    ['date', 5, null],
    ['date', undefined, null],
    ['object', {}, null],
  ])('shows in a column of type %s the value %j', (type, value, shown) => {
    expect(cell(type, value)).toEqual(shown)
  })

  it('has an age when its definition says nothing', () => {
    for (const nothing of [undefined, null, []]) expect(names(nothing)).toEqual(['Name', 'Age'])
    const widget = { metadata: { name: 'w', creationTimestamp: secondsAgo(7200) } }
    expect(printed(crdTableColumns(undefined), widget)).toEqual({ Name: 'w', Age: '120m' })
  })

  it('has no columns behind one whose path cannot be read', () => {
    const columns = ['.a', '.b[', '.c'].map((jsonPath) => ({ name: jsonPath, type: 'string', jsonPath }))
    expect(names(columns)).toEqual(['Name', '.a'])
  })

  it('shows nothing where the path does not fit the object', () => {
    const columns = crdTableColumns([{ name: 'First', type: 'string', jsonPath: '.list[0]' }])
    expect(printed(columns, { metadata: { name: 'w' }, list: [] })).toEqual({ Name: 'w', First: null })
  })

  it('says of a column what its definition says', () => {
    const printerColumn = {
      name: 'A',
      type: 'string',
      format: 'byte',
      description: 'd',
      priority: 1,
      jsonPath: '.a',
    }
    expect(crdTableColumns([printerColumn]).columns[1]?.definition).toEqual({
      name: 'A',
      type: 'string',
      format: 'byte',
      description: 'd',
      priority: 1,
    })
  })

  it('has a scale that shows how many there are', () => {
    const scale = {
      metadata: { name: 'w', creationTimestamp: secondsAgo(1) },
      spec: { replicas: 3 },
      status: { replicas: 2 },
    }
    expect(printed(CRD_SCALE_COLUMNS, scale)).toEqual({ Name: 'w', Desired: 3, Available: 2, Age: '1s' })
  })
})
