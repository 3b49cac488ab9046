import { beforeAll, describe, expect, it } from 'vitest'
import { isJsonObject, type JsonObject } from '../../../src/controlplane/api/json.ts'
import { builtinCatalog } from '../../../src/controlplane/discovery/index.ts'
import { at, document, documentNames, documentsOf, objectsIn, widgets } from './published.ts'

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']
const documents = documentsOf(widgets())
const all = new Map<string, JsonObject>()

beforeAll(async () => {
  for (const name of await documentNames(documents))
    all.set(name, await document(documents, `/openapi/v3/${name}`))
  all.set('v2', await document(documents, '/openapi/v2'))
})

interface FoundOperation {
  readonly path: string
  readonly method: string
  readonly operation: JsonObject
  readonly parameters: readonly JsonObject[]
}

function operationsOf(body: JsonObject): FoundOperation[] {
  return Object.entries(body.paths as JsonObject).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = at(item, method)
      if (!isJsonObject(operation)) return []
      const parameters = [at(item, 'parameters'), operation.parameters].flatMap((list) => objectsOf(list))
      return [{ path, method, operation, parameters: parameters.map((each) => resolve(body, each)) }]
    }),
  )
}

function objectsOf(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : []
}

function resolve(body: JsonObject, value: JsonObject): JsonObject {
  if (typeof value.$ref !== 'string') return value
  return at(body, ...value.$ref.replace(/^#\//, '').split('/')) as JsonObject
}

describe('in every document', () => {
  it('there is the head of its version of OpenAPI', () => {
    for (const [name, body] of all) {
      expect(name === 'v2' ? body.swagger : body.openapi).toBe(name === 'v2' ? '2.0' : '3.0.0')
      expect(body.info).toEqual({ title: expect.any(String), version: expect.any(String) })
    }
  })

  it('every reference leads somewhere', () => {
    for (const [name, body] of all) {
      const references = objectsIn(body).flatMap((each) => (typeof each.$ref === 'string' ? [each] : []))
      const dangling = references.filter((each) => resolve(body, each) === undefined)
      expect([name, dangling]).toEqual([name, []])
    }
  })

  it('nothing stands beside a reference in v3', () => {
    for (const [name, body] of all) {
      if (name === 'v2') continue
      for (const each of objectsIn(body.components))
        if (typeof each.$ref === 'string') expect([name, Object.keys(each)]).toEqual([name, ['$ref']])
    }
  })

  it('no two operations have the same id', () => {
    for (const body of all.values()) {
      const ids = operationsOf(body).map(({ operation }) => operation.operationId)
      expect(new Set(ids).size).toBe(ids.length)
    }
  })

  it('the parameters of a path are those of its template, and no parameter is there twice', () => {
    for (const body of all.values()) {
      for (const { path, parameters } of operationsOf(body)) {
        const inPath = parameters.filter((each) => each.in === 'path').map((each) => each.name)
        const inTemplate = [...path.matchAll(/{(\w+)}/g)].map(([, name]) => name)
        expect(inPath.sort()).toEqual(inTemplate.sort())
        const keys = parameters.map((each) => `${each.in}/${each.name}`)
        expect(new Set(keys).size).toBe(keys.length)
      }
    }
  })

  it('every operation says what it answers, and that it may refuse', () => {
    for (const body of all.values())
      for (const { operation } of operationsOf(body))
        expect(Object.keys(operation.responses as JsonObject)).toEqual(expect.arrayContaining(['200', '401']))
  })

  it('every schema of an array says what is in it', () => {
    for (const body of all.values())
      for (const each of objectsIn(body)) if (each.type === 'array') expect(each).toHaveProperty('items')
  })

  it('what is required is among the properties', () => {
    for (const body of all.values()) {
      for (const each of objectsIn(body)) {
        if (each.type !== 'object' || !Array.isArray(each.required)) continue
        expect(Object.keys(each.properties as JsonObject)).toEqual(expect.arrayContaining([...each.required]))
      }
    }
  })
})

describe('the resources of the catalog', () => {
  const resources = builtinCatalog().flatMap(({ group, versions }) =>
    versions.flatMap(({ version, resources: infos }) => infos.map((info) => ({ group, version, ...info }))),
  )

  it('are in both versions with every verb of theirs', () => {
    const actions: Record<string, string> = { create: 'post', update: 'put' }
    for (const { group, version, resource, kind, namespaced, verbs } of resources) {
      const root = group === '' ? `api/${version}` : `apis/${group}/${version}`
      const path = `/${root}/${namespaced ? 'namespaces/{namespace}/' : ''}${resource}`
      for (const name of [root, 'v2']) {
        const found = operationsOf(all.get(name) as JsonObject)
          .filter((each) => [path, `${path}/{name}`].includes(each.path))
          .filter((each) => at(each.operation, 'x-kubernetes-group-version-kind', 'kind') === kind)
          .map(({ operation }) => operation['x-kubernetes-action'])
        const expected = verbs.filter((verb) => verb !== 'watch').map((verb) => actions[verb] ?? verb)
        expect([resource, found.sort()]).toEqual([resource, expected.sort()])
      }
    }
  })

  it('have a definition that says which kind it is', () => {
    const definitions = Object.values(all.get('v2')?.definitions as JsonObject)
    const kinds = definitions.flatMap((each) => objectsOf(at(each, 'x-kubernetes-group-version-kind')))
    for (const { group, version, kind } of resources) expect(kinds).toContainEqual({ group, version, kind })
  })

  it('take the parameter by which kubectl finds out that the server validates fields', () => {
    for (const name of ['api/v1', 'apis/apps/v1', 'apis/rec.io/v1', 'v2']) {
      const patches = operationsOf(all.get(name) as JsonObject).filter(
        ({ operation }) => operation['x-kubernetes-action'] === 'patch',
      )
      expect(patches.length).toBeGreaterThan(0)
      for (const { operation } of patches)
        expect(objectsOf(operation.parameters).map((each) => each.name)).toContain('fieldValidation')
    }
  })
})
