import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { SPOKE_REGISTRATION_GATES } from '../../../src/apis/feature-gates.ts'
import { CERTIFICATE_SIGNING_REQUESTS } from '../../../src/apis/resources.ts'
import { type Clock, systemClock } from '../../../src/kube/index.ts'
import { CertificateAuthority } from '../../../src/pki/index.ts'
import { clusterSubject } from '../../../src/registration/cluster-identity.ts'
import { until } from '../../support/until.ts'
import { AgentBench, isPendingOf } from './agent-bench.ts'
import type { AnyObject } from './hub-bench.ts'

const SPEED = 200

/** Waits take a fraction of their time; what is written down is right. */
const fastClock: Clock = {
  now: systemClock.now,
  monotonic: () => systemClock.monotonic() * SPEED,
  sleep: (ms, signal) => systemClock.sleep(ms / SPEED, signal),
}

let bench: AgentBench

beforeAll(async () => {
  bench = await AgentBench.start()
})

afterAll(() => bench.close())

describe('a certificate that the hub does not know (any more)', () => {
  it('is replaced by the bootstrap credentials, though it has not expired', async () => {
    const options = { hubSecret: 'revoked-hub' }
    const first = await bench.join('revoked', options)
    await first.stop()
    const stranger = await CertificateAuthority.create({ commonName: 'stranger' })
    const forged = await stranger.issueClientCertificate(clusterSubject('revoked', 'agent'))
    const { certificatePem, privateKeyPem } = forged
    await bench.writeSecret('revoked-hub', { 'tls.crt': certificatePem, 'tls.key': privateKeyPem })
    const { agent } = await bench.startAgent({ clusterName: 'revoked', ...options }, fastClock)
    await until(() => agent.phase === 'registered', 'it works with the wrong certificate')
    await bench.accept('revoked')
    await until(
      async () => (await bench.secret('revoked-hub'))['tls.crt'] !== certificatePem,
      'it is replaced',
    )
    await until(() => agent.phase === 'registered', 'it works with the right one')
  })
})

describe('a request that is denied', () => {
  it('is made again after some minutes', async () => {
    const { stop } = await bench.startAgent({ clusterName: 'refused', hubSecret: 'refused-hub' }, fastClock)
    const requests = await bench.hub.until(CERTIFICATE_SIGNING_REQUESTS, {}, (all) =>
      [...all.values()].some((each) => isPendingOf(each, 'refused')),
    )
    for (const each of requests.values()) if (isPendingOf(each, 'refused')) await bench.decide(each, 'Denied')
    await bench.accept('refused')
    await bench.untilAvailable('refused')
    await stop()
  })
})

describe('a request that is deleted', () => {
  it('is made again', async () => {
    const { stop } = await bench.startAgent({ clusterName: 'deleted', hubSecret: 'deleted-hub' }, fastClock)
    const isPending = (each: AnyObject) => isPendingOf(each, 'deleted')
    const requests = await bench.hub.until(CERTIFICATE_SIGNING_REQUESTS, {}, (all) =>
      [...all.values()].some(isPending),
    )
    for (const { metadata } of [...requests.values()].filter(isPending))
      await bench.hub.resource(CERTIFICATE_SIGNING_REQUESTS).delete({ name: metadata.name ?? '' })
    await bench.accept('deleted')
    await bench.untilAvailable('deleted')
    await stop()
  })
})

describe('several hubs', () => {
  it('are tried in order, and again when one does not accept the cluster any more', async () => {
    const [nowhere, somewhere] = ['nowhere', 'somewhere'].map((name) => path.join(bench.directory, name))
    await writeFile(nowhere ?? '', await bench.bootstrapKubeconfig({ server: 'https://127.0.0.1:1' }))
    await writeFile(somewhere ?? '', await bench.bootstrapKubeconfig())
    const { agent } = await bench.startAgent(
      {
        clusterName: 'several',
        hubSecret: 'several-hub',
        bootstrapKubeconfigs: [nowhere ?? '', somewhere ?? ''],
        gates: { ...SPOKE_REGISTRATION_GATES, MultipleHubs: true },
      },
      fastClock,
    )
    await bench.untilCluster('several', () => true)
    // An agent of several hubs leaves one that has not accepted it; an administrator may be slower than that.
    await bench.accept('several')
    await bench.untilAvailable('several')
    await bench.hub.merge(MANAGED_CLUSTERS, { name: 'several' }, { spec: { hubAcceptsClient: false } })
    await until(() => agent.phase !== 'registered', 'it leaves the hub')
    await bench.hub.merge(MANAGED_CLUSTERS, { name: 'several' }, { spec: { hubAcceptsClient: true } })
    await bench.untilAvailable('several')
    await until(() => agent.phase === 'registered', 'it is back')
    expect(agent.names.clusterName).toBe('several')
  })
})
