import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { AgentLife } from './agent-life.ts'
import { CONFIG_MAPS, configMap, DEPLOYMENTS, NAMESPACE, WorkBench } from './work-bench.ts'

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start()
})
afterAll(() => bench.close())

const key = { namespace: NAMESPACE, name: 'app' }
const app = (env: readonly object[], args: readonly string[] = ['a', 'b']) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { ...key, labels: { app: 'app' }, creationTimestamp: null },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'app' } },
    template: {
      metadata: { labels: { app: 'app' }, creationTimestamp: null },
      spec: {
        containers: [
          { name: 'main', image: 'image:1', args, env, ports: [{ containerPort: 80, protocol: 'TCP' }] },
          { name: 'other', image: 'image:1' },
        ],
      },
    },
  },
})
const map = (data: Record<string, string>) =>
  configMap('app', data, { finalizers: ['example.com/a', 'example.com/b'] })
const ENV = [
  { name: 'A', value: '1' },
  { name: 'B', value: '2' },
]
const SERVER_SIDE = {
  manifestConfigs: ['deployments', 'configmaps'].map((resource) => ({
    resourceIdentifier: {
      group: resource === 'deployments' ? 'apps' : '',
      resource,
      namespace: '*',
      name: '*',
    },
    updateStrategy: { type: 'ServerSideApply' as const, serverSideApply: { force: true } },
  })),
}

/** An agent, which looks at one work after the other, lives until it has seen to all. Resolves with what it has patched of objects. */
async function life(): Promise<readonly string[]> {
  const seen = new AgentLife()
  const agent = bench.startAgent({ life: seen, workers: 1 })
  await until(() => agent.isReady, 'the agent has seen all works')
  const marker = `marker-${markers++}`
  await bench.createWork(marker, [configMap(marker)])
  await bench.untilApplied(marker)
  await bench.untilApplied('app')
  await bench.stopAgent(agent)
  const objects = /^PATCH .*\/(deployments|configmaps)\/app$/
  return seen.requests.flatMap((each) => objects.exec(each)?.[1] ?? []).sort()
}
let markers = 0

it('is asked again for nothing that it has applied already', async () => {
  await bench.createWork('app', [app(ENV), map({ a: '1', b: '2' })], SERVER_SIDE)
  // Each to be made, and then to be given its owner.
  expect(await life()).toEqual(['configmaps', 'configmaps', 'deployments', 'deployments'])
  expect(await life()).toEqual([])
})

it('takes back what others have changed meanwhile', async () => {
  await bench.objects(CONFIG_MAPS).patch(key, { type: 'merge', body: { data: { a: 'theirs' } } })
  expect(await life()).toEqual(['configmaps'])
  expect((await bench.objects(CONFIG_MAPS).get(key)).data).toEqual({ a: '1', b: '2' })
  await bench.objects(DEPLOYMENTS).patch(key, { type: 'merge', body: { metadata: { labels: null } } })
  expect(await life()).toEqual(['deployments'])
  await bench
    .objects(CONFIG_MAPS)
    .patch(key, { type: 'merge', body: { metadata: { ownerReferences: null } } })
  expect((await life()).length).toBeGreaterThan(0)
  expect((await bench.objects(CONFIG_MAPS).get(key)).metadata.ownerReferences).toHaveLength(1)
})

it('leaves fields of others alone', async () => {
  await bench.objects(CONFIG_MAPS).patch(key, { type: 'merge', body: { data: { theirs: '1' } } })
  expect(await life()).toEqual([])
})

it.each([
  ['with a value less', [app(ENV.slice(0, 1)), map({ a: '1', b: '2' })], ['deployments']],
  ['with a member less', [app(ENV.slice(0, 1)), map({ a: '1' })], ['configmaps']],
  ['with items in another order', [app(ENV.slice(0, 1), ['b', 'a']), map({ a: '1' })], ['deployments']],
  [
    'with more of everything',
    [app([...ENV].reverse(), ['b', 'a']), map({ a: '1', c: '3' })],
    ['configmaps', 'deployments'],
  ],
  [
    'with entries of a map in another order',
    [app(ENV, ['b', 'a']), map({ a: '1', c: '3' })],
    ['deployments'],
  ],
])('is asked for a manifest %s', async (_, manifests, patched) => {
  await bench.patchWork('app', { workload: { manifests } })
  expect(await life()).toEqual(patched)
  expect(await life()).toEqual([])
})
