import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger as log } from '../../src/common/log.ts'
import { ProxyAgentMetrics } from '../../src/proxy-agent/metrics.ts'
import { ProxyServerMetrics } from '../../src/proxy-server/index.ts'
import {
  createLeaseCounter,
  createServerLease,
  createTokenReviewAuthenticator,
  type Service,
} from '../../src/tunnel-kube/index.ts'
import { microTime } from '../../src/tunnel-kube/leases.ts'
import { eventually } from '../support/eventually.ts'
import { FakeKubeApi } from '../support/fake-kube-api.ts'
import { writeKubeconfig } from './kube-clients.ts'

let api: FakeKubeApi
let kube: { kubeconfig: string; kubeconfigQps: number; kubeconfigBurst: number }
const services: Service[] = []

beforeEach(async () => {
  api = await FakeKubeApi.start()
  kube = { kubeconfig: await writeKubeconfig(api.kubeconfig()), kubeconfigQps: 0, kubeconfigBurst: 0 }
})
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop()
  await api.stop()
})

async function started<S extends Service>(service: S): Promise<S> {
  services.push(service)
  await service.start()
  return service
}

const leaseConfig = { leaseNamespace: 'tunnel', leaseLabels: { app: 'tunnel', tier: 'a' } }
const agentConfig = { leaseNamespace: 'tunnel', leaseLabelSelector: 'app=tunnel,tier=a' }
const tokenConfig = { agentNamespace: 'ns', agentServiceAccount: 'sa', authenticationAudience: 'tunnel' }

describe('what the tunnel needs of Kubernetes', () => {
  it('lets an agent count the servers that hold leases, as they come and go', async () => {
    const startServer = (serverId: string) =>
      started(
        createServerLease(
          { ...kube, ...leaseConfig, serverId },
          {},
          { log, metrics: new ProxyServerMetrics() },
        ),
      )
    const counter = await started(
      createLeaseCounter({ ...kube, ...agentConfig }, {}, { log, metrics: new ProxyAgentMetrics() }),
    )
    expect(counter.count()).toBe(1)
    await eventually(() => api.openWatches).toBe(1)

    const servers = [await startServer('s1'), await startServer('s2'), await startServer('s3')]
    await eventually(() => counter.count()).toBe(3)
    await servers[0]?.stop()
    await eventually(() => counter.count()).toBe(2)
  })

  it('has servers remove the leases of others that have expired', async () => {
    const spec = { leaseDurationSeconds: 30, renewTime: microTime(Date.now() - 60_000) }
    api.putLease({ metadata: { name: 'crashed', labels: leaseConfig.leaseLabels }, spec }, 'tunnel')
    const metrics = new ProxyServerMetrics()
    await started(createServerLease({ ...kube, ...leaseConfig, serverId: 's1' }, {}, { log, metrics }))
    await eventually(() => api.lease('crashed', 'tunnel')).toBeUndefined()
  })

  it('lets the API judge the tokens of agents', async () => {
    const authenticator = await started(
      createTokenReviewAuthenticator({ ...kube, ...tokenConfig }, {}, { log }),
    )
    await expect(authenticator.authenticate('bad')).rejects.toThrow(
      'lookup failed: service account jwt not valid',
    )
    api.review = (_token, audiences) => ({
      authenticated: true,
      audiences,
      user: { username: 'system:serviceaccount:ns:sa' },
    })
    await authenticator.authenticate('good')
  })

  it('shows what the credential plugin of a kubeconfig says', async () => {
    const apiVersion = 'client.authentication.k8s.io/v1'
    const credential = JSON.stringify({
      apiVersion,
      kind: 'ExecCredential',
      status: { token: 'from-plugin' },
    })
    const exec = { apiVersion, command: 'echo', args: [credential] }
    const kubeconfig = await writeKubeconfig(api.kubeconfig({ exec }))
    const authenticator = await started(
      createTokenReviewAuthenticator(
        { ...kube, ...tokenConfig, kubeconfig },
        { PATH: process.env.PATH },
        { log },
      ),
    )
    await expect(authenticator.authenticate('bad')).rejects.toThrow('lookup failed')
    expect(api.requests).toMatchObject([{ authorization: 'Bearer from-plugin' }])
  })

  it('does not start without knowing where Kubernetes is', async () => {
    const outside = { ...kube, kubeconfig: '' }
    const all = [
      createTokenReviewAuthenticator({ ...outside, ...tokenConfig }, {}, { log }),
      createServerLease(
        { ...outside, ...leaseConfig, serverId: 's1' },
        {},
        { log, metrics: new ProxyServerMetrics() },
      ),
      createLeaseCounter({ ...outside, ...agentConfig }, {}, { log, metrics: new ProxyAgentMetrics() }),
    ]
    for (const service of all) {
      await expect(service.start()).rejects.toThrow(
        'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
      )
      await service.stop()
    }
  })
})
