import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  Informer,
  type KubeClient,
  type NewCondition,
  ObjectPatcher,
  type WithConditions,
} from '../../../src/kube/index.ts'
import { until } from '../../support/until.ts'
import { FakeApiServer, type StoredObject } from '../fake-apiserver.ts'

const WIDGETS = { group: 'example.com', version: 'v1', plural: 'widgets', namespaced: false }
const PATH = '/apis/example.com/v1/widgets'
const FINALIZER = 'example.com/keep'
const signal = new AbortController().signal

let api: FakeApiServer
let client: KubeClient
let informers: Informer<WithConditions>[]

beforeEach(async () => {
  api = await FakeApiServer.start()
  client = api.client()
  informers = []
})

afterEach(async () => {
  await Promise.all(informers.map((each) => each.stop()))
  await client.stop()
  await api.stop()
})

/** What one process has: its cache, and by what its controllers write. */
async function startProcess() {
  const informer = new Informer<WithConditions>({ resource: client.resource(WIDGETS) })
  informers.push(informer)
  const patcher = new ObjectPatcher(informer)
  informer.start()
  await informer.waitForSync()
  const cached = () => informer.store.get('a') as WithConditions
  const say = (type: string, reason: string) => {
    const condition: NewCondition = { type, status: 'True', reason, message: '' }
    return patcher.setConditions(cached(), [condition], { signal, now: 0 })
  }
  return { patcher, cached, say }
}

const put = (more: Partial<StoredObject['metadata']> = {}) => {
  const existing = api.get(PATH, 'a')
  return api.put(PATH, { kind: 'Widget', ...existing, metadata: { name: 'a', ...more } })
}

/** From now on caches show nothing new. */
function stopWatches(): void {
  api.faultFor = ({ query }) => (query.watch === 'true' ? 'hang' : undefined)
  api.breakWatches()
}

type Stored = StoredObject & { readonly status: { readonly conditions: readonly NewCondition[] } }
const stored = () => api.get(PATH, 'a') as Stored
const said = () => Object.fromEntries(stored().status.conditions.map(({ type, reason }) => [type, reason]))
const asked = (method: string) => api.requests.filter((each) => each.method === method && !each.query.watch)

const TYPES = ['Accepted', 'Available', 'Synced', 'Tainted']
const ROUNDS = ['First', 'Second', 'Third']

describe('controllers of one process that write the same object', () => {
  it('are not in conflict, however late their cache is', async () => {
    put()
    const { say } = await startProcess()
    stopWatches()
    const talk = async (type: string) => {
      for (const reason of ROUNDS) expect(await say(type, reason)).toBe(true)
    }
    await Promise.all(TYPES.map(talk))
    expect(said()).toEqual(Object.fromEntries(TYPES.map((type) => [type, 'Third'])))
    expect(asked('PATCH')).toHaveLength(TYPES.length * ROUNDS.length)
    expect(asked('GET')).toEqual([])
  })

  it('write nothing that one of them has written already', async () => {
    put()
    const { say } = await startProcess()
    stopWatches()
    expect(await Promise.all([say('Ready', 'Yes'), say('Ready', 'Yes')])).toEqual([true, false])
  })

  it('go on where one of them was refused', async () => {
    put()
    const { say } = await startProcess()
    stopWatches()
    const watching = api.faultFor
    let isFirst = true
    api.faultFor = (request) => {
      if (request.method !== 'PATCH' || !isFirst) return watching(request)
      isFirst = false
      return { status: 422, reason: 'Invalid' }
    }
    const [refused, written] = await Promise.allSettled([say('Accepted', 'No'), say('Available', 'Yes')])
    expect([refused.status, written.status]).toEqual(['rejected', 'fulfilled'])
    expect(said()).toEqual({ Available: 'Yes' })
  })

  it('are in conflict with somebody else once, and not each of them', async () => {
    put()
    const { say } = await startProcess()
    stopWatches()
    put({ labels: { by: 'somebody' } })
    await Promise.all(TYPES.map((type) => say(type, 'Now')))
    expect(said()).toEqual(Object.fromEntries(TYPES.map((type) => [type, 'Now'])))
    expect(asked('GET')).toHaveLength(1)
    expect(asked('PATCH')).toHaveLength(1 + TYPES.length)
  })

  it('go by their cache again once it has seen what they wrote', async () => {
    put()
    const { say, cached } = await startProcess()
    await say('Accepted', 'Yes')
    put({ labels: { by: 'somebody' } })
    await until(() => cached().metadata.labels?.by === 'somebody', 'the cache is up to date')
    await say('Available', 'Yes')
    expect(said()).toEqual({ Accepted: 'Yes', Available: 'Yes' })
    expect(stored().metadata.labels).toEqual({ by: 'somebody' })
    expect(asked('PATCH')).toHaveLength(2)
  })
})

describe('controllers of several processes that write the same object', () => {
  it('lose nothing of what the others write, however late their caches are', async () => {
    put()
    const [one, other] = [await startProcess(), await startProcess()]
    stopWatches()
    const talk = async (type: string, index: number) => {
      const { say } = index % 2 === 0 ? one : other
      for (const reason of ROUNDS) {
        await say(type, reason)
        put({ labels: { lastSaid: type } }) // and so does somebody who has heard of it
      }
    }
    await Promise.all(TYPES.map(talk))
    expect(said()).toEqual(Object.fromEntries(TYPES.map((type) => [type, 'Third'])))
  })
})

describe('finalizers', () => {
  it('come beside one another, and go one by one', async () => {
    put()
    const { patcher, cached } = await startProcess()
    stopWatches()
    const finalizers = [FINALIZER, 'example.com/other']
    await Promise.all(finalizers.map((each) => patcher.addFinalizer(cached(), each, { signal })))
    expect(stored().metadata.finalizers).toEqual(finalizers)
    await patcher.removeFinalizer(cached(), FINALIZER, { signal })
    expect(stored().metadata.finalizers).toEqual(['example.com/other'])
    expect(asked('PATCH')).toHaveLength(3)
  })

  it('are not put on what is being deleted', async () => {
    put({ finalizers: ['example.com/other'] })
    const { patcher, cached } = await startProcess()
    stopWatches()
    put({ finalizers: ['example.com/other'], deletionTimestamp: '2026-01-01T00:00:00Z' })
    const kept = await patcher.addFinalizer(cached(), FINALIZER, { signal })
    expect(kept?.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:00Z' })
    expect(stored().metadata.finalizers).toEqual(['example.com/other'])
  })

  it('are nothing to what has gone, or was made anew', async () => {
    put({ finalizers: [FINALIZER] })
    const { patcher, cached } = await startProcess()
    stopWatches()
    api.remove(PATH, 'a')
    await patcher.removeFinalizer(cached(), FINALIZER, { signal })
    expect(await patcher.addFinalizer(cached(), 'example.com/other', { signal })).toBeUndefined()
    put({ finalizers: [FINALIZER] })
    await patcher.removeFinalizer(cached(), FINALIZER, { signal })
    expect(await patcher.addFinalizer(cached(), 'example.com/other', { signal })).toBeUndefined()
    expect(stored().metadata.finalizers).toEqual([FINALIZER])
  })
})
