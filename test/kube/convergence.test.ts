import fc from 'fast-check'
import { it } from 'vitest'
import type { KubeObject } from '../../src/apis/meta/v1.ts'
import { addFinalizer, createOrUpdate, KubeClient, Manager, removeFinalizer } from '../../src/kube/index.ts'
import { eventually } from '../support/eventually.ts'
import { HastyClock } from './clocks.ts'
import { FakeApiServer, type Fault } from './fake-apiserver.ts'

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', namespaced: true }
const PATH = '/api/v1/configmaps'
const FINALIZER = 'test.io/copies'

const FAULTS: readonly (Fault | undefined)[] = [
  { status: 409, reason: 'Conflict' },
  { status: 429, headers: { 'retry-after': '1' } },
  { status: 429 },
  { status: 500, reason: 'InternalError' },
  { status: 503, headers: { 'retry-after': '3' } },
  { status: 410, reason: 'Expired' },
  { status: 200, text: 'garbage' },
  'reset',
  'cut',
]

/** Keeps a copy of each object of the namespace `from` in the namespace `to`, and takes it away again. */
function copier(client: KubeClient): Manager {
  const manager = new Manager({ client })
  const sources = manager.informers.for<ConfigMap>(CONFIG_MAPS, { namespace: 'from' })
  const copies = manager.informers.for<ConfigMap>(CONFIG_MAPS, { namespace: 'to' })
  const { resource } = sources
  const controller = manager.controller({
    name: 'copier',
    concurrency: 3,
    reconcile: async (request, { signal }) => {
      const source = sources.store.get(request)
      const key = { namespace: 'to', name: request.name }
      if (!source) return
      if (source.metadata.deletionTimestamp) {
        if (await resource.find(key, { signal })) await resource.delete(key, { signal })
        await removeFinalizer(resource, source, FINALIZER, { signal, clock: client.clock })
        return
      }
      await addFinalizer(resource, source, FINALIZER, { signal, clock: client.clock })
      await createOrUpdate(
        resource,
        key,
        (existing) => ({ ...(existing ?? { metadata: key }), data: source.data ?? {} }),
        { signal },
      )
    },
  })
  controller
    .watch(sources)
    .watch(copies, { map: ({ metadata }) => [{ namespace: 'from', name: metadata.name ?? '' }] })
  return manager
}

it('a controller brings the world to where it should be, whatever goes wrong on the way', async () => {
  const names = fc.constantFrom('a', 'b', 'c')
  const step = fc.oneof(
    fc.record({ do: fc.constant('put' as const), name: names, x: fc.string({ maxLength: 3 }) }),
    fc.record({ do: fc.constant('delete' as const), name: names }),
    fc.record({ do: fc.constantFrom('compact' as const, 'break' as const, 'restart' as const) }),
  )
  const faults = fc.array(fc.option(fc.constantFrom(...FAULTS), { nil: undefined }), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), faults, async (steps, troubles) => {
      const api = await FakeApiServer.start()
      const client = new KubeClient(
        { readAccess: async () => api.access, clock: new HastyClock() },
        { qps: -1 },
      )
      const ending = new AbortController()
      const running = copier(client).run(ending.signal)
      const left = [...troubles]
      const wanted = new Map<string, string>()
      const isMine = (agent: unknown) => agent === 'admin'
      const human = new KubeClient(
        { readAccess: async () => api.access, clock: new HastyClock() },
        { qps: -1, userAgent: 'admin' },
      )
      api.faultFor = ({ headers }) => (isMine(headers['user-agent']) ? undefined : left.shift())
      try {
        for (const each of steps) {
          if (each.do === 'put') {
            const existing = api.get(PATH, `from/${each.name}`)
            if (existing?.metadata.deletionTimestamp) continue
            api.put(PATH, {
              ...existing,
              metadata: { ...existing?.metadata, namespace: 'from', name: each.name },
              data: { x: each.x },
            })
            wanted.set(each.name, each.x)
          } else if (each.do === 'delete') {
            if (!api.get(PATH, `from/${each.name}`)) continue
            await human.resource(CONFIG_MAPS).delete({ namespace: 'from', name: each.name })
            wanted.delete(each.name)
          } else if (each.do === 'compact') api.compact()
          else if (each.do === 'break') api.breakWatches()
          else {
            await api.stop()
            await api.listen()
          }
        }
        const copies = () =>
          api
            .all(PATH)
            .filter(({ metadata }) => metadata.namespace === 'to')
            .map(({ metadata, data }) => [metadata.name, (data as { x: string }).x])
            .sort()
        const sources = () =>
          api
            .all(PATH)
            .filter(({ metadata }) => metadata.namespace === 'from')
            .map(({ metadata }) => metadata.name)
            .sort()
        await eventually(() => [sources(), copies()]).toEqual([[...wanted.keys()].sort(), [...wanted].sort()])
      } finally {
        ending.abort()
        await running
        await Promise.all([client.stop(), human.stop()])
        await api.stop()
      }
    }),
    { numRuns: 20 },
  )
}, 120_000)
