import { afterEach, describe, expect, it } from 'vitest'
import { MANAGED_CLUSTER_ADD_ONS } from '../../../src/apis/addon/v1alpha1.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  LEASES,
  NAMESPACES,
  ROLE_BINDINGS,
} from '../../../src/apis/resources.ts'
import { MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import { untilStill } from '../../support/until.ts'
import { lossyTransport } from '../kube/lossy-transport.ts'
import { conditionText, HubBench } from './hub-bench.ts'

const OF_CLUSTERS = { labelSelector: 'open-cluster-management.io/cluster-name' }
const CLUSTER = { name: 'c' }

let hub: HubBench

afterEach(() => hub.close())

const untilAccepted = (is: boolean) =>
  hub.untilOne(
    MANAGED_CLUSTERS,
    CLUSTER,
    (each) =>
      conditionText(each, 'HubAcceptedManagedCluster')?.startsWith(
        is ? 'True HubClusterAdminAccepted' : 'False HubClusterAdminDenied',
      ) ?? false,
  )
const accept = (hubAcceptsClient: boolean) =>
  hub.merge(MANAGED_CLUSTERS, CLUSTER, { spec: { hubAcceptsClient } })
const bindings = (count: number) => hub.until(ROLE_BINDINGS, OF_CLUSTERS, ({ size }) => size === count)

describe.each(['answer', 'request'] as const)('a hub that loses the %s of every other write', (lost) => {
  it('accepts, denies and lets go of a cluster as any other, and leaves nothing behind', async () => {
    hub = await HubBench.start({ transport: (tls) => lossyTransport(tls, lost) })
    await hub.create(MANAGED_CLUSTERS, { metadata: CLUSTER, spec: { hubAcceptsClient: true } })
    const { metadata } = await untilAccepted(true)
    expect(metadata.finalizers).toHaveLength(2)
    await hub.untilOne(LEASES, { namespace: 'c', name: 'managed-cluster-lease' }, () => true)
    await bindings(2)
    await accept(false)
    await untilAccepted(false)
    await accept(true)
    await untilAccepted(true)
    await bindings(2)
    const inCluster = { namespace: 'c', name: 'a' }
    await hub.create(MANAGED_CLUSTER_ADD_ONS, { metadata: inCluster, spec: {} })
    const manifests = [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', namespace: 'm' } }]
    await hub.create(MANIFEST_WORKS, { metadata: inCluster, spec: { workload: { manifests } } })
    await hub.resource(MANAGED_CLUSTERS).delete(CLUSTER)
    await hub.untilGone(MANAGED_CLUSTERS, CLUSTER)
    for (const kind of [CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS])
      await hub.until(kind, OF_CLUSTERS, ({ size }) => size === 0)
    await hub.resource(NAMESPACES).delete({ name: 'c' })
    await hub.untilGone(NAMESPACES, { name: 'c' })
    await untilStill(() => hub.requests)
  })
})
