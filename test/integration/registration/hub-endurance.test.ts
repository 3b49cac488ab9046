import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HUB_ACCEPTED_CONDITION } from '../../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { CLUSTER_ROLES, LEASES, ROLE_BINDINGS } from '../../../src/apis/resources.ts'
import { isGone, microTimeText } from '../../../src/kube/index.ts'
import { until, untilStill } from '../../support/until.ts'
import { conditionsOf, HubBench } from './hub-bench.ts'

/** A thousand pass, too, and take a minute. */
const CLUSTERS = 200
/** Namespace, two finalizers, two roles' bindings, a role, its binding, a Lease, a taint and two conditions; and a share of what all have. */
const REQUESTS_EACH = 13
const GUARD_MS = 240_000
const AT_ONCE = 20

let hub: HubBench

beforeAll(async () => {
  hub = await HubBench.start()
})

afterAll(() => hub.close())

async function forEach(names: readonly string[], act: (name: string) => Promise<unknown>): Promise<void> {
  const rest = [...names]
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let name = rest.shift(); name !== undefined; name = rest.shift()) await act(name)
    }),
  )
}

describe('an API that is away for a while', () => {
  const untilAccepted = (name: string) =>
    hub.untilOne(MANAGED_CLUSTERS, { name }, (each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'True')
  const accept = (name: string) =>
    hub.create(MANAGED_CLUSTERS, { metadata: { name }, spec: { hubAcceptsClient: true } })

  it('is caught up with, whatever has happened meanwhile', async () => {
    await accept('before')
    await untilAccepted('before')
    hub.cut()
    await accept('between')
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'before' })
    hub.heal()
    await untilAccepted('between')
    await hub.untilGone(MANAGED_CLUSTERS, { name: 'before' })
  })

  it('is caught up with also when it has forgotten what was seen last', async () => {
    await accept('remembered')
    await untilAccepted('remembered')
    hub.cut()
    await accept('forgotten')
    const { metadata } = await hub.resource(MANAGED_CLUSTERS).get({ name: 'forgotten' })
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'remembered' })
    hub.ahead.ms += 60 * 60_000
    const isForgotten = async () => {
      const { resourceVersion } = metadata
      const events = await hub.resource(MANAGED_CLUSTERS).watch({ resourceVersion })
      try {
        for await (const _ of events) return false
      } catch (error) {
        return isGone(error)
      }
      return false
    }
    await until(isForgotten, 'the versions are forgotten')
    hub.heal()
    await untilAccepted('forgotten')
    await hub.untilGone(MANAGED_CLUSTERS, { name: 'remembered' })
  })
})

describe('hundreds of clusters', () => {
  const names = Array.from({ length: CLUSTERS }, (_, index) => `c${index}`)

  it(
    'are accepted, and then cost no requests, not even for their renewals',
    async () => {
      const atFirst = hub.requests
      await forEach(names, (name) =>
        hub.create(MANAGED_CLUSTERS, { metadata: { name }, spec: { hubAcceptsClient: true } }),
      )
      await hub.until(MANAGED_CLUSTERS, {}, (clusters) =>
        names.every((name) => {
          const each = clusters.get(name)
          return (
            each !== undefined &&
            conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'True' &&
            each.metadata.finalizers?.length === 2 &&
            each.spec.taints?.length === 1
          )
        }),
      )
      await hub.until(
        LEASES,
        { labelSelector: 'open-cluster-management.io/cluster-name' },
        ({ size }) => size >= CLUSTERS,
      )
      await hub.until(ROLE_BINDINGS, {}, (bindings) => bindings.size >= 2 * CLUSTERS)
      const renewAll = () =>
        forEach(names, (name) => {
          const renewTime = microTimeText(Date.now())
          return hub.merge(
            LEASES,
            { namespace: name, name: 'managed-cluster-lease' },
            { spec: { renewTime } },
          )
        })
      await renewAll() // after the first, clocks are known to agree
      await untilStill(() => hub.requests)
      const before = hub.requests
      expect((before - atFirst) / CLUSTERS).toBeLessThan(REQUESTS_EACH)
      await renewAll()
      expect(await untilStill(() => hub.requests)).toBe(before)
    },
    GUARD_MS,
  )

  it(
    'are all there again when the hub controllers are started anew, which changes nothing',
    async () => {
      await hub.stopHub()
      const { metadata } = await hub.resource(MANAGED_CLUSTERS).list({ limit: 1 })
      hub.startHub()
      await hub.untilReady()
      await untilStill(() => hub.requests)
      const after = await hub.resource(MANAGED_CLUSTERS).list()
      const touched = after.items.filter(
        (each) => Number(each.metadata.resourceVersion) > Number(metadata.resourceVersion),
      )
      expect(touched).toEqual([])
    },
    GUARD_MS,
  )

  it(
    'go, and leave no roles behind',
    async () => {
      await forEach(names, (name) => hub.resource(MANAGED_CLUSTERS).delete({ name }))
      await hub.resource(MANAGED_CLUSTERS).deleteCollection()
      await hub.until(MANAGED_CLUSTERS, {}, ({ size }) => size === 0)
      await hub.until(
        CLUSTER_ROLES,
        { labelSelector: 'open-cluster-management.io/cluster-name' },
        ({ size }) => size === 0,
      )
    },
    GUARD_MS,
  )
})
