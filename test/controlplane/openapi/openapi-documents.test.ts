import { describe, expect, it } from 'vitest'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/controlplane/api/json.ts'
import { OpenApiDocuments } from '../../../src/controlplane/openapi/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import {
  ask,
  at,
  document,
  documentNames,
  documentsOf,
  objectsIn,
  PROTOBUF_V2,
  widgets,
} from './published.ts'

const builtin = documentsOf()
const withWidgets = documentsOf(widgets())

describe('the index', () => {
  const recorded = recordedExchange('openapi v3 index').response

  it('names the documents that a kube-apiserver has', async () => {
    expect(await documentNames(builtin)).toEqual(
      Object.keys((recorded.body as JsonObject).paths as JsonObject),
    )
  })

  it('is answered as the type that was recorded', async () => {
    expect((await ask(builtin, '/openapi/v3')).contentType).toBe(recorded.headers['content-type'])
  })

  it('leads to every document by its hash, to be kept forever', async () => {
    const { paths } = await document(withWidgets, '/openapi/v3')
    for (const [name, entry] of Object.entries(paths as JsonObject)) {
      const url = String(at(entry, 'serverRelativeURL'))
      expect(url).toMatch(new RegExp(`^/openapi/v3/${name}\\?hash=[0-9A-F]{128}$`))
      const answer = await ask(withWidgets, url, { accept: 'application/json' })
      expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'public, immutable' } })
      expect(answer.headers.etag).toBe(`"${url.split('=')[1]}"`)
    }
  })
})

describe('the document of custom resources', () => {
  const path = '/openapi/v3/apis/rec.io/v1'
  const recorded = recordedExchange('openapi v3 of the crd group').response

  it('is the recorded one, but for the words', async () => {
    expect(withoutDescriptions(await document(withWidgets, path))).toEqual(
      withoutDescriptions(recorded.body as JsonObject),
    )
  })

  it('says the recorded words of what each operation does', async () => {
    const described = (body: JsonValue | undefined) =>
      Object.entries(at(body, 'paths') as JsonObject).flatMap(([each, methods]) =>
        Object.entries(methods as JsonObject).map(([method, operation]) => [
          each,
          method,
          at(operation, 'description'),
        ]),
      )
    expect(described(await document(withWidgets, path))).toEqual(
      expect.arrayContaining(described(recorded.body as JsonObject)),
    )
  })

  it('describes its parameters in our own words', async () => {
    const words = (body: JsonValue | undefined) =>
      objectsIn(at(body, 'paths')).flatMap((each) => (Object.hasOwn(each, 'in') ? [each.description] : []))
    const theirs = new Set(words(recorded.body as JsonObject))
    const ours = words(await document(withWidgets, path))
    expect(ours).toHaveLength(words(recorded.body as JsonObject).length)
    expect(ours.filter((each) => theirs.has(each))).toEqual([])
  })

  it('is answered with the recorded headers', async () => {
    const { contentType, headers } = await ask(withWidgets, path)
    expect({ contentType, vary: headers.vary }).toEqual({
      contentType: recorded.headers['content-type'],
      vary: recorded.headers.vary,
    })
  })

  it('is there only once its definition is established', async () => {
    const documents = documentsOf(widgets({ established: false }))
    expect(await documentNames(documents)).not.toContain('apis/rec.io/v1')
    expect(await documents.answer({ url: new URL(path, 'https://x') })).toBeUndefined()
    documents.setDefinitions([widgets()])
    expect(await documentNames(documents)).toContain('apis/rec.io/v1')
    documents.setDefinitions([])
    expect(await documentNames(documents)).not.toContain('apis/rec.io/v1')
  })

  it('follows its definition, and leaves the built-in documents as they were', async () => {
    const documents = documentsOf(widgets())
    const before = [await ask(documents, path), await ask(documents, '/openapi/v3/apis/apps/v1')]
    const changed = widgets({ generation: 2 })
    const names = at(changed, 'spec', 'names') as JsonObject
    documents.setDefinitions([
      { ...changed, spec: { ...(changed.spec as JsonObject), names: { ...names, kind: 'Gear' } } },
    ])
    const after = [await ask(documents, path), await ask(documents, '/openapi/v3/apis/apps/v1')]
    expect(after[0]?.headers.etag).not.toBe(before[0]?.headers.etag)
    expect(after[1]?.body).toBe(before[1]?.body)
    expect(Object.keys(at(await document(documents, path), 'components', 'schemas') as JsonObject)).toContain(
      'io.rec.v1.Gear',
    )
  })

  it('cannot take the place of a built-in group and version', async () => {
    const definition = widgets()
    const documents = documentsOf({
      ...definition,
      spec: { ...(definition.spec as JsonObject), group: 'apps' },
    })
    const ours = await ask(documents, '/openapi/v3/apis/apps/v1')
    expect(ours.headers.etag).toBe((await ask(builtin, '/openapi/v3/apis/apps/v1')).headers.etag)
    expect(Object.keys((await document(documents, '/openapi/v2')).paths as JsonObject)).not.toContain(
      '/apis/apps/v1/widgets',
    )
  })
})

describe('an answer', () => {
  const cases: [path: string, accept: string | undefined, contentType: string | undefined][] = [
    ['/openapi/v3/api/v1', 'application/json', 'application/json'],
    ['/openapi/v3/api/v1', undefined, 'application/json'],
    ['/openapi/v3/api/v1', 'text/html, */*;q=0.1', 'application/json'],
    ['/openapi/v3/api/v1', 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf', undefined],
    ['/openapi/v2', 'application/json', 'application/json'],
    ['/openapi/v2', '', 'application/json'],
    ['/openapi/v2', PROTOBUF_V2, 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'],
    [
      '/openapi/v2',
      'application/json;q=0.5, application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
      'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
    ],
    ['/openapi/v2', 'application/json;q=0, application/*;q=nonsense', undefined],
  ]
  it.each(cases)('at %s for those who accept %s is %s', async (path, accept, contentType) => {
    const answer = await ask(builtin, path, accept === undefined ? {} : { accept })
    expect(answer).toMatchObject({ status: contentType ? 200 : 406, contentType })
    expect(answer.headers.vary).toBe('Accept')
  })

  it.each(['/openapi/v2', '/openapi/v3', '/openapi/v3/apis/apps/v1'])(
    'at %s is short for those who have it',
    async (path) => {
      const etag = String((await ask(builtin, path)).headers.etag)
      for (const ifNoneMatch of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const answer = await ask(builtin, path, { ifNoneMatch })
        expect({ status: answer.status, length: answer.body.length }).toEqual({ status: 304, length: 0 })
      }
      expect((await ask(builtin, path, { ifNoneMatch: '"other"' })).status).toBe(200)
    },
  )

  it('sends those with an old hash to the new one', async () => {
    const answer = await ask(builtin, '/openapi/v3/version?hash=OLD')
    expect(answer.status).toBe(301)
    expect((await ask(builtin, String(answer.headers.location))).status).toBe(200)
  })

  it('with a hash may be kept for a year', async () => {
    const documents = new OpenApiDocuments({ catalog: [] }, { now: () => Date.parse('2026-01-01T00:00:00Z') })
    const { location } = (await ask(documents, '/openapi/v3/version?hash=OLD')).headers
    expect((await ask(documents, String(location))).headers.expires).toBe('Fri, 01 Jan 2027 00:00:00 GMT')
  })

  it.each(['/openapi', '/openapi/v1', '/openapi/v3/apis/apps/v2', '/openapi/v3/__proto__', '/version'])(
    'is not there for %s',
    async (path) => {
      expect(await builtin.answer({ url: new URL(path, 'https://x') })).toBeUndefined()
    },
  )

  it('is the same bytes for all who ask', async () => {
    const [one, other] = await Promise.all([ask(documentsOf(), '/openapi/v2'), ask(builtin, '/openapi/v2')])
    expect(one.body.equals(other.body)).toBe(true)
  })
})

function withoutDescriptions(value: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(value)) return value.map((each) => withoutDescriptions(each) ?? null)
  if (!isJsonObject(value)) return value
  const kept = Object.entries(value).filter(
    ([name, each]) => name !== 'description' || typeof each !== 'string',
  )
  return Object.fromEntries(kept.map(([name, each]) => [name, withoutDescriptions(each)]))
}
