import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/controlplane/api/json.ts'
import {
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  builtinCatalog,
  type GroupInfo,
  storageVersionHash,
} from '../../../src/controlplane/discovery/index.ts'
import { recordedExchange, recordedExchanges } from '../../support/recorded-apiserver.ts'

const catalog = builtinCatalog()
const group = (name: string) => catalog.find((info) => info.group === name) as GroupInfo

describe('what a client learns at first', () => {
  const documents: [name: string, document: JsonObject][] = [
    ['api versions', apiVersions('192.0.2.2:26443')],
    ['api groups', apiGroupList(catalog)],
    ['aggregated discovery of /apis', aggregatedDiscovery(catalog, false)],
  ]
  it.each(documents)('%s', (name, document) => {
    expect(document).toEqual(recordedExchange(name).response.body)
  })

  const paths: [path: string, document: JsonObject][] = [
    ['/api/v1', apiResourceList('', group('').versions[0] as never)],
    ['/apis/apps/v1', apiResourceList('apps', group('apps').versions[0] as never)],
    ['/apis/apps', apiGroup(group('apps'))],
  ]
  it.each(paths)('%s', (path, document) => {
    const exchange = recordedExchanges().find(({ request }) => request.path === path && !request.accept)
    expect(document).toEqual(exchange?.response.body)
  })

  it('the core group in aggregated form', () => {
    const exchange = recordedExchanges().find(({ request }) => request.path === '/api' && request.accept)
    expect(aggregatedDiscovery(catalog, true)).toEqual(exchange?.response.body)
  })
})

describe('the hash of what is kept', () => {
  it.each([
    ['configmaps', { group: '', version: 'v1', kind: 'ConfigMap' }, 'qFsyl6wFWjQ='],
    ['a custom resource', { group: 'rec.io', version: 'v1', kind: 'Widget' }, 'dXLWzXwtAaY='],
  ])('of %s', (_name, kind, hash) => {
    expect(storageVersionHash(kind)).toBe(hash)
  })

  it('is the same for two forms of the same objects', () => {
    expect(storageVersionHash({ group: 'events.k8s.io', version: 'v1', kind: 'Event' })).toBe(
      storageVersionHash({ group: '', version: 'v1', kind: 'Event' }),
    )
  })
})
