import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { CERTIFICATE_SIGNING_REQUESTS, MUTATING_WEBHOOK_CONFIGURATIONS } from '../../../src/apis/resources.ts'
import { admissionReviews, patch } from '../../../src/kube/webhook/index.ts'
import { until } from '../../support/until.ts'
import { WebhookFixture } from '../../support/webhook-fixture.ts'
import { AgentBench, isPendingOf } from './agent-bench.ts'
import type { AnyObject } from './hub-bench.ts'

let bench: AgentBench
let webhook: WebhookFixture
const asked = Promise.withResolvers<void>()
const released = Promise.withResolvers<void>()

beforeAll(async () => {
  bench = await AgentBench.start()
  webhook = await WebhookFixture.start({
    '/slow': admissionReviews(async () => {
      asked.resolve()
      await released.promise
      return patch([])
    }),
  })
  await bench.hub.resource(MUTATING_WEBHOOK_CONFIGURATIONS).create({
    metadata: { name: 'slow' },
    webhooks: [
      {
        name: 'slow.example.com',
        clientConfig: webhook.clientConfig('/slow'),
        rules: [
          {
            operations: ['CREATE'],
            apiGroups: [MANAGED_CLUSTERS.group],
            apiVersions: ['*'],
            resources: [MANAGED_CLUSTERS.plural],
          },
        ],
        failurePolicy: 'Fail',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        timeoutSeconds: 30,
      },
    ],
  } as unknown as AnyObject)
})

afterAll(async () => {
  released.resolve()
  await bench.close()
  await webhook.close()
})

describe('a hub that approves before it has made the cluster', () => {
  it('gets the cluster nevertheless', async () => {
    const { agent } = await bench.startAgent({ clusterName: 'c1' })
    await asked.promise
    const requests = await bench.hub.until(CERTIFICATE_SIGNING_REQUESTS, {}, (all) =>
      [...all.values()].some((request) => isPendingOf(request, 'c1')),
    )
    for (const request of requests.values()) await bench.decide(request, 'Approved')
    await until(async () => (await bench.secret())['tls.crt'] !== undefined, 'the agent has its certificate')
    expect(agent.phase).toBe('bootstrapping')
    released.resolve()
    await bench.untilCluster('c1', () => true)
    await bench.hub.merge(MANAGED_CLUSTERS, { name: 'c1' }, { spec: { hubAcceptsClient: true } })
    await bench.untilAvailable('c1')
    expect(agent.phase).toBe('registered')
  }, 60_000)
})
