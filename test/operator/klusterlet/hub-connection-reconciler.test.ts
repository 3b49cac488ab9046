import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Secret } from '../../../src/apis/core/v1.ts'
import { KLUSTERLETS, type Klusterlet } from '../../../src/apis/operator/v1.ts'
import { SECRETS } from '../../../src/apis/resources.ts'
import { silentLogger } from '../../../src/common/log.ts'
import { Informer, type KubeClient, ObjectPatcher, waitForCacheSync } from '../../../src/kube/index.ts'
import { HubConnectionReconciler } from '../../../src/operator/klusterlet/hub-connection-reconciler.ts'
import { HastyClock } from '../../kube/clocks.ts'
import { FakeApiServer } from '../../kube/fake-apiserver.ts'
import { until } from '../../support/until.ts'

const NAMESPACE = 'open-cluster-management-agent'
const KLUSTERLETS_PATH = '/apis/operator.open-cluster-management.io/v1/klusterlets'
const MINUTE_MS = 60_000
const context = { signal: new AbortController().signal, log: silentLogger }

let managed: FakeApiServer
let hub: FakeApiServer
let client: KubeClient
let clock: HastyClock
let informers: Informer<never>[]
let reconciler: HubConnectionReconciler

/** Whether the hub allows what it is asked about. */
let isAllowed: boolean

beforeEach(async () => {
  managed = await FakeApiServer.start()
  hub = await FakeApiServer.start()
  isAllowed = true
  hub.faultFor = () => ({ status: 201, text: JSON.stringify({ status: { allowed: isAllowed } }) })
  clock = new HastyClock()
  client = managed.client()
  managed.put(KLUSTERLETS_PATH, {
    metadata: { name: 'klusterlet', generation: 1 },
    spec: { clusterName: 'cluster1' },
  })
  putSecret('bootstrap-hub-kubeconfig')
  putSecret('hub-kubeconfig-secret')
  const klusterlets = new Informer<Klusterlet>({ resource: client.resource(KLUSTERLETS) })
  const secrets = new Informer<Secret>({ resource: client.resource(SECRETS) })
  const sources = { klusterlets, bootstrapSecrets: secrets, hubSecrets: secrets }
  reconciler = new HubConnectionReconciler({ sources, patcher: new ObjectPatcher(klusterlets), clock })
  informers = [klusterlets, secrets] as never[]
  for (const each of informers) each.start()
  await waitForCacheSync(informers)
})

afterEach(async () => {
  await Promise.all(informers.map((each) => each.stop()))
  await client.stop()
  await managed.stop()
  await hub.stop()
})

function putSecret(name: string, more: Record<string, string> = {}): void {
  const kubeconfig = JSON.stringify({
    'current-context': 'hub',
    clusters: [{ name: 'hub', cluster: { server: hub.access.server.href } }],
    users: [{ name: 'agent', user: { token: 'secret' } }],
    contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'agent' } }],
  })
  const data = Object.entries({ kubeconfig, ...more }).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ])
  managed.put('/api/v1/secrets', { metadata: { namespace: NAMESPACE, name }, data: Object.fromEntries(data) })
}

/** Resolves with what it has cost the hub, and in how many ms it wants to be asked again. */
async function look() {
  const before = hub.requests.length
  const result = await reconciler.reconcile({ name: 'klusterlet' }, context)
  return { requests: hub.requests.length - before, againMs: result?.requeueAfterMs }
}

const condition = () => {
  const { status } = managed.get(KLUSTERLETS_PATH, 'klusterlet') as unknown as Klusterlet
  const found = status?.conditions?.find(({ type }) => type === 'HubConnectionDegraded')
  return found && `${found.status} ${found.reason}`
}

/** As its controller does, from look to look. */
async function pass(ms: number): Promise<number> {
  let requests = 0
  for (const end = clock.now() + ms; clock.now() < end; ) {
    const { requests: more, againMs = ms } = await look()
    requests += more
    await clock.sleep(againMs)
  }
  return requests
}

describe('a connection to the hub that works', () => {
  it('costs the hub a request every five minutes, and a look at everything every hour', async () => {
    const { requests: everything } = await look()
    expect(condition()).toBe('False HubConnectionFunctional')
    expect(everything).toBeGreaterThan(15)
    expect(await look()).toEqual({ requests: 1, againMs: 5 * MINUTE_MS })
    expect(await pass(60 * MINUTE_MS)).toBeLessThanOrEqual(everything + 12)
  })

  it.each([
    ['the hub lets the agents do nothing any more', () => (isAllowed = false), 'HubKubeConfigUnauthorized'],
    [
      'the hub does not know them any more',
      () => (hub.faultFor = () => ({ status: 401, reason: 'Unauthorized' })),
      'HubKubeConfigError',
    ],
    ['the hub is gone', () => hub.stop(), 'HubKubeConfigError'],
  ])('is known not to within five minutes where %s, and asked about soon', async (_, act, reason) => {
    const { againMs } = await look()
    await act()
    expect(againMs).toBeLessThanOrEqual(5 * MINUTE_MS)
    const { againMs: soonMs } = await look()
    expect(condition()).toMatch(new RegExp(`^True .*,${reason}$`))
    expect(soonMs).toBe(1000)
  })

  it('is looked at as a whole when the agents show the hub something else', async () => {
    const { requests: everything } = await look()
    putSecret('hub-kubeconfig-secret', { 'agent-name': 'abcde' })
    const [, secrets] = informers as unknown as [unknown, Informer<Secret>]
    const key = { namespace: NAMESPACE, name: 'hub-kubeconfig-secret' }
    await until(() => secrets.store.get(key)?.data?.['agent-name'] !== undefined, 'it is seen')
    expect((await look()).requests).toBe(everything)
  })
})

describe('a connection to the hub that does not work', () => {
  it('is asked about more and more seldom, and seen to work at once then', async () => {
    isAllowed = false
    const waits: (number | undefined)[] = []
    for (let times = 0; times < 7; times += 1) waits.push((await look()).againMs)
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    isAllowed = true
    await look()
    expect(condition()).toBe('False HubConnectionFunctional')
  })
})
