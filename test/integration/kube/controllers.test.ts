import { afterEach, expect, it } from 'vitest'
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import {
  addFinalizer,
  isConflict,
  isNotFound,
  type KubeClient,
  LEASES,
  LeaderLostError,
  Manager,
  removeFinalizer,
} from '../../../src/kube/index.ts'
import { STORAGES, TestControlPlane } from '../../support/control-plane.ts'
import { eventually } from '../../support/eventually.ts'
import { until } from '../../support/until.ts'
import { CONFIG_MAPS, type ConfigMap, clientOf, makeNamespace, stopClients } from './clients.ts'

/** A guard against hanging, generous since the machine may be busy. */
const BUSY = { timeout: 90_000 }
const OBJECTS = 200
const FINALIZER = 'test.example.com/copies'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await stopClients()
})

async function startServer(storage: (typeof STORAGES)[number]) {
  const server = await TestControlPlane.start(storage)
  closing.push(() => server.close())
  const client = clientOf(server)
  for (const name of ['from', 'to']) await makeNamespace(client, name)
  return { server, client }
}

/** Runs until the test ends, or it is told to. */
function run(manager: Manager) {
  const ending = new AbortController()
  const end = manager.run(ending.signal).then(
    () => 'ended',
    (error: unknown) => error,
  )
  closing.push(async () => {
    ending.abort()
    await end
  })
  return { end, stop: () => ending.abort() }
}

/** Keeps an applied copy of each object of the namespace `from` in the namespace `to`, and takes it away again. */
function copier(client: KubeClient): Manager {
  const manager = new Manager({ client })
  const sources = manager.informers.for<ConfigMap>(CONFIG_MAPS, { namespace: 'from' })
  const copies = manager.informers.for<ConfigMap>(CONFIG_MAPS, { namespace: 'to' })
  const { resource } = sources
  const controller = manager.controller({
    name: 'copier',
    concurrency: 4,
    reconcile: async (request, { signal }) => {
      const source = sources.store.get(request)
      if (!source) return
      const metadata = { namespace: 'to', name: request.name }
      if (source.metadata.deletionTimestamp) {
        if (await resource.find(metadata, { signal })) await resource.delete(metadata, { signal })
        await removeFinalizer(resource, source, FINALIZER, { signal })
        return
      }
      await addFinalizer(resource, source, FINALIZER, { signal })
      const copy = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: source.data ?? {} }
      await resource.apply(copy, { fieldManager: 'copier', force: true, signal })
    },
  })
  controller
    .watch(sources, { predicates: [{ onAdd: isCopied, onUpdate: (_, object) => isCopied(object) }] })
    .watch(copies, { map: ({ metadata }) => [{ namespace: 'from', name: metadata.name ?? '' }] })
  return manager
}

const isCopied = ({ metadata }: KubeObject) => metadata.name !== 'kube-root-ca.crt'

it.each(STORAGES)('a controller brings 200 objects to where they should be (%s)', BUSY, async (storage) => {
  const { client, server } = await startServer(storage)
  const resource = client.resource<ConfigMap>(CONFIG_MAPS)
  run(copier(clientOf(server)))
  const wanted = new Map<string, string>()
  const keys = Array.from({ length: OBJECTS }, (_, index) => ({ namespace: 'from', name: `object-${index}` }))
  await Promise.all(
    keys.map(async (key, index) => {
      await resource.create({ metadata: key, data: { x: 'first' } })
      if (index % 4 === 0) {
        await resource.delete(key)
        return
      }
      await resource.patch(key, { type: 'merge', body: { data: { x: `last-${index}` } } })
      wanted.set(key.name, `last-${index}`)
      // Somebody spoils a copy, whether it is there yet or not.
      if (index % 4 === 1) await ignoreMissing(resource.delete({ ...key, namespace: 'to' }))
      if (index % 4 === 2) {
        const body = { data: { x: 'spoiled' } }
        await ignoreMissing(resource.patch({ ...key, namespace: 'to' }, { type: 'merge', body }))
      }
    }),
  )
  const copies = async () => {
    const { items } = await resource.listAll({ namespace: 'to' })
    return items.map(({ metadata, data }) => [metadata.name, data?.x]).sort()
  }
  const expected = JSON.stringify([...wanted].sort())
  await until(async () => JSON.stringify(await copies()) === expected, 'the copies are as they should be')
  const sources = await resource.listAll({ namespace: 'from' })
  expect(sources.items.map(({ metadata }) => metadata.name).sort()).toEqual([...wanted.keys()].sort())
})

async function ignoreMissing(promise: Promise<unknown>): Promise<void> {
  await promise.catch((error) => {
    if (!isNotFound(error)) throw error
  })
}

const LEADING = {
  namespace: 'to',
  name: 'turns',
  leaseDurationMs: 1_500,
  renewDeadlineMs: 1_000,
  retryPeriodMs: 200,
}

/** Writes down who works. */
function candidate(client: KubeClient, identity: string, workers: string[], more: object = {}): Manager {
  const manager = new Manager({ client }, { leaderElection: { ...LEADING, identity, ...more } })
  const sources = manager.informers.for<ConfigMap>(CONFIG_MAPS, { namespace: 'from' })
  const reconcile = async () => {
    workers.push(identity)
  }
  manager.controller({ name: identity, reconcile }).watch(sources)
  return manager
}

async function leases(client: KubeClient) {
  const lease = await client.resource<KubeObject & { spec: { holderIdentity?: string } }>(LEASES).get(LEADING)
  return lease.spec.holderIdentity
}

it(
  'one of two managers leads; the other takes over at once when it ends, and later when it is lost',
  BUSY,
  async () => {
    const { client, server } = await startServer('memory')
    const resource = client.resource<ConfigMap>(CONFIG_MAPS)
    const workers: string[] = []
    const work = async (name: string) => {
      workers.length = 0
      await resource.create({ metadata: { namespace: 'from', name } })
      await eventually(() => workers.length).toBeGreaterThan(0)
      return new Set(workers)
    }
    const one = candidate(clientOf(server), 'one', workers)
    const first = run(one)
    await eventually(() => one.isLeader).toBe(true)
    const secondClient = clientOf(server)
    const two = candidate(secondClient, 'two', workers)
    const second = run(two)
    await eventually(() => two.health.state).toBe('waiting to lead')
    expect(await work('a')).toEqual(new Set(['one']))

    first.stop()
    expect(await first.end).toBe('ended')
    await eventually(() => two.isLeader).toBe(true)
    expect(await leases(client)).toBe('two')
    expect(await work('b')).toEqual(new Set(['two']))

    const three = candidate(clientOf(server), 'three', workers)
    run(three)
    await eventually(() => three.health.state).toBe('waiting to lead')
    await secondClient.stop() // it cannot say that it is gone
    expect(await second.end).toBeInstanceOf(LeaderLostError)
    expect(two.isLeader).toBe(false)
    await eventually(() => three.isLeader).toBe(true)
    expect(await leases(client)).toBe('three')
    expect(await work('c')).toEqual(new Set(['three']))
  },
)

it('a lost race for a Lease is a conflict', async () => {
  const { client } = await startServer('memory')
  const resource = client.resource<KubeObject & { spec: object }>(LEASES)
  const lease = await resource.create({
    metadata: { namespace: 'to', name: 'race' },
    spec: { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2026-01-31T12:00:00.000000Z' },
  })
  const races = await Promise.allSettled(
    ['b', 'c', 'd'].map((holderIdentity) =>
      resource.update({ ...lease, spec: { ...lease.spec, holderIdentity } }),
    ),
  )
  const lost = races.filter((race) => race.status === 'rejected')
  expect(lost).toHaveLength(2)
  expect(lost.every(({ reason }) => isConflict(reason))).toBe(true)
})
