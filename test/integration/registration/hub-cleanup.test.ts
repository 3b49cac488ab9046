import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HUB_ACCEPTED_CONDITION } from '../../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { CONFIG_MAPS } from '../../../src/apis/resources.ts'
import { MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import { JumpingClock } from '../../support/jumping-clock.ts'
import { type AnyObject, conditionsOf, conditionText, HubBench } from './hub-bench.ts'

const WORKS = 'work.open-cluster-management.io/v1/manifestworks'
const UNKNOWN = 'example.com/v1/unknowns'
const clock = new JumpingClock()
let hub: HubBench

beforeAll(async () => {
  hub = await HubBench.start({ clock, hub: { cleanupResources: [UNKNOWN, WORKS, '/v1/configmaps'] } })
})

afterAll(() => hub.close())

async function accepted(name: string): Promise<void> {
  await hub.create(MANAGED_CLUSTERS, { metadata: { name }, spec: { hubAcceptsClient: true } })
  await hub.untilOne(
    MANAGED_CLUSTERS,
    { name },
    (each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'True' && each.metadata.finalizers?.length === 2,
  )
}

const FINALIZERS = ['example.com/agent']
const addWork = (namespace: string, name: string, priority: string) =>
  hub.create(MANIFEST_WORKS, {
    metadata: {
      namespace,
      name,
      finalizers: FINALIZERS,
      annotations: { 'open-cluster-management.io/cleanup-priority': priority },
    },
    spec: {},
  })
const release = (definition: typeof MANIFEST_WORKS | typeof CONFIG_MAPS, namespace: string, name: string) =>
  hub.merge(definition, { namespace, name }, { metadata: { finalizers: null } })
const untilDeleted = (
  definition: typeof MANIFEST_WORKS | typeof CONFIG_MAPS,
  namespace: string,
  name: string,
) => hub.untilOne(definition, { namespace, name }, ({ metadata }) => metadata.deletionTimestamp !== undefined)
const untilDeleting = (name: string, text: RegExp) =>
  hub.untilOne(MANAGED_CLUSTERS, { name }, (each) => text.test(conditionText(each, 'Deleting') ?? ''))

describe('what goes with a cluster', () => {
  it('goes kind by kind, by priority, also what nobody watches', async () => {
    await accepted('c1')
    await addWork('c1', 'late', '100')
    await addWork('c1', 'early', '1')
    await hub
      .resource(CONFIG_MAPS)
      .create({ metadata: { namespace: 'c1', name: 'm', finalizers: FINALIZERS } } as AnyObject)
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'c1' })

    await untilDeleted(MANIFEST_WORKS, 'c1', 'early')
    const late = await hub.resource(MANIFEST_WORKS).get({ namespace: 'c1', name: 'late' })
    expect(late.metadata.deletionTimestamp).toBeUndefined()
    await untilDeleting(
      'c1',
      /manifestworks is remaning, the remaining count is 2, the finalizer pending count is 2$/,
    )
    await release(MANIFEST_WORKS, 'c1', 'early')
    await untilDeleted(MANIFEST_WORKS, 'c1', 'late')
    await release(MANIFEST_WORKS, 'c1', 'late')

    await untilDeleted(CONFIG_MAPS, 'c1', 'm')
    await untilDeleting('c1', /configmaps is remaning, the remaining count is 1/)
    await release(CONFIG_MAPS, 'c1', 'm')
    clock.advance(5_000) // nothing tells that it has gone
    await hub.untilGone(MANAGED_CLUSTERS, { name: 'c1' })
  })

  it('goes also when somebody has taken the finalizers off the cluster', async () => {
    await accepted('forced')
    await addWork('forced', 'w', '0')
    await hub.merge(MANAGED_CLUSTERS, { name: 'forced' }, { metadata: { finalizers: ['example.com/hold'] } })
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'forced' })
    await hub.merge(MANAGED_CLUSTERS, { name: 'forced' }, { metadata: { finalizers: null } })
    await untilDeleted(MANIFEST_WORKS, 'forced', 'w')
    await release(MANIFEST_WORKS, 'forced', 'w')
    await hub.untilGone(MANIFEST_WORKS, { namespace: 'forced', name: 'w' })
  })

  it('stays with the gate ResourceCleanup closed, which lets go of clusters that were there before', async () => {
    await accepted('gated')
    await hub.resource(CONFIG_MAPS).create({ metadata: { namespace: 'gated', name: 'm' } } as AnyObject)
    await hub.stopHub()
    hub.startHub({
      gates: {
        DefaultClusterSet: true,
        ResourceCleanup: false,
        V1beta1CSRAPICompatibility: false,
        ManagedClusterAutoApproval: false,
        ClusterProfile: false,
        ClusterImporter: false,
      },
    })
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'gated' })
    await hub.untilGone(MANAGED_CLUSTERS, { name: 'gated' })
    const map = await hub.resource(CONFIG_MAPS).get({ namespace: 'gated', name: 'm' })
    expect(map.metadata.deletionTimestamp).toBeUndefined()
  })
})
