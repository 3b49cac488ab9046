import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  isTooLargeResourceVersion,
  isTooManyRequests,
  isUnauthorized,
  KubeApiError,
  KubeClient,
  KubeRequestError,
} from '../../../src/kube/index.ts'
import { eventually } from '../../support/eventually.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { HastyClock } from '../clocks.ts'
import { collect } from '../collect.ts'
import { FakeApiServer, type Fault } from '../fake-apiserver.ts'

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', namespaced: true }
const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces', namespaced: false }
const DEPLOYMENTS = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true }
const PATH = '/api/v1/configmaps'

let api: FakeApiServer
let clock: HastyClock
let client: KubeClient

beforeEach(async () => {
  api = await FakeApiServer.start()
  clock = new HastyClock()
  client = api.client({}, clock)
})

afterEach(async () => {
  await client.stop()
  await api.stop()
})

const configMaps = () => client.resource<ConfigMap>(CONFIG_MAPS)
const put = (name: string, data = {}) => api.put(PATH, { metadata: { name, namespace: 'ns' }, data })
const lastRequest = () => {
  const last = api.requests.at(-1)
  if (!last) throw new Error('nothing was asked for')
  return last
}

describe('verbs', () => {
  it('create, read, change and delete an object', async () => {
    const created = await configMaps().create({ metadata: { name: 'a', namespace: 'ns' }, data: { x: '1' } })
    expect(created.metadata.uid).toBeDefined()
    expect(lastRequest().body).toMatchObject({ apiVersion: 'v1', data: { x: '1' } })
    expect(await configMaps().get({ namespace: 'ns', name: 'a' })).toEqual(created)

    const updated = await configMaps().update(
      { ...created, data: { x: '2' } },
      { fieldManager: 'me', dryRun: true },
    )
    expect(lastRequest()).toMatchObject({ method: 'PUT', query: { fieldManager: 'me', dryRun: 'All' } })
    await expect(configMaps().update(created)).rejects.toSatisfy(isConflict)

    await configMaps().delete(
      { namespace: 'ns', name: 'a' },
      { preconditions: { uid: updated.metadata.uid ?? '' } },
    )
    expect(lastRequest().body).toEqual({ preconditions: { uid: created.metadata.uid } })
    expect(await configMaps().find({ namespace: 'ns', name: 'a' })).toBeUndefined()
  })

  it.each([
    ['merge', 'application/merge-patch+json', { data: { y: '2' } }],
    ['strategic', 'application/strategic-merge-patch+json', { data: { y: '2' } }],
    ['json', 'application/json-patch+json', [{ op: 'add', path: '/data/y', value: '2' }]],
  ] as const)('patch by %s', async (type, contentType, body) => {
    put('a', { x: '1' })
    await configMaps().patch({ namespace: 'ns', name: 'a' }, { type, body } as never, {
      subresource: 'status',
    })
    expect(lastRequest()).toMatchObject({
      method: 'PATCH',
      path: '/api/v1/namespaces/ns/configmaps/a/status',
      body,
    })
    expect(lastRequest().headers['content-type']).toBe(contentType)
  })

  it('apply an object that is not there yet, with its field manager', async () => {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'ns', name: 'a' },
      data: { x: '1' },
    }
    await configMaps().apply(object, { fieldManager: 'me', force: true })
    expect(lastRequest()).toMatchObject({ query: { fieldManager: 'me', force: 'true' }, body: object })
    expect(lastRequest().headers['content-type']).toBe('application/apply-patch+yaml')
    expect(api.get(PATH, 'ns/a')).toMatchObject({ data: { x: '1' } })
  })

  it('list in pages, and say of what kind the items are', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) put(name)
    const { items, metadata } = await configMaps().listAll({
      namespace: 'ns',
      limit: 2,
      resourceVersion: '0',
    })
    expect(items.map((item) => item.metadata.name)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' })
    expect(metadata.resourceVersion).toBe(String(api.version))
    expect(api.requests.map(({ query }) => query.resourceVersion)).toEqual(['0', undefined, undefined])
  })

  it('list in one go when the pages are forgotten meanwhile', async () => {
    for (const name of ['a', 'b', 'c']) put(name)
    api.faultFor = ({ query }) => {
      if (query.continue) api.compact()
      return undefined
    }
    const { items } = await configMaps().listAll({ namespace: 'ns', limit: 2 })
    expect(items).toHaveLength(3)
    expect(lastRequest().query).toEqual({})
  })

  it('delete a selection, and scale', async () => {
    put('a')
    await configMaps().deleteCollection({
      namespace: 'ns',
      labelSelector: 'app=x',
      propagationPolicy: 'Foreground',
    })
    expect(lastRequest()).toMatchObject({
      method: 'DELETE',
      path: '/api/v1/namespaces/ns/configmaps',
      query: { labelSelector: 'app=x' },
      body: { propagationPolicy: 'Foreground' },
    })
    api.put('/apis/apps/v1/deployments', { metadata: { name: 'd', namespace: 'ns' } })
    const deployments = client.resource(DEPLOYMENTS)
    const scale = await deployments.getScale({ namespace: 'ns', name: 'd' })
    await deployments.updateScale({ namespace: 'ns', name: 'd' }, { ...scale, spec: { replicas: 3 } })
    expect(lastRequest()).toMatchObject({
      path: '/apis/apps/v1/namespaces/ns/deployments/d/scale',
      body: { spec: { replicas: 3 } },
    })
  })

  it('never ask for something else than the object', async () => {
    await expect(configMaps().get({ namespace: 'ns', name: '' })).rejects.toThrow(KubeRequestError)
    await expect(configMaps().get({ namespace: 'ns', name: '..' })).rejects.toThrow(KubeRequestError)
    await expect(configMaps().get({ name: 'a' })).rejects.toThrow('configmaps belong to a namespace')
    expect(api.requests).toEqual([])
  })

  it('keep a name within its part of the path', async () => {
    expect(await client.resource(NAMESPACES).find({ name: 'a/../b?c' })).toBeUndefined()
    expect(lastRequest().path).toBe('/api/v1/namespaces/a%2F..%2Fb%3Fc')
  })
})

describe('who asks', () => {
  it('is said with every request', async () => {
    await client.raw({ method: 'GET', path: '/api/v1/configmaps' })
    expect(lastRequest().headers).toMatchObject({
      authorization: 'Bearer secret',
      'user-agent': `cluster-proxy/${manifest.version}`,
    })
  })

  it('may be somebody on whose behalf it is', async () => {
    const impersonate = {
      username: 'jane',
      uid: 'u1',
      groups: ['dev', 'ops'],
      extra: { 'acme.com/project': ['x'] },
    }
    const other = api.client({ impersonate })
    await other.raw({ method: 'GET', path: PATH })
    expect(lastRequest().headers).toMatchObject({
      'impersonate-user': 'jane',
      'impersonate-uid': 'u1',
      'impersonate-group': 'dev, ops',
      'impersonate-extra-acme.com%2fproject': 'x',
    })
    await other.stop()
  })

  it('is renewed when the API does not know it any more', async () => {
    let token = 'old'
    const rotating = new KubeClient(
      { readAccess: async () => ({ ...api.access, token }), clock },
      { qps: -1 },
    )
    api.faultFor = ({ headers }) => (headers.authorization === 'Bearer new' ? undefined : { status: 401 })
    await expect(rotating.raw({ method: 'GET', path: PATH })).rejects.toSatisfy(isUnauthorized)
    expect(api.requests).toHaveLength(1)
    token = 'new'
    await rotating.raw({ method: 'GET', path: PATH })
    expect(api.requests).toHaveLength(3)
    await rotating.stop()
  })

  it('goes on as before when its files cannot be read for a while', async () => {
    let isBroken = false
    const readAccess = async () => {
      if (isBroken) throw new Error('half written')
      return api.access
    }
    const steady = new KubeClient({ readAccess, clock }, { qps: -1 })
    await steady.raw({ method: 'GET', path: PATH })
    isBroken = true
    await clock.sleep(60_000)
    expect((await steady.raw({ method: 'GET', path: PATH })).status).toBe(200)
    await steady.stop()
  })
})

describe('errors', () => {
  it.each([
    [{ status: 404 }, isNotFound],
    [{ status: 409 }, isConflict],
    [{ status: 409, reason: 'AlreadyExists' }, isAlreadyExists],
    [{ status: 410, reason: 'Expired' }, isGone],
    [{ status: 410 }, isGone],
    [{ status: 403 }, isForbidden],
    [{ status: 422 }, isInvalid],
    [{ status: 429 }, isTooManyRequests],
  ])('%o are told apart', async (fault: Fault, isIt) => {
    api.faultFor = () => fault
    const error = await client.raw({ method: 'GET', path: PATH }).catch((thrown) => thrown)
    const judges = [
      isNotFound,
      isConflict,
      isAlreadyExists,
      isGone,
      isForbidden,
      isInvalid,
      isTooManyRequests,
    ]
    expect(judges.filter((judge) => judge(error))).toEqual([isIt])
  })

  it('carry what the API said', async () => {
    const { response } = recordedExchange('list too large version')
    api.faultFor = () => ({ status: response.status, text: JSON.stringify(response.body) })
    const error = await client.raw({ method: 'GET', path: PATH }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(KubeApiError)
    expect(error).toMatchObject({
      status: 504,
      reason: 'Timeout',
      retryAfterSeconds: 1,
      message: 'Timeout: Too large resource version: 999999999, current: 213',
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    })
    expect(isTooLargeResourceVersion(error)).toBe(true)
  })

  it('stand for answers that are no Status', async () => {
    api.faultFor = () => ({ status: 502, text: '<html>Bad Gateway</html>' })
    await expect(client.raw({ method: 'GET', path: PATH })).rejects.toMatchObject({
      status: 502,
      message: `status 502 to GET ${PATH}`,
    })
    api.faultFor = () => ({ status: 200, text: '<html>' })
    await expect(configMaps().get({ namespace: 'ns', name: 'a' })).rejects.toThrow('is no JSON')
    api.faultFor = () => ({ status: 200, text: '{}' })
    await expect(configMaps().list()).rejects.toThrow('is no list')
  })

  it.each([
    { kind: 'Status', code: 'x', message: 7, reason: {}, details: { causes: 'x', retryAfterSeconds: 'x' } },
    { kind: 'Status', details: { causes: [null, 'x'] } },
    { kind: 'Status', details: null },
    null,
    ['x'],
  ])('are made of whatever comes: %j', async (body) => {
    api.faultFor = () => ({ status: 504, text: JSON.stringify(body) })
    const error = await client.raw({ method: 'GET', path: PATH }).catch((thrown) => thrown)
    expect(error).toMatchObject({
      status: 504,
      reason: 'Timeout',
      causes: [],
      message: `status 504 to GET ${PATH}`,
    })
    expect(isTooLargeResourceVersion(error)).toBe(false)
  })

  it.each([{ kind: 'ConfigMapList', items: [null] }, { kind: 'ConfigMapList', items: [{}] }, null, 7])(
    'tell of a list that makes no sense: %j',
    async (body) => {
      api.faultFor = () => ({ status: 200, text: JSON.stringify(body) })
      await expect(configMaps().list()).rejects.toThrow(KubeRequestError)
    },
  )

  it('end a request that hangs', async () => {
    api.faultFor = () => 'hang'
    await expect(client.raw({ method: 'GET', path: PATH, timeoutMs: 20 })).rejects.toThrow(
      'no answer within 20ms to GET /api/v1/configmaps',
    )
  })

  it('are the reason of the caller, who does not want to wait', async () => {
    api.faultFor = () => 'hang'
    const controller = new AbortController()
    const request = client.raw({ method: 'GET', path: PATH, signal: controller.signal })
    await eventually(() => api.requests.length).toBe(1)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(request).rejects.toBe(reason)
  })

  it('tell that nobody is there', async () => {
    await api.stop()
    await expect(client.raw({ method: 'POST', path: PATH })).rejects.toThrow(
      /^POST \/api\/v1\/configmaps: .*ECONNREFUSED/,
    )
  })
})

describe('trying again', () => {
  const failing = (times: number, fault: Fault) => {
    let left = times
    api.faultFor = () => (left-- > 0 ? fault : undefined)
  }

  it.each([429, 500, 503])('follows the Retry-After of %d, even for a write', async (status) => {
    failing(3, { status, headers: { 'retry-after': '7' } })
    await configMaps().create({ metadata: { name: 'a', namespace: 'ns' } })
    expect(api.requests).toHaveLength(4)
    expect(clock.slept).toEqual([7000, 7000, 7000])
  })

  it('comes later by a random part of that, more so with each failure', async () => {
    failing(4, { status: 429, headers: { 'retry-after': '4' } })
    const spread = new KubeClient({ readAccess: async () => api.access, clock, random: () => 0.5 })
    await spread.raw({ method: 'GET', path: PATH })
    await spread.stop()
    expect(clock.slept).toEqual([6000, 8000, 9000, 9000])
  })

  it('ends after ten times', async () => {
    failing(100, { status: 429, headers: { 'retry-after': '1' } })
    await expect(client.raw({ method: 'GET', path: PATH })).rejects.toMatchObject({
      status: 429,
      retryAfterSeconds: 1,
    })
    expect(api.requests).toHaveLength(11)
  })

  it.each([{ status: 429 }, { status: 503 }, { status: 409, headers: { 'retry-after': '1' } }])(
    'is not for %o',
    async (fault) => {
      failing(1, fault)
      await expect(client.raw({ method: 'GET', path: PATH })).rejects.toMatchObject({ status: fault.status })
      expect(api.requests).toHaveLength(1)
    },
  )

  it.each(['reset', 'cut'] as const)(
    'is for reads whose connection broke (%s), and not for writes',
    async (fault) => {
      failing(2, fault)
      expect((await client.raw({ method: 'GET', path: PATH })).status).toBe(200)
      expect(clock.slept).toEqual([1000, 1000])
      failing(1, fault)
      await expect(configMaps().create({ metadata: { name: 'a', namespace: 'ns' } })).rejects.toThrow(
        KubeRequestError,
      )
      expect(api.all(PATH)).toEqual([])
    },
  )

  it('is given up when the client is stopped', async () => {
    const stepped = new ManualClock()
    const stopped = new KubeClient({ readAccess: async () => api.access, clock: stepped, random: () => 0 })
    failing(1, { status: 429, headers: { 'retry-after': '60' } })
    const request = stopped.raw({ method: 'GET', path: PATH })
    expect(await stepped.asleep()).toBe(60_000)
    const rejected = expect(request).rejects.toThrow('the client has been stopped')
    await stopped.stop()
    await rejected
  })

  it('is given up when the caller does not want to wait', async () => {
    const stepped = new ManualClock()
    const patient = new KubeClient({ readAccess: async () => api.access, clock: stepped, random: () => 0 })
    failing(1, { status: 429, headers: { 'retry-after': '60' } })
    const controller = new AbortController()
    const request = patient.raw({ method: 'GET', path: PATH, signal: controller.signal })
    expect(await stepped.asleep()).toBe(60_000)
    controller.abort(new Error('enough'))
    await expect(request).rejects.toThrow('enough')
    await patient.stop()
  })
})

it('lets no more requests pass than allowed, in their order', async () => {
  const stepped = new ManualClock()
  const slow = new KubeClient({ readAccess: async () => api.access, clock: stepped }, { qps: 10, burst: 2 })
  const ask = (name: string) => slow.raw({ method: 'GET', path: PATH, query: { name } })
  const first = [ask('1'), ask('2')]
  const rest = [ask('3'), ask('4')]
  await Promise.all(first)
  expect(await stepped.asleep()).toBe(100)
  stepped.advance(100)
  await rest[0]
  // The first two have a connection each, and either may be the faster one.
  expect(api.requests.map(({ query }) => query.name).sort()).toEqual(['1', '2', '3'])
  stepped.advance(100)
  await rest[1]
  expect(api.requests).toHaveLength(4)
  await slow.stop()
})

describe('watches', () => {
  it('tell what happens, until the API ends them', async () => {
    put('a')
    const events = await configMaps().watch({ namespace: 'ns', resourceVersion: String(api.version) })
    put('b')
    api.remove(PATH, 'ns/a')
    api.bookmark()
    const seen: string[] = []
    for await (const { type, object } of events) {
      seen.push(`${type} ${object.metadata.name}`)
      if (type === 'BOOKMARK') api.endWatches()
    }
    expect(seen).toEqual(['ADDED b', 'DELETED a', 'BOOKMARK undefined'])
  })

  it.each([
    ['{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n', isGone],
    ['nonsense\n', (error: unknown) => error instanceof KubeRequestError],
    ['{"type":"ADDED"}\n', (error: unknown) => error instanceof KubeRequestError],
    ['{"type":"ADDED","object":{"metadata":null}}\n', (error: unknown) => error instanceof KubeRequestError],
    ['{"type":"toString","object":{"metadata":{}}}\n', (error: unknown) => error instanceof KubeRequestError],
    ['null\n', (error: unknown) => error instanceof KubeRequestError],
    ['[]\n', (error: unknown) => error instanceof KubeRequestError],
  ])('throw for %s', async (line, isIt) => {
    const events = await configMaps().watch()
    api.tellWatches(line)
    await expect(collect(events)).rejects.toSatisfy(isIt)
  })

  it('do not stand in the way of requests, however many they are', async () => {
    const ending = new AbortController()
    const watches = await Promise.all(
      Array.from({ length: 100 }, () => configMaps().watch({ signal: ending.signal })),
    )
    expect(api.openWatches).toBe(100)
    await Promise.all(Array.from({ length: 100 }, () => client.raw({ method: 'GET', path: PATH })))
    const ends = watches.map((events) => collect(events))
    ending.abort(new Error('enough'))
    for (const end of ends) await expect(end).rejects.toThrow('enough')
    await eventually(() => api.openWatches).toBe(0)
  })

  it('are given up when they do not begin', async () => {
    api.faultFor = () => 'hang'
    await expect(configMaps().watch({ timeoutMs: 10 })).rejects.toThrow(/Headers Timeout/)
  })

  it('free their connection when nobody wants to see more', async () => {
    const events = await configMaps().watch()
    put('a')
    for await (const _ of events) break
    await eventually(() => api.openWatches).toBe(0)
  })
})
