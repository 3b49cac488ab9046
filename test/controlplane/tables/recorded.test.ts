import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import {
  crdTableColumns,
  partialMetadata,
  type TableColumns,
  tableColumnsOf,
  tableOfList,
  tableOfObject,
  WatchTables,
} from '../../../src/controlplane/tables/index.ts'
import { recordedExchange, recordedExchanges } from '../../support/recorded-apiserver.ts'

interface RecordedTable extends JsonObject {
  readonly metadata: { readonly resourceVersion: string }
  readonly rows: readonly { readonly cells: readonly JsonValue[]; readonly object: JsonObject }[]
}

/** What the recording server had under its path before the table was asked for: objects as it had last answered them. */
function objectsBefore(name: string, kind: string): JsonObject[] {
  const objects = new Map<string, JsonObject>()
  for (const exchange of recordedExchanges()) {
    if (exchange.name === name) return [...objects.values()]
    for (const object of objectsIn(exchange.response.body, kind)) {
      objects.set(`${uidOf(object)}/${versionOf(object)}`, object)
    }
  }
  throw new Error(`nothing was recorded under the name ${name}`)
}

function* objectsIn(body: unknown, kind: string): Generator<JsonObject> {
  if (typeof body !== 'object' || body === null) return
  if (Array.isArray(body)) {
    for (const frame of body) yield* objectsIn((frame as JsonObject).object, kind)
    return
  }
  const object = body as JsonObject
  if (object.kind === kind) yield object
  if (object.kind === `${kind}List`) yield* object.items as JsonObject[]
}

function uidOf(object: JsonObject): unknown {
  return (object.metadata as JsonObject).uid
}

function versionOf(object: JsonObject): unknown {
  return (object.metadata as JsonObject).resourceVersion
}

/** Each row's object in full, where the server had answered it; its metadata otherwise. */
function rowsInFull(table: RecordedTable, before: readonly JsonObject[]): JsonObject[] {
  return table.rows.map(({ object }) => {
    const same = (each: JsonObject) => uidOf(each) === uidOf(object) && versionOf(each) === versionOf(object)
    const found = before.find(same)
    if (!found) throw new Error(`${JSON.stringify(object)} was never answered in full`)
    return found
  })
}

/** The second in which the server printed the table: that of the youngest object, when its age was 0s. */
function timeOf(objects: readonly JsonObject[]): number {
  const times = objects.map((each) => Date.parse(String((each.metadata as JsonObject).creationTimestamp)))
  return Math.max(...times)
}

const WIDGETS = crdTableColumns([
  { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
])

const LISTS: readonly (readonly [name: string, kind: string, columns: TableColumns])[] = [
  ['list as table', 'ConfigMap', tableColumnsOf('', 'configmaps')],
  ['deployment table', 'Deployment', tableColumnsOf('apps', 'deployments')],
  ['secret table', 'Secret', tableColumnsOf('', 'secrets')],
  ['service table', 'Service', tableColumnsOf('', 'services')],
  ['cr table', 'Widget', WIDGETS],
  ['lease table', 'Lease', tableColumnsOf('coordination.k8s.io', 'leases')],
  [
    'csr table',
    'CertificateSigningRequest',
    tableColumnsOf('certificates.k8s.io', 'certificatesigningrequests'),
  ],
  ['pod table', 'Pod', tableColumnsOf('', 'pods')],
  ['events table', 'Event', tableColumnsOf('', 'events')],
]

describe('a table as a kube-apiserver printed it', () => {
  it.each(LISTS)('%s', (name, kind, columns) => {
    const recorded = recordedExchange(name).response.body as RecordedTable
    const objects = rowsInFull(recorded, objectsBefore(name, kind))
    const table = tableOfList(columns, objects, recorded.metadata, timeOf(objects))
    expect(JSON.stringify(table)).toBe(JSON.stringify(recorded))
  })

  it('of one object', () => {
    const recorded = recordedExchange('get as table').response.body as RecordedTable
    const [object] = rowsInFull(recorded, objectsBefore('get as table', 'ConfigMap'))
    if (!object) throw new Error('no row')
    const table = tableOfObject(tableColumnsOf('', 'configmaps'), object, timeOf([object]))
    expect(JSON.stringify(table)).toBe(JSON.stringify(recorded))
  })

  it('of a watch, whose later events do not say again what the columns are', () => {
    const [event] = recordedExchange('watch as table').response.body as { object: RecordedTable }[]
    if (!event) throw new Error('no event')
    const [object] = rowsInFull(event.object, objectsBefore('watch as table', 'ConfigMap'))
    if (!object) throw new Error('no row')
    const now = timeOf([object]) + 8000
    const tables = new WatchTables(tableColumnsOf('', 'configmaps'))
    expect(JSON.stringify(tables.tableOf(object, now))).toBe(JSON.stringify(event.object))
    expect(tables.tableOf(object, now)).toEqual({ ...event.object, columnDefinitions: null })
  })

  it('as metadata alone', () => {
    const recorded = recordedExchange('get as partial metadata').response.body as JsonObject
    const objects = objectsBefore('get as partial metadata', 'ConfigMap')
    const object = objects.find((each) => versionOf(each) === versionOf(recorded)) ?? {}
    expect(JSON.stringify(partialMetadata(object, 'meta.k8s.io/v1'))).toBe(JSON.stringify(recorded))
  })
})
