import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLUSTER_SET_LABEL, HUB_ACCEPTED_CONDITION } from '../../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { LEASES, MUTATING_WEBHOOK_CONFIGURATIONS } from '../../../src/apis/resources.ts'
import { REGISTRATION_WEBHOOK_PATHS } from '../../../src/registration/webhook/index.ts'
import { kubeconfigOf } from '../../support/pod-fixtures.ts'
import { freePort } from '../../support/ports.ts'
import { CLUSTER_PROXY, endProcesses, TestProcess } from '../../support/processes.ts'
import { until } from '../../support/until.ts'
import { WebhookFixture } from '../../support/webhook-fixture.ts'
import { type AnyObject, conditionsOf, HubBench } from './hub-bench.ts'

let hub: HubBench
let kubeconfig: Awaited<ReturnType<typeof kubeconfigOf>>
let certificates: WebhookFixture

beforeAll(async () => {
  hub = await HubBench.start()
  await hub.stopHub()
  kubeconfig = await kubeconfigOf(hub.server)
  certificates = await WebhookFixture.start({})
})

afterAll(async () => {
  await endProcesses()
  await certificates.close()
  await kubeconfig[Symbol.asyncDispose]()
  await hub.close()
})

async function textOf(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url)
    return response.ok ? await response.text() : undefined
  } catch {
    return undefined // it does not listen yet
  }
}

describe('the processes of a hub', () => {
  it('serve webhooks with health and metrics, lead by a Lease, and end in order', async () => {
    const [port, health, metrics, listen] = await Promise.all([
      freePort(),
      freePort(),
      freePort(),
      freePort(),
    ])
    const webhookServer = TestProcess.start(CLUSTER_PROXY, [
      'registration',
      'webhook-server',
      `--kubeconfig=${kubeconfig.file}`,
      `--certdir=${certificates.directory}`,
      `--port=${port}`,
      `--health-probe-port=${health}`,
      `--metrics-port=${metrics}`,
    ])
    const controller = TestProcess.start(CLUSTER_PROXY, [
      'registration',
      'controller',
      `--kubeconfig=${kubeconfig.file}`,
      '--namespace=default',
      `--listen=127.0.0.1:${listen}`,
    ])
    for (const path of ['healthz', 'readyz'])
      await until(async () => (await textOf(`http://127.0.0.1:${health}/${path}`)) === 'ok', `/${path} is ok`)

    const url = `https://127.0.0.1:${port}${REGISTRATION_WEBHOOK_PATHS.managedClusterMutator}`
    const { caBundle } = certificates.clientConfig('')
    await hub.resource(MUTATING_WEBHOOK_CONFIGURATIONS).create({
      metadata: { name: 'mutators' },
      webhooks: [
        {
          name: 'mutators.example.com',
          clientConfig: { url, caBundle },
          rules: [
            {
              operations: ['CREATE', 'UPDATE'],
              apiGroups: ['cluster.open-cluster-management.io'],
              apiVersions: ['*'],
              resources: ['managedclusters'],
            },
          ],
          failurePolicy: 'Fail',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    } as unknown as AnyObject)
    await hub.create(MANAGED_CLUSTERS, { metadata: { name: 'c1' }, spec: { hubAcceptsClient: true } })
    const cluster = await hub.untilOne(
      MANAGED_CLUSTERS,
      { name: 'c1' },
      (each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'True' && each.spec.taints?.length === 1,
    )
    expect(cluster.metadata.labels).toEqual({ [CLUSTER_SET_LABEL]: 'default' })
    expect(cluster.spec.taints[0].timeAdded).toBeDefined()
    const lock = await hub
      .resource(LEASES)
      .get({ namespace: 'default', name: 'registration-controller-lock' })
    expect(lock.spec.holderIdentity).not.toBe('')
    expect(await textOf(`http://127.0.0.1:${metrics}/metrics`)).toMatch(
      /controller_runtime_webhook_requests_total\{webhook="\/mutate-cluster[^"]*",code="200"\} [1-9]/,
    )
    for (const process of [webhookServer, controller]) {
      process.kill('SIGTERM')
      expect(await process.exited).toEqual({ status: 0, signal: null })
    }
  }, 60_000)
})
