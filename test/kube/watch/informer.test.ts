import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import {
  Informer,
  type InformerOptions,
  Informers,
  type KubeClient,
  keyOf,
  waitForCacheSync,
} from '../../../src/kube/index.ts'
import { eventually } from '../../support/eventually.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { HastyClock } from '../clocks.ts'
import { FakeApiServer, type SeenRequest } from '../fake-apiserver.ts'

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', namespaced: true }
const PATH = '/api/v1/configmaps'

let api: FakeApiServer
let client: KubeClient
let clock: HastyClock
let running: { stop(): Promise<void> }[]

beforeEach(async () => {
  api = await FakeApiServer.start()
  clock = new HastyClock()
  client = api.client({}, clock)
  running = []
})

afterEach(async () => {
  for (const each of running) await each.stop()
  await client.stop()
  await api.stop()
})

function informer(options: InformerOptions<ConfigMap> = {}): Informer<ConfigMap> {
  const made = new Informer<ConfigMap>({ resource: client.resource(CONFIG_MAPS), clock }, options)
  running.push(made)
  return made
}

/** What handlers are told, a line each. */
function journal(of: Informer<ConfigMap>): string[] {
  const lines: string[] = []
  const text = ({ metadata, data }: ConfigMap) => `${metadata.name}=${data?.x}`
  of.addHandler({
    onAdd: (object) => lines.push(`+${text(object)}`),
    onUpdate: (previous, object) => lines.push(`${text(previous)}>${text(object)}`),
    onDelete: (object, { isFinalStateUnknown }) =>
      lines.push(`-${text(object)}${isFinalStateUnknown ? '?' : ''}`),
  })
  return lines
}

const put = (name: string, x = '1', metadata = {}) =>
  api.put(PATH, { metadata: { name, namespace: 'ns', ...metadata }, data: { x } })
const remove = (name: string) => api.remove(PATH, `ns/${name}`)
const lists = () => api.requests.filter(({ query }) => query.watch === undefined)
const watches = () => api.requests.filter(({ query }) => query.watch !== undefined)
const isWatch = ({ query }: SeenRequest) => query.watch !== undefined

describe.each([
  ['as a stream', true],
  ['in pages', false],
])('with initial objects %s', (_, streamInitialObjects) => {
  const followed = async (options: InformerOptions<ConfigMap> = {}) => {
    const made = informer({ streamInitialObjects, pageSize: 2, ...options })
    const lines = journal(made)
    made.start()
    await made.waitForSync()
    await eventually(() => api.openWatches).toBe(1)
    return { made, lines }
  }

  it('tells of what there is, and of each change', async () => {
    for (const name of ['a', 'b', 'c']) put(name)
    const { made, lines } = await followed()
    expect(lines).toEqual(['+a=1', '+b=1', '+c=1'])
    put('a', '2')
    remove('b')
    put('d')
    await eventually(() => lines).toEqual(['+a=1', '+b=1', '+c=1', 'a=1>a=2', '-b=1', '+d=1'])
    expect(made.store.list().map(keyOf).sort()).toEqual(['ns/a', 'ns/c', 'ns/d'])
    expect(made.store.get({ namespace: 'ns', name: 'a' })).toMatchObject({
      data: { x: '2' },
    })
  })

  it('goes on where it was when a watch ends or breaks, without listing again', async () => {
    put('a')
    const { lines } = await followed()
    for (const end of ['endWatches', 'breakWatches'] as const) {
      put('a', end)
      await eventually(() => lines.at(-1)).toContain(`>a=${end}`)
      api[end]()
      put('missed', end)
      await eventually(() => api.openWatches).toBe(1)
      await eventually(() => lines.at(-1)).toContain(`missed=${end}`)
    }
    expect(lines).toEqual([
      '+a=1',
      'a=1>a=endWatches',
      '+missed=endWatches',
      'a=endWatches>a=breakWatches',
      'missed=endWatches>missed=breakWatches',
    ])
    expect(watches().filter(({ query }) => query.sendInitialEvents)).toHaveLength(
      streamInitialObjects ? 1 : 0,
    )
    expect(lists()).toHaveLength(streamInitialObjects ? 0 : 1)
    for (const { query } of watches()) {
      expect(query).toMatchObject({ allowWatchBookmarks: 'true' })
      expect(Number(query.timeoutSeconds)).toBeGreaterThanOrEqual(300)
      expect(Number(query.timeoutSeconds)).toBeLessThanOrEqual(600)
    }
  })

  it('goes on from a bookmark', async () => {
    await followed()
    api.put('/api/v1/secrets', { metadata: { name: 'other', namespace: 'ns' } })
    api.bookmark()
    const version = String(api.version)
    api.endWatches()
    await eventually(() => watches().at(-1)?.query.resourceVersion).toBe(version)
  })

  it.each(['status', 'event'] as const)(
    'lists again when its version is forgotten (%s), and finds what it missed',
    async (goneAs) => {
      api.goneAs = goneAs
      for (const name of ['a', 'b', 'c']) put(name)
      const { lines } = await followed()
      const seenUpTo = Number(api.version)
      lines.length = 0
      await api.stop()
      remove('a')
      put('b', '2')
      put('d')
      remove('c')
      put('c', 'new')
      api.compact()
      await api.listen()
      await eventually(() => lines.toSorted()).toEqual(['+c=new', '+d=1', '-a=1?', '-c=1?', 'b=1>b=2'])
      const relist = api.requests.findLast(
        ({ query }) => query.watch === undefined || query.sendInitialEvents,
      )
      expect(Number(relist?.query.resourceVersion)).toBeGreaterThanOrEqual(seenUpTo) // never back in time
      expect(relist?.query.limit).toBeUndefined()
    },
  )

  it('begins anew with a server that knows less than it has seen', async () => {
    put('a')
    const { made, lines } = await followed()
    await api.stop()
    let asked = 0
    const tooLarge = {
      kind: 'Status',
      code: 504,
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] },
    }
    api.faultFor = ({ query }) => {
      if (!query.resourceVersion || query.resourceVersion === '0') return undefined
      asked += 1
      return asked <= 2 ? { status: 504, text: JSON.stringify(tooLarge) } : undefined
    }
    put('b')
    await api.listen()
    await eventually(() => lines).toEqual(['+a=1', '+b=1'])
    expect(made.hasSynced).toBe(true)
  })

  it('waits longer and longer while the server is in trouble, and then goes on', async () => {
    put('a')
    const { lines } = await followed({ random: () => 0 })
    let failures = 8
    api.faultFor = (request) =>
      isWatch(request) && failures-- > 0 ? { status: 500, reason: 'InternalError' } : undefined
    clock.slept.length = 0
    api.breakWatches()
    put('a', '2')
    await eventually(() => lines).toEqual(['+a=1', 'a=1>a=2'])
    expect(clock.slept.filter((ms) => ms !== 1000)).toEqual([
      800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000,
    ])
  })

  it('survives hanging, garbage and resets', async () => {
    put('a')
    const { lines } = await followed()
    const faults = [
      'reset',
      { status: 200, text: 'garbage\n' },
      { status: 200, text: '' },
      { status: 429 },
      { status: 401 },
      'cut',
    ] as const
    let next = 0
    api.faultFor = (request) => (isWatch(request) ? faults[next++] : undefined)
    put('a', '2')
    api.breakWatches()
    put('a', '3')
    await eventually(() => lines.at(-1)).toMatch(/>a=3$/)
    expect(next).toBeGreaterThan(faults.length)
    expect(lines.filter((line) => line.endsWith('>a=3'))).toHaveLength(1)
  })

  it('sees only its namespace and selection', async () => {
    put('a', '1', { labels: { app: 'x' } })
    put('b')
    put('c', '1', { labels: { app: 'x' }, namespace: 'other' })
    const { lines } = await followed({ namespace: 'ns', labelSelector: 'app=x' })
    put('d')
    put('e', '1', { labels: { app: 'x' } })
    await eventually(() => lines).toEqual(['+a=1', '+e=1'])
  })
})

it('loses nothing and doubles nothing, wherever its watches are cut', async () => {
  const budgets = fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 12 })
  const changes = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('put', 'remove')), {
    minLength: 1,
    maxLength: 25,
  })
  await fc.assert(
    fc.asyncProperty(budgets, changes, fc.boolean(), async (cuts, steps, streamInitialObjects) => {
      const server = await FakeApiServer.start()
      const own = server.client()
      const watcher = new Informer<ConfigMap>(
        { resource: own.resource(CONFIG_MAPS), clock: own.clock },
        { streamInitialObjects },
      )
      const expected: string[] = []
      const told: string[] = []
      const tell = (type: string, { metadata }: KubeObject) =>
        told.push(`${type} ${metadata.name} ${metadata.resourceVersion}`)
      watcher.addHandler({
        onAdd: (object) => tell('add', object),
        onUpdate: (_, object) => tell('update', object),
        onDelete: (object) => tell('delete', object),
      })
      try {
        watcher.start()
        await watcher.waitForSync()
        server.watchBudgets.push(...cuts)
        server.breakWatches()
        for (const [index, [name, step]] of steps.entries()) {
          const exists = server.get(PATH, `ns/${name}`) !== undefined
          if (step === 'put') {
            const { metadata } = server.put(PATH, {
              metadata: { name, namespace: 'ns' },
              data: { x: `é${index}` },
            })
            expected.push(`${exists ? 'update' : 'add'} ${name} ${metadata.resourceVersion}`)
          } else if (exists) {
            server.remove(PATH, `ns/${name}`)
            expected.push(`delete ${name} ${server.version}`)
          }
        }
        await eventually(() => told).toEqual(expected)
        expect(watcher.store.list().map(keyOf).sort()).toEqual(
          server
            .all(PATH)
            .map((each) => keyOf(each as KubeObject))
            .sort(),
        )
      } finally {
        await watcher.stop()
        await own.stop()
        await server.stop()
      }
    }),
    { numRuns: 25 },
  )
})

it.each(['refuses', 'ignores'] as const)(
  'lists where the server %s to stream initial objects',
  async (how) => {
    api.streamsInitialObjects = how
    put('a')
    const made = informer({ initialSilenceMs: 20 })
    made.start()
    await made.waitForSync()
    expect(made.store.size).toBe(1)
    expect(lists().map(({ query }) => query)).toEqual([{ limit: '500', resourceVersion: '0' }])
    put('b')
    await eventually(() => made.store.size).toBe(2)
  },
)

it('goes on after a restart of the server, however long it was away, without listing again', async () => {
  put('a')
  const made = informer()
  const lines = journal(made)
  made.start()
  await made.waitForSync()
  await api.stop()
  clock.slept.length = 0
  await eventually(() => clock.slept.length).toBeGreaterThan(20)
  put('b')
  await api.listen()
  await eventually(() => lines).toEqual(['+a=1', '+b=1'])
  expect([lists().length, watches().filter(({ query }) => query.sendInitialEvents).length]).toEqual([0, 1])
})

it('begins anew where a version leads to nothing but failures', async () => {
  put('a')
  const made = informer({ streamInitialObjects: false })
  const lines = journal(made)
  made.start()
  await made.waitForSync()
  const version = String(api.version)
  api.faultFor = ({ query }) =>
    query.resourceVersion === version ? { status: 200, text: 'garbage\n' } : undefined
  api.breakWatches()
  put('b')
  await eventually(() => lines).toEqual(['+a=1', '+b=1'])
  expect(lists().at(-1)?.query.resourceVersion).toBeUndefined()
})

it('tells late handlers of what there is, and each one for itself', async () => {
  put('a')
  const made = informer()
  made.addHandler({
    onAdd: () => {
      throw new Error('broken handler')
    },
  })
  const early = journal(made)
  made.start()
  await waitForCacheSync([made as unknown as Informer<never>])
  const late = journal(made)
  expect([early, late]).toEqual([['+a=1'], ['+a=1']])
  const end = made.addHandler({
    onUpdate: () => {
      throw new Error('broken handler')
    },
  })
  put('a', '2')
  await eventually(() => late).toEqual(['+a=1', 'a=1>a=2'])
  end()
  expect(early).toEqual(late)
})

it('keeps no managedFields', async () => {
  const managedFields = [{ manager: 'kubectl', fieldsV1: { 'f:data': {} } }]
  put('a', '1', { labels: { one: '1' }, managedFields })
  const configMaps = informer()
  configMaps.start()
  await configMaps.waitForSync()
  put('b', '2', { managedFields })
  await eventually(() => configMaps.store.size).toBe(2)
  expect(configMaps.store.get('ns/a')?.metadata.labels).toEqual({ one: '1' })
  expect(configMaps.store.get('ns/b')?.data).toEqual({ x: '2' })
  for (const { metadata } of configMaps.store.list()) expect(metadata).not.toHaveProperty('managedFields')
})

it('keeps indexes, also those that come later, and what is left by a transform', async () => {
  const made = informer({
    indexers: { app: ({ metadata }) => [metadata.labels?.app ?? ''] },
    transform: ({ metadata: { managedFields: _, ...metadata }, ...object }) => ({ ...object, metadata }),
  })
  put('a', '1', { labels: { app: 'x' }, managedFields: [{}] })
  put('b', '1', { labels: { app: 'y' }, namespace: 'other' })
  made.start()
  await made.waitForSync()
  const names = (index: string, value: string) => made.store.byIndex(index, value).map(keyOf)
  expect(names('app', 'x')).toEqual(['ns/a'])
  expect(made.store.get('ns/a')?.metadata.managedFields).toBeUndefined()
  put('a', '2', { labels: { app: 'y' } })
  await eventually(() => names('app', 'y').toSorted()).toEqual(['ns/a', 'other/b'])
  expect(names('app', 'x')).toEqual([])
  made.addIndexer('x', ({ data }) => [data?.x ?? ''])
  expect(names('x', '2')).toEqual(['ns/a'])
  expect(made.store.list('other').map(keyOf)).toEqual(['other/b'])
  expect(() => made.store.byIndex('nothing', '')).toThrow('no index "nothing"')
  expect(() => made.addIndexer('x', () => [])).toThrow('already')
})

it('tells of all objects again from time to time', async () => {
  put('a')
  const stepped = new ManualClock()
  const made = new Informer<ConfigMap>(
    { resource: client.resource(CONFIG_MAPS), clock: stepped },
    { resyncMs: 60_000 },
  )
  running.push(made)
  const lines = journal(made)
  made.start()
  await made.waitForSync()
  expect(await stepped.asleep()).toBe(60_000)
  stepped.advance(60_000)
  await eventually(() => lines).toEqual(['+a=1', 'a=1>a=1'])
})

it('gives up waiting with its caller', async () => {
  api.faultFor = () => 'hang'
  const made = informer()
  made.start()
  const controller = new AbortController()
  const wait = made.waitForSync(controller.signal)
  controller.abort(new Error('enough'))
  await expect(wait).rejects.toThrow('enough')
  expect(made.hasSynced).toBe(false)
})

it('is shared by all who want the same', async () => {
  const informers = new Informers(client)
  running.push(informers)
  const one = informers.for<ConfigMap>(CONFIG_MAPS)
  const byX = ({ data }: ConfigMap) => [data?.x ?? '']
  expect(informers.for<ConfigMap>(CONFIG_MAPS, { indexers: { x: byX } })).toBe(one)
  expect(informers.for<ConfigMap>(CONFIG_MAPS, { namespace: 'ns' })).not.toBe(one)
  expect(() => informers.for<ConfigMap>(CONFIG_MAPS, { transform: (object) => object })).toThrow(
    'another transform',
  )
  put('a')
  informers.start()
  const late = informers.for<ConfigMap>(CONFIG_MAPS, { labelSelector: 'app=x' })
  await informers.waitForSync()
  expect(late.hasSynced).toBe(true)
  expect(one.store.byIndex('x', '1')).toHaveLength(1)
  expect(watches()).toHaveLength(3)
})
