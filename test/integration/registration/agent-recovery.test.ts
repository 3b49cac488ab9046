import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CLUSTER_PROPERTIES } from '../../../src/apis/about/v1alpha1.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { CLUSTER_CLAIMS } from '../../../src/apis/cluster/v1alpha1.ts'
import { SPOKE_REGISTRATION_GATES } from '../../../src/apis/feature-gates.ts'
import { EVENTS } from '../../../src/apis/resources.ts'
import { type Clock, systemClock } from '../../../src/kube/index.ts'
import { ConnectProxy } from '../../support/connect-proxy.ts'
import { until } from '../../support/until.ts'
import { AgentBench } from './agent-bench.ts'
import { type AnyObject, conditionsOf } from './hub-bench.ts'

vi.setConfig({ testTimeout: 60_000 })

const SPEED = 200
const ANOTHER_KEY = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey

/** Waits take a fraction of their time; what is written down is right. */
const fastClock: Clock = {
  now: systemClock.now,
  monotonic: () => systemClock.monotonic() * SPEED,
  sleep: (ms, signal) => systemClock.sleep(ms / SPEED, signal),
}

let bench: AgentBench
/** With another hub. */
let elsewhere: AgentBench

beforeAll(async () => {
  ;[bench, elsewhere] = await Promise.all([AgentBench.start(), AgentBench.start()])
})

afterAll(async () => {
  await bench.close()
  await elsewhere.close()
})

describe('a cluster that was deleted on the hub, and is restored there', () => {
  it('is available again, with the credentials that its agent has', async () => {
    const { agent } = await bench.startAgent({ clusterName: 'back', hubSecret: 'back-hub' }, fastClock)
    await bench.accept('back')
    await bench.untilAvailable('back')
    const before = await bench.secret('back-hub')
    await bench.hub.resource(MANAGED_CLUSTERS).delete({ name: 'back' })
    await bench.hub.untilGone(MANAGED_CLUSTERS, { name: 'back' })
    await bench.hub.create(MANAGED_CLUSTERS, { metadata: { name: 'back' }, spec: { hubAcceptsClient: true } })
    await bench.untilAvailable('back')
    expect(agent.phase).toBe('registered')
    expect(await bench.secret('back-hub')).toEqual(before)
  })
})

describe('credentials that somebody has spoiled', () => {
  it.each([
    ['a kubeconfig that is none', { kubeconfig: 'invalid' }],
    ['an empty key', { 'tls.key': '' }],
    ['the key of another', { 'tls.key': ANOTHER_KEY }],
    ['a certificate that is none', { 'tls.crt': 'invalid' }],
  ])('with %s are replaced when an agent starts', async (what, texts) => {
    const clusterName = `spoiled-${what.replaceAll(' ', '-')}`
    const options = { hubSecret: `${clusterName}-hub` }
    const { stop } = await bench.join(clusterName, options)
    await stop()
    await bench.writeSecret(options.hubSecret, texts)
    await bench.startAgent({ clusterName, ...options }, fastClock)
    await bench.accept(clusterName)
    await until(async () => {
      const secret = await bench.secret(options.hubSecret)
      return Object.entries(texts).every(([key, text]) => secret[key] !== text)
    }, 'they are replaced')
    const secret = await bench.secret(options.hubSecret)
    expect(secret).toMatchObject({ 'cluster-name': clusterName, 'agent-name': 'agent' })
  })
})

describe('an agent that is shown another hub', () => {
  it('joins that, under the same name', async () => {
    const names = { hubSecret: 'moving-hub', bootstrapSecret: 'moving-bootstrap' }
    await bench.writeBootstrapSecret(await bench.bootstrapKubeconfig(), names.bootstrapSecret)
    const { agent } = await bench.join('moving', names)
    await bench.writeBootstrapSecret(await elsewhere.bootstrapKubeconfig(), names.bootstrapSecret)
    await elsewhere.accept('moving')
    await elsewhere.untilAvailable('moving')
    expect((await bench.secret('moving-hub')).kubeconfig).toContain(
      `server: ${elsewhere.hub.server.url.origin}`,
    )
    expect(agent.names).toEqual({ clusterName: 'moving', agentName: 'agent' })
  })
})

describe('an agent with several hubs', () => {
  it('goes to the next when it has not reached one for too long', async () => {
    const proxy = await ConnectProxy.start()
    const [near, far] = ['near', 'far'].map((name) => path.join(bench.directory, name))
    await writeFile(near ?? '', await bench.bootstrapKubeconfig({ proxyUrl: proxy.url }))
    await writeFile(far ?? '', await elsewhere.bootstrapKubeconfig())
    // Who does not accept a cluster that it knows is not chosen.
    const accepted = { metadata: { name: 'between' }, spec: { hubAcceptsClient: true } }
    for (const { hub } of [bench, elsewhere]) await hub.create(MANAGED_CLUSTERS, accepted)
    await bench.startAgent(
      {
        clusterName: 'between',
        hubSecret: 'between-hub',
        bootstrapKubeconfigs: [near ?? '', far ?? ''],
        hubConnectionTimeoutMs: 180_000,
        gates: { ...SPOKE_REGISTRATION_GATES, MultipleHubs: true },
      },
      fastClock,
    )
    await bench.accept('between')
    await bench.untilAvailable('between')
    await proxy.close()
    await elsewhere.accept('between')
    await elsewhere.untilAvailable('between')
    expect((await bench.secret('between-hub')).kubeconfig).toContain(
      `server: ${elsewhere.hub.server.url.origin}`,
    )
  })
})

describe('the claims and properties of a cluster', () => {
  const claim = (name: string, value: string) =>
    bench
      .onSpoke(CLUSTER_CLAIMS)
      .create({ kind: 'ClusterClaim', metadata: { name }, spec: { value } } as never)

  it('are told to the hub, properties first, and as many as are allowed', async () => {
    const own = { 'c.mine.example': 'reserved', a: 'claim', b: 'claim' }
    for (const [name, value] of Object.entries(own)) await claim(name, value)
    for (const [name, value] of [
      ['a', 'property'],
      ['long', 'x'.repeat(1025)],
    ]) {
      const property = { kind: 'ClusterProperty', metadata: { name }, spec: { value } }
      await bench.onSpoke(CLUSTER_PROPERTIES).create(property as unknown as AnyObject)
    }
    await bench.join('claiming', {
      hubSecret: 'claiming-hub',
      maxCustomClusterClaims: 1,
      reservedClusterClaimSuffixes: ['mine.example'],
      gates: { ...SPOKE_REGISTRATION_GATES, ClusterProperty: true },
    })
    const { status } = await bench.untilCluster('claiming', (each) => Boolean(each.status.clusterClaims))
    expect(status.clusterClaims).toEqual([
      { name: 'c.mine.example', value: 'reserved' },
      { name: 'a', value: 'property' },
    ])
    const events = await bench.hub.until(EVENTS, { namespace: 'claiming' }, (all) =>
      [...all.values()].some(({ reason }) => reason === 'CustomClusterClaimsTruncated'),
    )
    const truncated = [...events.values()].find(({ reason }) => reason === 'CustomClusterClaimsTruncated')
    expect(truncated?.note).toBe(
      '2 cluster claims are found. It exceeds the max number of custom cluster claims (1). 1 custom cluster claims are not exposed.',
    )
  })

  it('are properties alone, or claims alone, by the gates', async () => {
    for (const [name, gates, wanted] of [
      ['proper', { ClusterClaim: false, ClusterProperty: true }, ['a']],
      ['claimed', { ClusterClaim: true, ClusterProperty: false }, ['a', 'b', 'c.mine.example']],
    ] as const) {
      const all = { ...SPOKE_REGISTRATION_GATES, ...gates }
      await bench.join(name, { hubSecret: `${name}-hub`, gates: all })
      const { status } = await bench.untilCluster(name, (each) => Boolean(each.status.clusterClaims))
      expect(status.clusterClaims.map((each: { name: string }) => each.name)).toEqual(wanted)
      expect(conditionsOf({ metadata: {}, status }).ManagedClusterJoined).toBe('True')
    }
  })
})
