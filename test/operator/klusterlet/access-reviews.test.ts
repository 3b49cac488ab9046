import { describe, expect, it } from 'vitest'
import {
  bootstrapAccess,
  describeAccess,
  hubAccess,
} from '../../../src/operator/klusterlet/access-reviews.ts'

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
