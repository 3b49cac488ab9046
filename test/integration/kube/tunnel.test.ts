import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import { silentLogger as log } from '../../../src/common/log.ts'
import { KubeClient, LEASES, readKubeconfig } from '../../../src/kube/index.ts'
import { ProxyAgentMetrics } from '../../../src/proxy-agent/metrics.ts'
import { ProxyServerMetrics } from '../../../src/proxy-server/index.ts'
import {
  createLeaseCounter,
  createServerLease,
  createTokenReviewAuthenticator,
  type Service,
} from '../../../src/tunnel-kube/index.ts'
import { ControlPlaneProcess } from '../../support/control-plane-process.ts'
import { eventually } from '../../support/eventually.ts'
import { endProcesses } from '../../support/processes.ts'

const namespace = 'kube-system'
const ACCOUNTS = { group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true } as const
const TOKEN_REQUEST = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' } as const
const AUDIENCE = 'system:konnectivity-server'

interface TokenRequest extends KubeObject {
  readonly spec?: { readonly audiences: readonly string[] }
  readonly status?: { readonly token: string }
}

let cluster: ControlPlaneProcess
let client: KubeClient
const services: Service[] = []

beforeAll(async () => {
  cluster = await ControlPlaneProcess.start()
  client = new KubeClient({ readAccess: () => readKubeconfig([cluster.kubeconfig]) })
}, 60_000)
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop()
})
afterAll(async () => {
  await client.stop()
  await cluster.dispose()
  await endProcesses()
})

async function started<S extends Service>(service: S): Promise<S> {
  services.push(service)
  await service.start()
  return service
}

const limits = { kubeconfigQps: 0, kubeconfigBurst: 0 }

it('an agent counts the servers that hold Leases of a control plane', async () => {
  const { kubeconfig } = cluster
  const counter = await started(
    createLeaseCounter(
      { kubeconfig, leaseNamespace: namespace, leaseLabelSelector: 'app=tunnel' },
      {},
      { log, metrics: new ProxyAgentMetrics() },
    ),
  )
  const startServer = (serverId: string) => {
    const config = {
      ...limits,
      kubeconfig,
      serverId,
      leaseNamespace: namespace,
      leaseLabels: { app: 'tunnel' },
    }
    return started(createServerLease(config, {}, { log, metrics: new ProxyServerMetrics() }))
  }
  const servers = [await startServer('one'), await startServer('two'), await startServer('three')]
  await eventually(() => counter.count()).toBe(3)
  const { items } = await client.resource(LEASES).list({ namespace, labelSelector: 'app=tunnel' })
  expect(items).toHaveLength(3)
  await servers[0]?.stop()
  await eventually(() => counter.count()).toBe(2)
})

it('a server has a control plane judge the tokens of agents', async () => {
  const accounts = client.resource<TokenRequest>(ACCOUNTS)
  const tokenFor = async (name: string, audience: string) => {
    const request = { ...TOKEN_REQUEST, metadata: { namespace, name }, spec: { audiences: [audience] } }
    const { status } = await accounts.create(request, { subresource: 'token' })
    return status?.token ?? ''
  }
  for (const name of ['agent', 'other']) await accounts.create({ metadata: { namespace, name } })
  const authenticator = await started(
    createTokenReviewAuthenticator(
      {
        ...limits,
        kubeconfig: cluster.kubeconfig,
        agentNamespace: namespace,
        agentServiceAccount: 'agent',
        authenticationAudience: AUDIENCE,
      },
      {},
      { log },
    ),
  )
  await authenticator.authenticate(await tokenFor('agent', AUDIENCE))
  await expect(authenticator.authenticate(await tokenFor('other', AUDIENCE))).rejects.toThrow(
    'incoming request from "other" service account. Expected "agent"',
  )
  await expect(authenticator.authenticate(await tokenFor('agent', 'another'))).rejects.toThrow(
    'lookup failed',
  )
  await expect(authenticator.authenticate('nonsense')).rejects.toThrow('lookup failed')
})
