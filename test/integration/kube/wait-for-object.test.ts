import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import { KubeClient, waitForObject } from '../../../src/kube/index.ts'
import { TestControlPlane } from '../../support/control-plane.ts'

const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', namespaced: true }
const PATH = '/api/v1/namespaces/default/configmaps'

type ConfigMap = KubeObject & { readonly data?: Readonly<Record<string, string>> }

describe('waiting for an object', () => {
  let server: TestControlPlane
  let client: KubeClient

  beforeAll(async () => {
    server = await TestControlPlane.start()
    client = new KubeClient({ readAccess: async () => ({ server: server.url, tls: server.tls }) })
  })

  afterAll(async () => {
    await client.stop()
    await server.close()
  })

  const waitFor = (name: string, signal = new AbortController().signal) =>
    waitForObject<ConfigMap>(
      client,
      CONFIG_MAPS,
      { namespace: 'default', name },
      ({ data }) => data?.ready === 'yes',
      signal,
    )

  it('ends at once when it is as wanted already', async () => {
    await server.admin.post(PATH, { metadata: { name: 'there' }, data: { ready: 'yes' } })
    expect((await waitFor('there')).metadata.name).toBe('there')
  })

  it('ends when it comes, and when it changes', async () => {
    const waiting = waitFor('later')
    await server.admin.post(PATH, { metadata: { name: 'other' }, data: { ready: 'yes' } })
    await server.admin.post(PATH, { metadata: { name: 'later' }, data: { ready: 'no' } })
    await server.admin.patch(`${PATH}/later`, { data: { ready: 'yes' } })
    expect((await waiting).data).toEqual({ ready: 'yes' })
  })

  it('ends with the reason of its signal', async () => {
    const reason = new Error('enough')
    const stopping = new AbortController()
    const waiting = waitFor('never', stopping.signal)
    stopping.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(waitFor('never', stopping.signal)).rejects.toBe(reason)
  })
})
