import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/controlplane/api/json.ts'
import { builtinCatalog } from '../../../src/controlplane/discovery/index.ts'
import {
  crdTableColumns,
  parseIncludeObject,
  partialMetadata,
  partialMetadataList,
  tableColumnsOf,
  tableOfList,
  tableOfObject,
} from '../../../src/controlplane/tables/index.ts'
import { NOW, type PrintedRow } from './printed.ts'

const MAPS = tableColumnsOf('', 'configmaps')
const MAP = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a', resourceVersion: '7' }, data: {} }
const BOOKMARK = {
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { resourceVersion: '9', annotations: { 'k8s.io/initial-events-end': 'true' } },
}

function includedObject(object: JsonObject, includeObject: 'None' | 'Metadata' | 'Object') {
  const [row] = tableOfObject(MAPS, object, NOW, { includeObject }).rows as unknown as PrintedRow[]
  return row?.object
}

describe('a table', () => {
  it('says of its list what the list says, as far as it says anything', () => {
    const metadata = { resourceVersion: '5', continue: 'token', remainingItemCount: 3 }
    expect(tableOfList(MAPS, [], metadata, NOW).metadata).toEqual(metadata)
    expect(tableOfList(MAPS, [], { resourceVersion: '5', continue: '' }, NOW).metadata).toEqual({
      resourceVersion: '5',
    })
  })

  it('of one object has its version', () => {
    expect(tableOfObject(MAPS, MAP, NOW).metadata).toEqual({ resourceVersion: '7' })
  })

  it('without rows has an empty list, or null where nothing special is printed', () => {
    expect(tableOfList(MAPS, [], {}, NOW).rows).toEqual([])
    expect(tableOfList(crdTableColumns(undefined), [], {}, NOW).rows).toEqual([])
    expect(tableOfList(tableColumnsOf('', 'limitranges'), [], {}, NOW).rows).toBeNull()
  })

  it('leaves out what its columns are', () => {
    const table = tableOfList(MAPS, [MAP], {}, NOW, { noHeaders: true })
    expect(table.columnDefinitions).toBeNull()
    expect(table.rows).toEqual(tableOfList(MAPS, [MAP], {}, NOW).rows)
  })

  it('has of each object what was asked for', () => {
    expect(includedObject(MAP, 'None')).toBeNull()
    expect(includedObject(MAP, 'Object')).toBe(MAP)
    expect(includedObject(MAP, 'Metadata')).toEqual(partialMetadata(MAP, 'meta.k8s.io/v1'))
  })

  it('shows where the initial events end, also to who wants no objects', () => {
    expect(includedObject(BOOKMARK, 'None')).toEqual(partialMetadata(BOOKMARK, 'meta.k8s.io/v1'))
  })

  it('is of the version that was asked for, as are its objects', () => {
    const table = tableOfObject(MAPS, MAP, NOW, { groupVersion: 'meta.k8s.io/v1beta1' })
    expect(table).toMatchObject({
      apiVersion: 'meta.k8s.io/v1beta1',
      rows: [{ object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1beta1' } }],
    })
  })
})

describe('a list of metadata', () => {
  it('has the metadata of each object, and of the list', () => {
    expect(
      partialMetadataList([MAP], { resourceVersion: '8', remainingItemCount: 0 }, 'meta.k8s.io/v1'),
    ).toEqual({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '8', remainingItemCount: 0 },
      items: [{ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: MAP.metadata }],
    })
  })

  it('has null for no items', () => {
    expect(partialMetadataList([], {}, 'meta.k8s.io/v1').items).toBeNull()
  })

  it('has the members of metadata in their own order, and no others', () => {
    const metadata = JSON.parse(
      '{"__proto__":{"a":1},"labels":{"__proto__":"x"},"name":"a","ownerReferences":[{"uid":"u","apiVersion":"v1"}],"other":1}',
    ) as JsonObject
    expect(JSON.stringify(partialMetadata({ metadata }, 'meta.k8s.io/v1').metadata)).toBe(
      '{"name":"a","labels":{"__proto__":"x"},"ownerReferences":[{"apiVersion":"v1","uid":"u"}]}',
    )
  })
})

describe('what a request wants of objects', () => {
  it.each([
    [undefined, 'Metadata'],
    [null, 'Metadata'],
    ['', 'Metadata'],
    ['None', 'None'],
    ['Object', 'Object'],
    ['Metadata', 'Metadata'],
  ])('%j is %s', (value, included) => {
    expect(parseIncludeObject(value)).toBe(included)
  })

  it('is nothing else', () => {
    expect(() => parseIncludeObject('All')).toThrow(
      "Unable to convert to Table as requested: includeObject: Invalid value: \"All\": must be 'Metadata', 'Object', 'None', or empty",
    )
  })
})

describe('every built-in resource', () => {
  const resources = builtinCatalog().flatMap(({ group, versions }) =>
    versions.flatMap(({ version, resources }) =>
      resources.map(({ resource }) => [group, version, resource] as const),
    ),
  )
  const names = [
    'metadata',
    'spec',
    'status',
    'conditions',
    'containers',
    'template',
    'selector',
    'labels',
    'type',
    'name',
    'metrics',
    'subsets',
  ]
  const { object } = fc.letrec<{ object: JsonObject; value: JsonObject }>((tie) => ({
    object: fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 8 }),
    value: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<JsonObject>,
      fc.array(tie('value'), { maxLength: 3 }) as unknown as fc.Arbitrary<JsonObject>,
      tie('object'),
    ),
  }))

  it.each(resources)(
    '%s/%s %s is printed whatever it holds, with a text on each column',
    (group, _, resource) => {
      const { columns } = tableColumnsOf(group, resource)
      expect(
        columns.filter(({ definition }) => definition.format === 'name' && definition.name === 'Name'),
      ).toHaveLength(1)
      for (const { definition } of columns) expect(definition.description).not.toBe('')
      fc.assert(
        fc.property(object, (each) => {
          const [row] = tableOfObject(tableColumnsOf(group, resource), each, NOW)
            .rows as unknown as PrintedRow[]
          expect(row?.cells).toHaveLength(columns.length)
          expect(row?.cells).not.toContain(undefined)
        }),
        { numRuns: 20 },
      )
    },
  )
})
