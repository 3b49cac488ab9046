import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Condition, KubeObject } from '../../../src/apis/meta/v1.ts'
import {
  AlreadyOwnedError,
  Applier,
  addFinalizer,
  controllerOf,
  createOrUpdate,
  findCondition,
  hasFinalizer,
  isConditionTrue,
  isConflict,
  type KubeClient,
  ownerReferenceTo,
  RestMapper,
  removeCondition,
  removeFinalizer,
  retryOnConflict,
  setCondition,
  withController,
  withOwner,
} from '../../../src/kube/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { HastyClock } from '../clocks.ts'
import { FakeApiServer, type StoredObject } from '../fake-apiserver.ts'

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', namespaced: true }
const PATH = '/api/v1/configmaps'
const KEY = { namespace: 'ns', name: 'a' }

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
const put = (metadata = {}, data = {}) =>
  api.put(PATH, { metadata: { ...KEY, ...metadata }, data }) as StoredObject & ConfigMap
const writes = () => api.seen.filter((title) => !title.startsWith('GET'))

describe('conditions', () => {
  const now = Date.parse('2026-01-02T00:00:00Z')
  const ready: Condition = {
    type: 'Ready',
    status: 'True',
    reason: 'AllGood',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
  }
  const { lastTransitionTime: _, ...wanted } = ready

  it.each([
    ['is the same array when nothing changes', wanted, ready.lastTransitionTime],
    [
      'keeps its time while its status stays',
      { ...wanted, reason: 'Other', observedGeneration: 2 },
      ready.lastTransitionTime,
    ],
    [
      'takes the time when its status changes',
      { ...wanted, status: 'False' as const },
      '2026-01-02T00:00:00Z',
    ],
  ])('%s', (_, condition, time) => {
    const conditions = [{ ...ready, type: 'Other' }, ready]
    const changed = setCondition(conditions, condition, now)
    expect(changed).toEqual([conditions[0], { ...condition, lastTransitionTime: time }])
    expect(changed === conditions).toBe(condition === wanted)
  })

  it('are added, found and removed', () => {
    const conditions = setCondition(undefined, wanted, now)
    expect(conditions).toEqual([{ ...wanted, lastTransitionTime: '2026-01-02T00:00:00Z' }])
    expect(isConditionTrue(conditions, 'Ready')).toBe(true)
    expect(findCondition(conditions, 'Other')).toBeUndefined()
    expect(removeCondition(conditions, 'Ready')).toEqual([])
    expect(removeCondition(conditions, 'Other')).toBe(conditions)
  })
})

describe('finalizers', () => {
  it('are added once, and taken away alone', async () => {
    const object = put({ finalizers: ['others'] })
    const added = await addFinalizer(configMaps(), object, 'mine', {})
    expect(added.metadata.finalizers).toEqual(['others', 'mine'])
    expect(hasFinalizer(added, 'mine')).toBe(true)
    expect(await addFinalizer(configMaps(), added, 'mine')).toBe(added)
    const removed = await removeFinalizer(configMaps(), added, 'mine')
    expect(removed?.metadata.finalizers).toEqual(['others'])
    expect(writes()).toHaveLength(2)
  })

  it('leave those alone that came meanwhile', async () => {
    const stale = put({ finalizers: ['mine'] })
    put({ finalizers: ['mine', 'late'] })
    const removed = await removeFinalizer(configMaps(), stale, 'mine', { clock })
    expect(removed?.metadata.finalizers).toEqual(['late'])
  })

  it('let an object go that is waiting for it', async () => {
    const object = put({ finalizers: ['mine'] })
    await configMaps().delete(KEY)
    expect(api.get(PATH, 'ns/a')?.metadata.deletionTimestamp).toBeDefined()
    await removeFinalizer(configMaps(), object, 'mine', { clock })
    expect(api.get(PATH, 'ns/a')).toBeUndefined()
    expect(await removeFinalizer(configMaps(), object, 'mine', { clock })).toBeUndefined()
  })

  it('are not for another object of the same name', async () => {
    const first = put({ finalizers: ['mine'] })
    api.remove(PATH, 'ns/a')
    put({ finalizers: ['mine'] })
    await removeFinalizer(configMaps(), first, 'mine', { clock })
    expect(api.get(PATH, 'ns/a')?.metadata.finalizers).toEqual(['mine'])
  })

  it('are not added to what is being deleted', async () => {
    const object = put({ finalizers: ['others'], deletionTimestamp: '2026-01-01T00:00:00Z' })
    expect(await addFinalizer(configMaps(), object, 'mine')).toBe(object)
    expect(writes()).toEqual([])
  })
})

describe('owners', () => {
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'ns', uid: '1' },
  }
  const owned: KubeObject = { metadata: { name: 'a', namespace: 'ns' } }

  it('are referred to by kind and uid', () => {
    expect(ownerReferenceTo(owner)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'd',
      uid: '1',
    })
    expect(() => ownerReferenceTo({ metadata: { name: 'd' } })).toThrow('apiVersion, kind, name and uid')
  })

  it('can be several, of whom one is the controller', () => {
    const metadata = withController(owned, owner)
    const other = { ...owner, metadata: { ...owner.metadata, name: 'e', uid: '2' } }
    expect(controllerOf({ metadata })?.name).toBe('d')
    expect(withController({ metadata }, owner)).toEqual(metadata)
    expect(withOwner({ metadata }, other).ownerReferences).toHaveLength(2)
    expect(() => withController({ metadata }, other)).toThrow(AlreadyOwnedError)
  })

  it('are not in another namespace', () => {
    expect(() => withOwner({ metadata: { name: 'a', namespace: 'other' } }, owner)).toThrow('cannot own')
    expect(() => withOwner({ metadata: { name: 'a' } }, owner)).toThrow('cannot own')
  })
})

describe('writing', () => {
  it('creates, updates, or leaves as it is', async () => {
    const mutate = (x: string) => (existing: ConfigMap | undefined) => ({
      ...(existing ?? { metadata: KEY }),
      data: { x },
    })
    const run = async (x: string) => (await createOrUpdate(configMaps(), KEY, mutate(x))).operation
    expect([await run('1'), await run('1'), await run('2')]).toEqual(['created', 'unchanged', 'updated'])
    expect(api.get(PATH, 'ns/a')).toMatchObject({ data: { x: '2' } })
    expect(writes()).toHaveLength(2)
    const renamed = createOrUpdate(configMaps(), KEY, () => ({ metadata: { ...KEY, name: 'b' } }))
    await expect(renamed).rejects.toThrow('must not change the name')
  })

  it('is tried again on conflicts, five times', async () => {
    let conflicts = 3
    api.faultFor = ({ method }) => (method === 'PUT' && conflicts-- > 0 ? { status: 409 } : undefined)
    put()
    const change = async () => configMaps().update({ ...(await configMaps().get(KEY)), data: { x: '1' } })
    expect(await retryOnConflict(change, { clock })).toMatchObject({ data: { x: '1' } })
    conflicts = 100
    await expect(retryOnConflict(change, { clock })).rejects.toSatisfy(isConflict)
    expect(writes()).toHaveLength(4 + 5)
  })
})

describe('kinds', () => {
  const aggregated = () => {
    const answers = new Map([
      ['/api', recordedExchange('aggregated discovery of /api').response.body],
      ['/apis', recordedExchange('aggregated discovery of /apis').response.body],
    ])
    api.faultFor = ({ path }) =>
      answers.has(path) ? { status: 200, text: JSON.stringify(answers.get(path)) } : undefined
  }

  it.each([
    ['v1', 'ConfigMap', { group: '', version: 'v1', plural: 'configmaps', namespaced: true }],
    ['v1', 'Namespace', { group: '', version: 'v1', plural: 'namespaces', namespaced: false }],
    ['apps/v1', 'Deployment', { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true }],
    [
      'rbac.authorization.k8s.io/v1',
      'ClusterRole',
      { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterroles', namespaced: false },
    ],
  ])('are found as a real API server tells of them: %s %s', async (apiVersion, kind, definition) => {
    aggregated()
    const mapper = new RestMapper(client)
    expect(await mapper.definitionOf(apiVersion, kind)).toEqual(definition)
    await mapper.definitionOf(apiVersion, kind)
    expect(api.seen).toEqual(['GET /api', 'GET /apis'])
    expect(api.requests[0]?.headers.accept).toMatch(
      /^application\/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,/,
    )
  })

  it('are found one by one where discovery is not aggregated, and without the groups that are away', async () => {
    const group = (name: string) => ({ name, versions: [{ groupVersion: `${name}/v1`, version: 'v1' }] })
    const resources = [
      { name: 'widgets', kind: 'Widget', namespaced: true, verbs: [] },
      { name: 'widgets/status', kind: 'Widget', namespaced: true, verbs: [] },
    ]
    const answers: Record<string, object> = {
      '/api': { kind: 'APIVersions', versions: ['v1'] },
      '/apis': { kind: 'APIGroupList', groups: [group('away.io'), group('rec.io')] },
      '/api/v1': { resources: [{ name: 'pods', kind: 'Pod', namespaced: true, verbs: [] }] },
      '/apis/rec.io/v1': { resources },
    }
    api.faultFor = ({ path }) =>
      answers[path] ? { status: 200, text: JSON.stringify(answers[path]) } : { status: 503 }
    const mapper = new RestMapper(client)
    expect(await mapper.definitionOf('rec.io/v1', 'Widget')).toMatchObject({
      plural: 'widgets',
      namespaced: true,
    })
    expect(await mapper.definitionOf('v1', 'Pod')).toMatchObject({ group: '', plural: 'pods' })
    await expect(mapper.definitionOf('away.io/v1', 'X')).rejects.toThrow(
      'no matches for kind "X" in version "away.io/v1"',
    )
  })

  it('that are not there are looked for again, and not at every question', async () => {
    aggregated()
    const mapper = new RestMapper(client)
    for (let turn = 0; turn < 3; turn += 1)
      await expect(mapper.definitionOf('rec.io/v1', 'W')).rejects.toThrow('no matches')
    expect(api.requests).toHaveLength(2)
    await clock.sleep(2000)
    await expect(mapper.definitionOf('rec.io/v1', 'W')).rejects.toThrow('no matches')
    expect(api.requests).toHaveLength(4)
    mapper.reset()
    const pods = await mapper.definitionOf('v1', 'Pod')
    expect(api.requests).toHaveLength(6)
    mapper.disown(pods)
    await mapper.definitionOf('v1', 'Pod')
    expect(api.requests).toHaveLength(8)
    mapper.disown(pods) // which is out of date by now
    await mapper.definitionOf('v1', 'Pod')
    expect(api.requests).toHaveLength(8)
  })

  it('that come while the API is being asked are found by whoever asks next', async () => {
    const widgets = {
      metadata: { name: 'rec.io' },
      versions: [{ version: 'v1', resources: [{ resource: 'widgets', responseKind: { kind: 'Widget' } }] }],
    }
    let groups: object[] = []
    const held: (() => void)[] = []
    const request = async ({ path }: { readonly path: string }) => {
      const items = path === '/apis' ? groups : []
      await new Promise<void>((answer) => held.push(answer))
      return { kind: 'APIGroupDiscoveryList', items } as never
    }
    const answerAll = async () => {
      while (held.length > 0) {
        for (const answer of held.splice(0)) answer()
        await nextTurn()
      }
    }
    const mapper = new RestMapper({ request, clock } as never)
    const early = expect(mapper.definitionOf('rec.io/v1', 'Widget')).rejects.toThrow('no matches')
    held.pop()?.()
    await nextTurn() // both have been asked for
    groups = [widgets]
    mapper.reset()
    const late = mapper.definitionOf('rec.io/v1', 'Widget')
    await answerAll()
    await early
    expect(await late).toMatchObject({ plural: 'widgets' })
    expect(await mapper.definitionOf('rec.io/v1', 'Widget')).toMatchObject({ plural: 'widgets' })
  })

  it('can all be applied', async () => {
    aggregated()
    const applier = new Applier({ client, mapper: new RestMapper(client) }, { fieldManager: 'me' })
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: KEY, data: { x: '1' } }
    expect(await applier.apply(object)).toMatchObject({ data: { x: '1' } })
    expect(api.requests.at(-1)?.query).toEqual({ fieldManager: 'me', force: 'true' })
  })
})
