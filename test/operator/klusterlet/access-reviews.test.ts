import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { unlistedAccess } from '../../../src/kube/index.ts'
import {
  bootstrapAccess,
  describeAccess,
  hubAccess,
  reviewAccess,
} from '../../../src/operator/klusterlet/access-reviews.ts'
import { FakeApiServer } from '../../kube/fake-apiserver.ts'

describe('what agents are asked about', () => {
  it('is to create what is needed for an identity', () => {
    expect(bootstrapAccess().map(({ verb, resource }) => `${verb} ${resource}`)).toEqual([
      'create managedclusters',
      'get managedclusters',
      'create certificatesigningrequests',
      'get certificatesigningrequests',
      'list certificatesigningrequests',
      'watch certificatesigningrequests',
    ])
  })

  it('is all that they do with it, in the namespace of their cluster', () => {
    const accesses = hubAccess('cluster1')
    expect(accesses).toHaveLength(24)
    expect(accesses).toContainEqual({
      verb: 'renew',
      group: 'register.open-cluster-management.io',
      resource: 'managedclusters',
      subresource: 'clientcertificates',
    })
    expect(accesses).toContainEqual({
      verb: 'update',
      group: 'coordination.k8s.io',
      resource: 'leases',
      name: 'managed-cluster-lease',
      namespace: 'cluster1',
    })
  })

  it('is described as Go prints it', () => {
    expect(describeAccess({ verb: 'get', group: 'g', resource: 'r', name: 'n' })).toBe(
      '&ResourceAttributes{Namespace:,Verb:get,Group:g,Version:,Resource:r,Subresource:,Name:n,FieldSelector:nil,LabelSelector:nil,}',
    )
  })
})

describe('asking a hub', () => {
  let hub: FakeApiServer
  /** What it tells of rules; undefined where it tells nothing. */
  let rules: readonly object[] | undefined
  /** What it says when it is asked about one thing. */
  let allowed: boolean

  const EVERYTHING = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }

  beforeEach(async () => {
    hub = await FakeApiServer.start()
    rules = [EVERYTHING]
    allowed = true
    hub.faultFor = ({ path }) => {
      if (!path.includes('rules')) return { status: 201, text: JSON.stringify({ status: { allowed } }) }
      if (!rules) return { status: 403, reason: 'Forbidden' }
      return {
        status: 201,
        text: JSON.stringify({ status: { resourceRules: rules, nonResourceRules: [], incomplete: true } }),
      }
    }
  })

  afterEach(() => hub.stop())

  async function ask() {
    const client = hub.client()
    const { outcome, ...rest } = await reviewAccess(client, hubAccess('cluster1'))
    await client.stop()
    const asked = hub.requests.map(({ path, body }) => {
      const { spec } = body as { spec: { namespace?: string; resourceAttributes?: { verb: string } } }
      return `${path.split('/').at(-1)} ${spec.namespace ?? spec.resourceAttributes?.verb}`
    })
    return { outcome, asked, denied: 'access' in rest ? rest.access.resource : undefined }
  }

  it('takes two requests where rules allow everything, of which one is for those who know no rules', async () => {
    expect(await ask()).toEqual({
      outcome: 'allowed',
      asked: ['selfsubjectrulesreviews cluster1', 'selfsubjectaccessreviews update'],
      denied: undefined,
    })
    allowed = false
    expect(await ask()).toMatchObject({ outcome: 'denied', denied: 'manifestworks' })
  })

  it('is for each thing that rules do not tell', async () => {
    const csrs = {
      verbs: ['get', 'list'],
      apiGroups: ['certificates.k8s.io'],
      resources: ['certificatesigningrequests'],
    }
    rules = [
      csrs,
      { ...EVERYTHING, apiGroups: ['cluster.open-cluster-management.io'], resourceNames: ['cluster2'] },
    ]
    expect((await ask()).asked).toHaveLength(1 + 24 - 2)
    allowed = false
    expect(await ask()).toMatchObject({ outcome: 'denied', denied: 'certificatesigningrequests' })
  })

  it('is for everything where no rules are told', async () => {
    rules = undefined
    expect(await ask()).toMatchObject({ outcome: 'allowed', asked: { length: 1 + 24 } })
  })

  it.each([
    ['a resource of it', { resources: ['leases', 'managedclusters/*'] }, false],
    ['another verb', { verbs: ['get'] }, false],
    ['all subresources of that name', { resources: ['*/clientcertificates'] }, true],
    ['the name of another', { resourceNames: ['one'] }, false],
  ])('takes a rule with %s as RBAC does', async (_, rule, isEnough) => {
    const accesses = hubAccess('cluster1').filter(({ verb }) => verb === 'renew')
    rules = [{ ...EVERYTHING, ...rule }]
    const client = hub.client()
    expect(await unlistedAccess(client, accesses, 'default')).toHaveLength(isEnough ? 0 : 1)
    await client.stop()
  })
})
