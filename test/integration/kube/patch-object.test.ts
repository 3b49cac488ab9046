import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import { CONFIG_MAPS, VALIDATING_WEBHOOK_CONFIGURATIONS } from '../../../src/apis/resources.ts'
import { KubeClient, patchObject } from '../../../src/kube/index.ts'
import { admissionReviews, allow, denyBadRequest } from '../../../src/kube/webhook/index.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { WebhookFixture } from '../../support/webhook-fixture.ts'

interface Marked extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

const signal = new AbortController().signal

let server: TestControlPlane
let client: KubeClient
let webhook: WebhookFixture

beforeAll(async () => {
  server = await TestControlPlane.start()
  const { url, tls } = server
  client = new KubeClient({ readAccess: async () => ({ server: url, tls }) }, { qps: -1 })
  webhook = await WebhookFixture.start({
    '/once': admissionReviews<Marked>(async ({ oldObject }) =>
      oldObject?.data?.mark === undefined ? allow() : denyBadRequest('it is marked'),
    ),
  })
  await client
    .resource<KubeObject & { readonly webhooks: readonly object[] }>(VALIDATING_WEBHOOK_CONFIGURATIONS)
    .create({
      metadata: { name: 'once' },
      webhooks: [
        {
          name: 'once.example.com',
          clientConfig: webhook.clientConfig('/once'),
          rules: [{ operations: ['UPDATE'], apiGroups: [''], apiVersions: ['*'], resources: ['configmaps'] }],
          failurePolicy: 'Fail',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    })
})

afterAll(async () => {
  await client.stop()
  await server.close()
  await webhook.close()
})

describe('a patch that a webhook refuses', () => {
  const mark = ({ data }: Marked) => (data?.mark ? undefined : { data: { mark: 'yes' } })

  it('is nothing where only the cache was behind', async () => {
    const maps = client.resource<Marked>(CONFIG_MAPS)
    const seen = await maps.create({ metadata: { namespace: 'default', name: 'behind' } })
    expect(await patchObject(maps, seen, mark, { signal })).toBe(true)
    expect(await patchObject(maps, seen, mark, { signal })).toBe(false)
  })

  it('is told where the object is as it was seen', async () => {
    const maps = client.resource<Marked>(CONFIG_MAPS)
    const seen = await maps.create({ metadata: { namespace: 'default', name: 'same' }, data: { mark: 'no' } })
    const change = () => ({ data: { mark: 'yes' } })
    await expect(patchObject(maps, seen, change, { signal })).rejects.toThrow('it is marked')
  })
})
