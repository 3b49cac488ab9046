import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LEASES } from '../../../src/apis/resources.ts'
import { CertificateAuthority } from '../../../src/pki/index.ts'
import { ConnectProxy } from '../../support/connect-proxy.ts'
import { until } from '../../support/until.ts'
import { AgentBench } from './agent-bench.ts'

let bench: AgentBench
const proxies: ConnectProxy[] = []

beforeAll(async () => {
  bench = await AgentBench.start()
})

afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()))
})

afterAll(() => bench.close())

describe('a hub behind a proxy', () => {
  it.each(['http', 'https'])(
    'is joined through an %s proxy, which stays in the kubeconfig',
    async (scheme) => {
      const authority = await CertificateAuthority.create({ commonName: 'proxies' })
      const { certificatePem: cert, privateKeyPem: key } = await authority.issueServerCertificate({
        ipAddresses: ['127.0.0.1'],
      })
      const proxy = await ConnectProxy.start(scheme === 'https' ? { tls: { cert, key } } : {})
      proxies.push(proxy)
      const clusterName = `through-${scheme}`
      const secrets = { hubSecret: `${scheme}-hub`, bootstrapSecret: `${scheme}-bootstrap` }
      const caPem = (bench.hub.server.tls.ca ?? '') + authority.certificatePem
      await bench.writeBootstrapSecret(
        await bench.bootstrapKubeconfig({ proxyUrl: proxy.url, caPem }),
        secrets.bootstrapSecret,
      )
      const { stop } = await bench.join(clusterName, secrets)
      const { kubeconfig } = await bench.secret(secrets.hubSecret)
      expect(kubeconfig).toContain(`proxy-url: ${proxy.url}`)
      expect(new Set(proxy.targets)).toEqual(new Set([bench.hub.server.url.host]))
      await stop()
    },
  )
})

describe('a hub that is away for a while', () => {
  it('is told of the cluster again as soon as it is back', async () => {
    const relay = await ConnectProxy.start()
    const port = Number(new URL(relay.url).port)
    expect(port).toBeGreaterThan(0)
    const secrets = { hubSecret: 'away-hub', bootstrapSecret: 'away-bootstrap' }
    await bench.writeBootstrapSecret(
      await bench.bootstrapKubeconfig({ proxyUrl: relay.url }),
      secrets.bootstrapSecret,
    )
    await bench.join('away', secrets)
    const lease = { namespace: 'away', name: 'managed-cluster-lease' }
    await bench.hub.untilOne(LEASES, lease, ({ spec }) => Boolean(spec.renewTime))
    await relay.close()
    const cluster = await bench.hub.merge(
      {
        group: 'cluster.open-cluster-management.io',
        version: 'v1',
        plural: 'managedclusters',
        namespaced: false,
      },
      { name: 'away' },
      { spec: { leaseDurationSeconds: 1 } },
    )
    expect(cluster.spec.leaseDurationSeconds).toBe(1)
    const before = (await bench.hub.resource(LEASES).get(lease)).spec.renewTime
    const again = await ConnectProxy.start({}, port)
    proxies.push(again)
    await until(
      async () => (await bench.hub.resource(LEASES).get(lease)).spec.renewTime > before,
      'the Lease is renewed',
    )
  })
})
