import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigMap } from '../../../src/apis/core/v1.ts'
import { KubeClient } from '../../../src/kube/index.ts'
import { ConfigObjects } from '../../../src/local-cluster/volumes/index.ts'
import { eventually } from '../../support/eventually.ts'
import { ClusterClient, CONFIG_MAPS } from '../cluster-client.ts'

let cluster: ClusterClient
let client: KubeClient
let watches: number

beforeAll(async () => {
  cluster = await ClusterClient.start()
  const metadata = { namespace: 'default', name: 'settings' }
  await cluster.create<ConfigMap>(CONFIG_MAPS, { metadata, data: { a: '1' } })
  client = new KubeClient({ readAccess: async () => cluster.access }, { qps: -1 })
  const watch = client.watch.bind(client)
  client.watch = (request) => {
    watches += 1
    return watch(request)
  }
})

afterAll(async () => {
  await client.stop()
  await cluster.close()
})

let objects: ConfigObjects
afterEach(() => objects.stop())

const value = async () => (await objects.configMap('default', 'settings'))?.data?.a

describe('ConfigObjects', () => {
  it('reads what nobody follows, without a watch', async () => {
    watches = 0
    objects = new ConfigObjects({ client })
    expect(await value()).toBe('1')
    expect(await objects.secret('default', 'settings')).toBeUndefined()
    await cluster.merge(CONFIG_MAPS, 'settings', { data: { a: '2' } })
    expect(await value()).toBe('2')
    expect(watches).toBe(0)
  })

  it('has one watch of an object for all who follow it, until the last of them goes', async () => {
    watches = 0
    objects = new ConfigObjects({ client })
    const told = [0, 0]
    const follow = (who: 0 | 1) =>
      objects.follow('configmap', 'default', 'settings', () => (told[who] = (told[who] ?? 0) + 1))
    const leaveFirst = follow(0)
    const leaveSecond = follow(1)
    await eventually(() => told).toEqual([1, 1])
    await cluster.merge(CONFIG_MAPS, 'settings', { data: { a: '3' } })
    await eventually(() => told).toEqual([2, 2])
    expect(await value()).toBe('3')
    leaveFirst()
    leaveFirst()
    await cluster.merge(CONFIG_MAPS, 'settings', { data: { a: '4' } })
    await eventually(() => told).toEqual([2, 3])
    expect(watches).toBe(1)
    leaveSecond()
    await cluster.merge(CONFIG_MAPS, 'settings', { data: { a: '5' } })
    expect(await value()).toBe('5')
    follow(0)
    await eventually(() => told).toEqual([3, 3])
  })
})
