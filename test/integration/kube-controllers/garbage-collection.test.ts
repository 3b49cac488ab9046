import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OwnerReference } from '../../../src/apis/meta/v1.ts'
import { inParallel } from '../../../src/common/in-parallel.ts'
import { isNotFound } from '../../../src/kube/index.ts'
import {
  type AnyObject,
  CONFIG_MAPS,
  ControllersBench,
  DEFINITIONS,
  defineWidgets,
  EVENTS,
  NAMESPACES,
  WIDGETS,
} from './controllers-bench.ts'

const NAMESPACE = 'default'

let bench: ControllersBench

beforeAll(async () => {
  bench = await ControllersBench.start(['garbage-collector-controller'])
})

afterAll(() => bench.close())

const key = (name: string) => ({ namespace: NAMESPACE, name })
const text = (name: string) => `${NAMESPACE}/${name}`
const create = (name: string, ...ownerReferences: OwnerReference[]) =>
  bench.resource(CONFIG_MAPS).create({ metadata: { ...key(name), ownerReferences } })
const owned = ({ apiVersion = 'v1', kind = 'ConfigMap', metadata }: AnyObject, more = {}) =>
  ({ apiVersion, kind, name: metadata.name, uid: metadata.uid, ...more }) as OwnerReference
const remove = (name: string, propagationPolicy: 'Background' | 'Foreground' | 'Orphan' = 'Background') =>
  bench.resource(CONFIG_MAPS).delete(key(name), { propagationPolicy })
const gone = (...names: string[]) => bench.untilGone(CONFIG_MAPS, ...names.map(text))
const until = (isAsWanted: (objects: ReadonlyMap<string, AnyObject>) => boolean) =>
  bench.until(CONFIG_MAPS, { namespace: NAMESPACE }, isAsWanted)
const exists = async (name: string) => (await bench.resource(CONFIG_MAPS).find(key(name))) !== undefined

describe('the dependents of an owner that is deleted', () => {
  it('go after it, and theirs after them', async () => {
    const owner = await create('owner')
    const child = await create('child', owned(owner))
    await create('grandchild', owned(child))
    await remove('owner')
    await gone('owner', 'child', 'grandchild')
  })

  it('go before it in the foreground, as far as they block it', async () => {
    const owner = await create('fg-owner')
    const blocking = { blockOwnerDeletion: true }
    await bench.resource(CONFIG_MAPS).create({
      metadata: {
        ...key('fg-held'),
        ownerReferences: [owned(owner, blocking)],
        finalizers: ['example.com/hold'],
      },
    })
    await create('fg-free', owned(owner))
    await remove('fg-owner', 'Foreground')
    await until(
      (objects) =>
        !objects.has(text('fg-free')) && Boolean(objects.get(text('fg-held'))?.metadata.deletionTimestamp),
    )
    expect((await bench.resource(CONFIG_MAPS).get(key('fg-owner'))).metadata.finalizers).toEqual([
      'foregroundDeletion',
    ])
    await bench
      .resource(CONFIG_MAPS)
      .patch(key('fg-held'), { type: 'merge', body: { metadata: { finalizers: null } } })
    await gone('fg-held', 'fg-owner')
  })

  it('stay behind as orphans', async () => {
    const owner = await create('or-owner')
    const other = await create('or-other')
    await create('or-child', owned(owner), owned(other))
    await remove('or-owner', 'Orphan')
    await gone('or-owner')
    const child = await bench.resource(CONFIG_MAPS).get(key('or-child'))
    expect(child.metadata.ownerReferences).toEqual([owned(other)])
  })

  it('stay with another owner, without the one that is gone', async () => {
    const [first, second] = [await create('first'), await create('second')]
    await create('shared', owned(first), owned(second))
    await remove('first')
    await until((objects) => objects.get(text('shared'))?.metadata.ownerReferences?.length === 1)
    const shared = await bench.resource(CONFIG_MAPS).get(key('shared'))
    expect(shared.metadata.ownerReferences).toEqual([owned(second)])
    await remove('second')
    await gone('shared')
  })

  it('go in the foreground though they own each other in a circle', async () => {
    const owner = await create('circle')
    const blocking = { blockOwnerDeletion: true }
    const one = await create('circle-one', owned(owner, blocking))
    const two = await create('circle-two', owned(one, blocking))
    await bench.resource(CONFIG_MAPS).patch(key('circle-one'), {
      type: 'merge',
      body: { metadata: { ownerReferences: [owned(owner, blocking), owned(two, blocking)] } },
    })
    await remove('circle', 'Foreground')
    await remove('circle-one', 'Foreground')
    await gone('circle', 'circle-one', 'circle-two')
  })

  it('go although somebody writes to them all the time', async () => {
    const owner = await create('busy-owner')
    await create('busy-child', owned(owner))
    let isThere = true
    const writing = (async () => {
      for (let times = 0; isThere; times += 1) {
        const body = { metadata: { labels: { times: String(times) } } }
        await bench
          .resource(CONFIG_MAPS)
          .patch(key('busy-child'), { type: 'merge', body })
          .catch((error) => {
            if (!isNotFound(error)) throw error
            isThere = false
          })
      }
    })()
    await remove('busy-owner')
    await gone('busy-child')
    await writing
  })

  it('are found after a restart', async () => {
    const owner = await create('restart-owner')
    await create('restart-child', owned(owner))
    const orphaning = await create('restart-orphaning')
    await create('restart-orphan', owned(orphaning))
    await bench.stopControllers()
    await remove('restart-owner')
    await remove('restart-orphaning', 'Orphan')
    await bench.startControllers()
    await gone('restart-owner', 'restart-child', 'restart-orphaning')
    expect(
      (await bench.resource(CONFIG_MAPS).get(key('restart-orphan'))).metadata.ownerReferences,
    ).toBeUndefined()
  })

  it.each(['Background', 'Foreground', 'Orphan'] as const)(
    'may be a thousand (%s)',
    async (policy) => {
      const prefix = `many-${policy.toLowerCase()}`
      const owner = await create(prefix)
      const names = Array.from({ length: 1000 }, (_, index) => `${prefix}-${index}`)
      await inParallel(names, 16, async (name) => {
        await create(name, owned(owner, { blockOwnerDeletion: true }))
      })
      await remove(prefix, policy)
      await until((objects) => {
        const dependents = names.flatMap((name) => objects.get(text(name)) ?? [])
        const left =
          policy === 'Orphan' ? dependents.filter(({ metadata }) => metadata.ownerReferences) : dependents
        return left.length === 0 && !objects.has(text(prefix))
      })
      if (policy === 'Orphan') expect(await exists(`${prefix}-999`)).toBe(true)
    },
    120_000,
  )
})

describe('an owner that is not what a reference says', () => {
  it('is no owner: nobody of that name, another uid, or somebody in another namespace', async () => {
    const there = await create('there')
    await bench.createNamespace('elsewhere')
    const elsewhere = await bench
      .resource(CONFIG_MAPS)
      .create({ metadata: { namespace: 'elsewhere', name: 'owner-elsewhere' } })
    await create('of-nobody', { apiVersion: 'v1', kind: 'ConfigMap', name: 'nobody', uid: 'no-such-uid' })
    await create('of-another', { ...owned(there), uid: 'another-uid' })
    await create('of-elsewhere', owned(elsewhere))
    await gone('of-nobody', 'of-another', 'of-elsewhere')
    expect(await exists('there')).toBe(true)
  })

  it('is told of in an Event when it is in another namespace', async () => {
    await bench.createNamespace('abroad')
    const abroad = await bench
      .resource(CONFIG_MAPS)
      .create({ metadata: { namespace: 'abroad', name: 'owner-abroad' } })
    await create('of-abroad', owned(abroad))
    const events = await bench.until(EVENTS, { namespace: NAMESPACE }, (objects) =>
      [...objects.values()].some(({ regarding }) => regarding?.name === 'of-abroad'),
    )
    const event = [...events.values()].find(({ regarding }) => regarding?.name === 'of-abroad')
    expect(event).toMatchObject({
      type: 'Warning',
      reason: 'OwnerRefInvalidNamespace',
      note: `ownerRef [v1/ConfigMap, namespace: default, name: owner-abroad, uid: ${abroad.metadata.uid}] does not exist in namespace "default"`,
    })
  })

  it('keeps its dependents while nobody knows its kind', async () => {
    await create('of-unknown', { apiVersion: 'nobody.example/v1', kind: 'What', name: 'x', uid: 'x' })
    const marker = await create('marker-owner')
    await create('marker', owned(marker))
    await remove('marker-owner')
    await gone('marker')
    expect(await exists('of-unknown')).toBe(true)
  })

  it('may be an object of the cluster', async () => {
    await bench.createNamespace('owning')
    const owner = await bench.resource(NAMESPACES).get({ name: 'owning' })
    await create('of-cluster', owned({ ...owner, apiVersion: 'v1', kind: 'Namespace' }))
    const namespace = { ...owner, spec: { finalizers: [] } }
    await bench.resource(NAMESPACES).delete({ name: 'owning' })
    await bench
      .resource(NAMESPACES)
      .update({ ...namespace, metadata: { name: 'owning' } }, { subresource: 'finalize' })
    await gone('of-cluster')
  })
})

describe('custom resources', () => {
  it('own and are owned, from when they are defined until their definition goes', async () => {
    await defineWidgets(bench)
    const owner = await create('cm-owner')
    await bench.resource(WIDGETS).create({
      kind: 'Widget',
      metadata: { ...key('owned-widget'), ownerReferences: [owned(owner)] },
    })
    const widget = await bench.resource(WIDGETS).create({ kind: 'Widget', metadata: key('widget') })
    const reference = { apiVersion: 'example.com/v1', kind: 'Widget', name: 'widget' }
    await create('of-widget', { ...reference, uid: widget.metadata.uid ?? '' })
    await remove('cm-owner')
    await bench.untilGone(WIDGETS, text('owned-widget'))
    await bench.resource(DEFINITIONS).delete({ name: 'widgets.example.com' })
    await gone('of-widget')
  })
})
