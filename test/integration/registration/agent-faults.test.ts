import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { CERTIFICATE_SIGNING_REQUESTS, LEASES } from '../../../src/apis/resources.ts'
import { type Clock, isGone, KubeClient, systemClock } from '../../../src/kube/index.ts'
import { CertificateAuthority } from '../../../src/pki/index.ts'
import { clusterSubject } from '../../../src/registration/cluster-identity.ts'
import { ConnectProxy } from '../../support/connect-proxy.ts'
import { until } from '../../support/until.ts'
import { CuttingRelay } from '../kube/cutting-relay.ts'
import { AgentBench, isPendingOf } from './agent-bench.ts'
import { type AnyObject, conditionsOf, conditionText } from './hub-bench.ts'

vi.setConfig({ testTimeout: 60_000 })

const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS
const AVAILABLE = 'ManagedClusterConditionAvailable'
const SYNCED = 'ManagedClusterConditionClockSynced'

/** Waits take a fraction of their time; what is written down is right, unless somebody sets the clock. */
class FastClock implements Clock {
  readonly #speed: number
  #setMs = 0

  constructor(speed = 200) {
    this.#speed = speed
  }

  now(): number {
    return systemClock.now() + this.#setMs
  }

  monotonic(): number {
    return systemClock.monotonic() * this.#speed
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms / this.#speed, signal)
  }

  set(ms: number): void {
    this.#setMs += ms
  }
}

let bench: AgentBench

beforeAll(async () => {
  bench = await AgentBench.start()
})

afterAll(() => bench.close())

async function joined(clusterName: string, clock: Clock, more: Parameters<AgentBench['startAgent']>[2] = {}) {
  const { agent } = await bench.startAgent({ clusterName, hubSecret: `${clusterName}-hub` }, clock, more)
  await bench.accept(clusterName)
  await bench.untilAvailable(clusterName)
  return agent
}

const untilCondition = (name: string, type: string, status: string) =>
  bench.untilCluster(name, (cluster) => conditionsOf(cluster)[type] === status)

async function requestsOf(clusterName: string): Promise<AnyObject[]> {
  const { items } = await bench.hub.resource(CERTIFICATE_SIGNING_REQUESTS).listAll()
  return items.filter(({ metadata }) => metadata.name?.startsWith(`${clusterName}-`))
}

/** What is asked for by bootstrap credentials; the rest is the hub's to approve. */
async function approvePending(clusterName: string): Promise<void> {
  const isAsked = (each: AnyObject) => isPendingOf(each, clusterName) && each.spec.username === 'bootstrap'
  const requests = await bench.hub.until(CERTIFICATE_SIGNING_REQUESTS, {}, (all) =>
    [...all.values()].some(isAsked),
  )
  for (const each of requests.values()) if (isAsked(each)) await bench.decide(each, 'Approved')
}

describe('a managed cluster whose clock is set', () => {
  it.each([
    ['ahead', 3 * HOUR_MS],
    ['back', -3 * HOUR_MS],
  ])('%s by hours is known to be out of step, and is available again when it is right', async (way, ms) => {
    const name = `clock-${way}`
    const clock = new FastClock()
    await joined(name, clock)
    clock.set(ms)
    await untilCondition(name, SYNCED, 'False')
    if (ms < 0) await untilCondition(name, AVAILABLE, 'Unknown')
    clock.set(-ms)
    await untilCondition(name, SYNCED, 'True')
    await bench.untilAvailable(name)
    expect(await requestsOf(name)).toHaveLength(1)
  })

  it('beyond the life of its certificate works on with that when it is right, whatever it has asked for', async () => {
    const clock = new FastClock()
    const agent = await joined('years', clock)
    const before = await bench.secret('years-hub')
    clock.set(2 * YEAR_MS)
    await until(() => agent.phase === 'bootstrapping', 'its certificate is worth nothing')
    clock.set(-2 * YEAR_MS)
    await until(() => agent.phase === 'registered', 'its certificate is good')
    expect(await bench.secret('years-hub')).toEqual(before)
  })

  it('beyond the life of any certificate asks for no more than one', async () => {
    const clock = new FastClock(50) // which makes 12 s of the ten minutes of rest
    const agent = await joined('decades', clock)
    const before = await bench.secret('decades-hub')
    clock.set(2 * YEAR_MS)
    await until(() => agent.phase === 'bootstrapping', 'its certificate is worth nothing')
    await approvePending('decades')
    await until(
      async () => (await bench.secret('decades-hub'))['tls.crt'] !== before['tls.crt'],
      'it has another',
    )
    await bench.join('decades-witness', { hubSecret: 'decades-witness-hub' }) // takes longer than a request would
    // It may have been quick enough to ask with its old certificate, before it saw what that is worth.
    expect((await requestsOf('decades')).length).toBeLessThanOrEqual(3)
    clock.set(-2 * YEAR_MS)
    await until(() => agent.phase === 'registered', 'it works again')
  })
})

describe('a certificate, while an agent works with it,', () => {
  it('that the hub revokes is replaced without a hand but that which approves', async () => {
    const agent = await joined('revoked', new FastClock())
    const stranger = await CertificateAuthority.create({ commonName: 'stranger' })
    const { certificatePem, privateKeyPem } = await stranger.issueClientCertificate(
      clusterSubject('revoked', 'agent'),
    )
    // The hub answers it with 401, as it does for one that it has trusted before.
    await bench.writeSecret('revoked-hub', { 'tls.crt': certificatePem, 'tls.key': privateKeyPem })
    await until(() => agent.phase === 'bootstrapping', 'it is refused for long enough')
    await approvePending('revoked')
    await until(() => agent.phase === 'registered', 'it works with another')
    const { 'tls.crt': now = '' } = await bench.secret('revoked-hub')
    expect(new X509Certificate(now).issuer).not.toBe(new X509Certificate(certificatePem).issuer)
    const lease = { namespace: 'revoked', name: 'managed-cluster-lease' }
    const { renewTime } = (await bench.hub.resource(LEASES).get(lease)).spec
    await bench.hub.untilOne(LEASES, lease, ({ spec }) => spec.renewTime > renewTime)
  })

  it('that expires since nobody renews it is replaced by the bootstrap credentials', async () => {
    const agent = await joined('expiring', systemClock)
    await bench.hub.stopHub() // which approves renewals
    const past = { now: () => Date.now() - HOUR_MS }
    const old = await bench.certificate('expiring', 'agent', past, HOUR_MS + 3000)
    await bench.writeSecret('expiring-hub', { 'tls.crt': old.certificatePem, 'tls.key': old.privateKeyPem })
    await until(() => agent.phase === 'bootstrapping', 'it has expired')
    bench.hub.startHub()
    await approvePending('expiring')
    await until(() => agent.phase === 'registered', 'it works with another')
    const users = (await requestsOf('expiring')).map(({ spec }) => spec.username)
    expect(users.filter((user) => user === 'bootstrap')).toHaveLength(2)
  })
})

describe('a managed cluster whose API server is away for a while', () => {
  it('is not available meanwhile, though its agent is alive', async () => {
    const fastClock = new FastClock()
    let isCut = false
    const relay = await CuttingRelay.start(Number(bench.spoke.url.port), () =>
      isCut ? 0 : Number.POSITIVE_INFINITY,
    )
    const server = new URL(`https://127.0.0.1:${relay.port}`)
    const { tls } = bench.spoke
    const spoke = new KubeClient({ readAccess: async () => ({ server, tls }), clock: fastClock }, { qps: -1 })
    try {
      const agent = await joined('headless', fastClock, { spoke })
      const before = await bench.untilAvailable('headless')
      isCut = true
      relay.breakAll()
      const away = await untilCondition('headless', AVAILABLE, 'False')
      expect(conditionText(away, AVAILABLE)).toMatch(
        /^False ManagedClusterKubeAPIServerUnavailable: The kube-apiserver is not ok, status code: 0, /,
      )
      expect(away.status.version).toEqual(before.status.version)
      await bench.untilCluster('headless', ({ spec }) =>
        Boolean(
          spec.taints?.some(
            ({ key }: { key: string }) => key === 'cluster.open-cluster-management.io/unavailable',
          ),
        ),
      )
      const lease = { namespace: 'headless', name: 'managed-cluster-lease' }
      const { renewTime } = (await bench.hub.resource(LEASES).get(lease)).spec
      await bench.hub.untilOne(LEASES, lease, ({ spec }) => spec.renewTime > renewTime)
      isCut = false
      await bench.untilAvailable('headless')
      await bench.untilCluster('headless', ({ spec }) => !spec.taints?.length)
      expect(agent.phase).toBe('registered')
    } finally {
      await spoke.stop()
      await relay.stop()
    }
  })
})

describe('a hub that has forgotten what an agent saw last', () => {
  it('is followed again', async () => {
    const proxy = await ConnectProxy.start()
    const names = { hubSecret: 'behind-hub', bootstrapSecret: 'behind-bootstrap' }
    await bench.writeBootstrapSecret(
      await bench.bootstrapKubeconfig({ proxyUrl: proxy.url }),
      names.bootstrapSecret,
    )
    await bench.join('behind', names)
    await proxy.close()
    const key = { name: 'behind' }
    const { metadata } = await bench.hub.merge(MANAGED_CLUSTERS, key, { spec: { leaseDurationSeconds: 2 } })
    await bench.hub.merge(MANAGED_CLUSTERS, key, { spec: { leaseDurationSeconds: 1 } })
    bench.hub.ahead.ms += HOUR_MS
    await until(async () => {
      const { resourceVersion } = metadata
      const events = await bench.hub.resource(MANAGED_CLUSTERS).watch({ resourceVersion })
      try {
        for await (const _ of events) return false
      } catch (error) {
        return isGone(error)
      }
      return false
    }, 'the versions are forgotten')
    const lease = { namespace: 'behind', name: 'managed-cluster-lease' }
    const { renewTime } = (await bench.hub.resource(LEASES).get(lease)).spec
    const again = await ConnectProxy.start({}, Number(new URL(proxy.url).port))
    // Twice in two seconds: it knows of the shorter duration.
    const once = await bench.hub.untilOne(LEASES, lease, ({ spec }) => spec.renewTime > renewTime)
    await bench.hub.untilOne(LEASES, lease, ({ spec }) => spec.renewTime > once.spec.renewTime)
    await again.close()
  })
})
