import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AddOnHub } from './hub.ts'

const HOSTING = 'addon.open-cluster-management.io/hosting-cluster-name'
const LIFECYCLE = 'addon.open-cluster-management.io/lifecycle'

describe('installation of add-ons', () => {
  let hub: AddOnHub
  let count = 0
  /** Of the add-on, and of the namespace of its Placements. */
  let name = ''

  beforeAll(async () => {
    hub = await AddOnHub.start()
    for (const cluster of ['c1', 'c2', 'c3']) await hub.cluster(cluster)
  })

  afterAll(() => hub.close())

  beforeEach(async () => {
    name = `a${++count}`
    await hub.namespace(name)
  })

  const byPlacements = (...names: string[]) => ({
    installStrategy: {
      type: 'Placements',
      placements: names.map((placement) => ({ namespace: name, name: placement })),
    },
  })

  it('follows the decisions of Placements', async () => {
    await hub.placement(name, 'one', 'c1', 'c2')
    const management = await hub.management(name, byPlacements('one'))
    await hub.installed(name, 'c1', 'c2')
    expect((await hub.addOns(name)).get('c1').metadata.ownerReferences).toEqual([
      {
        apiVersion: 'addon.open-cluster-management.io/v1beta1',
        kind: 'ClusterManagementAddOn',
        name,
        uid: management.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ])

    await hub.decide(name, 'one', 'c2', 'c3')
    await hub.installed(name, 'c2', 'c3')

    const { uid } = (await hub.addOns(name)).get('c3').metadata
    await hub.delete(hub.addOnPath('c3', name))
    await hub.seen(
      hub.addOnPath('c3', name),
      'it is there again',
      ({ metadata }) => metadata?.uid && metadata.uid !== uid,
    )

    await hub.delete(`/apis/cluster.open-cluster-management.io/v1beta1/namespaces/${name}/placements/one`)
    await hub.installed(name)
  })

  it('is for people unless a strategy says otherwise, and for the add-on itself if it says so', async () => {
    await hub.placement(name, 'one', 'c1')
    await hub.management(name, { installStrategy: { type: 'Manual' } })
    const self = `${name}-self`
    await hub.management(self, byPlacements('one'), { [LIFECYCLE]: 'self' })
    await hub.addOn('c2', name)
    await hub.addOn('c2', self)
    const other = `${name}-other`
    await hub.management(other, byPlacements('one'))
    await hub.installed(other, 'c1') // the decision has been seen
    await hub.installed(name, 'c2')
    await hub.installed(self, 'c2')

    await hub.patch(hub.managementPath(name), { spec: byPlacements('one') })
    await hub.installed(name, 'c1')
    await hub.patch(hub.managementPath(self), { metadata: { annotations: { [LIFECYCLE]: 'addon-manager' } } })
    await hub.installed(self, 'c1')
  })

  it('begins when the cluster, or the Placement, comes last', async () => {
    await hub.management(name, byPlacements('one'))
    await hub.placement(name, 'one', 'c1', `${name}-new`)
    await hub.installed(name, 'c1')
    await hub.cluster(`${name}-new`)
    await hub.installed(name, `${name}-new`, 'c1')
  })

  it('makes add-ons of people go with what they are of', async () => {
    await hub.addOn('c1', name)
    const management = await hub.management(name, {})
    await hub.seen(hub.addOnPath('c1', name), 'it is owned', ({ metadata }) =>
      metadata.ownerReferences?.some(({ uid }: { uid: string }) => uid === management.metadata.uid),
    )
    await hub.delete(hub.managementPath(name))
    const again = await hub.management(name, {})
    const { metadata } = await hub.seen(hub.addOnPath('c1', name), 'the new one owns it', (addOn) =>
      addOn.metadata.ownerReferences?.some(({ uid }: { uid: string }) => uid === again.metadata.uid),
    )
    expect(metadata.ownerReferences).toHaveLength(1)
  })

  it('tells add-ons what their cluster says to them', async () => {
    const cluster = `${name}-c`
    await hub.cluster(cluster, { [HOSTING]: 'host', unrelated: 'x' })
    await hub.placement(name, 'one', cluster)
    await hub.management(name, byPlacements('one'))
    await hub.installed(name, cluster)
    const path = hub.addOnPath(cluster, name)
    const { json } = await hub.server.admin.get(path)
    expect(json.metadata.annotations).toEqual({ [HOSTING]: 'host' })

    await hub.management(`${name}-manual`, {})
    await hub.addOn(cluster, `${name}-manual`)
    await hub.annotate(cluster, { [HOSTING]: 'other' })
    await hub.seen(path, 'it has another host', ({ metadata }) => metadata.annotations?.[HOSTING] === 'other')
    await hub.annotate(cluster, { [HOSTING]: null })
    await hub.seen(path, 'it has no host', ({ metadata }) => !metadata.annotations)
    const manual = await hub.server.admin.get(hub.addOnPath(cluster, `${name}-manual`))
    expect(manual.json.metadata).not.toHaveProperty('annotations')
  })
})
