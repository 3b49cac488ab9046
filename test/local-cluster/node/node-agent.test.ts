import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Lease } from '../../../src/apis/coordination/v1.ts'
import type { Node } from '../../../src/apis/core/v1.ts'
import { silentLogger } from '../../../src/common/log.ts'
import { KubeClient, LEASES } from '../../../src/kube/index.ts'
import { NodeAgent, thisMachine } from '../../../src/local-cluster/node/index.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const NODES = { group: '', version: 'v1', plural: 'nodes', namespaced: false }
const key = { name: 'n1' }

let server: TestControlPlane
let client: KubeClient
let clock: ManualClock
let agents: NodeAgent[]

beforeEach(async () => {
  server = await TestControlPlane.start()
  const { url, tls } = server
  client = new KubeClient({ readAccess: async () => ({ server: url, tls }) }, { qps: -1 })
  clock = new ManualClock()
  agents = []
})

afterEach(async () => {
  for (const agent of agents) await agent.stop()
  await client.stop()
  await server.close()
})

const startAgent = async (): Promise<NodeAgent> => {
  const options = {
    name: 'n1',
    hostIP: '127.0.0.1',
    podRange: '127.64.1.0/24',
    kubeletVersion: 'v1.36.0',
    runtimeVersion: 'process://1',
    machine: await thisMachine(),
  }
  const agent = new NodeAgent({ client, clock, log: silentLogger }, options)
  agents.push(agent)
  await agent.start()
  return agent
}
const node = () => client.resource<Node>(NODES).get(key)
const lease = () => client.resource<Lease>(LEASES).get({ namespace: 'kube-node-lease', ...key })
const condition = ({ status }: Node, wanted: string) =>
  status?.conditions?.find(({ type }) => type === wanted)
/** Moves time by one heartbeat, and waits until that has been sent. */
const beat = async () => {
  await clock.asleep()
  clock.advance(10_000)
  await clock.asleep()
}

describe('the agent of a node', () => {
  it('registers it, as kubelet does', async () => {
    await startAgent()
    const { metadata, spec, status } = await node()
    expect(metadata.labels).toMatchObject({
      'kubernetes.io/hostname': 'n1',
      'kubernetes.io/os': process.platform,
    })
    expect(spec?.podCIDR).toBe('127.64.1.0/24')
    expect(status).toMatchObject({
      capacity: {
        pods: '110',
        memory: expect.stringMatching(/^\d+Ki$/),
        cpu: expect.stringMatching(/^\d+$/),
      },
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: 'n1' },
      ],
      nodeInfo: { kubeletVersion: 'v1.36.0', containerRuntimeVersion: 'process://1' },
    })
    expect(condition(await node(), 'Ready')).toMatchObject({ status: 'True', reason: 'KubeletReady' })
    expect(await lease()).toMatchObject({
      metadata: { ownerReferences: [{ kind: 'Node', uid: metadata.uid }] },
      spec: { holderIdentity: 'n1', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.000000Z' },
    })
  })

  it('renews the lease with each heartbeat, and the status only now and then', async () => {
    await startAgent()
    const { resourceVersion } = (await node()).metadata
    await beat()
    expect((await lease()).spec?.renewTime).toBe('2026-01-01T00:00:10.000000Z')
    expect((await node()).metadata.resourceVersion).toBe(resourceVersion)
    clock.advance(300_000)
    await clock.asleep()
    expect(condition(await node(), 'Ready')).toMatchObject({
      lastHeartbeatTime: '2026-01-01T00:05:10Z',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    })
  })

  it('says that it is not ready when it is stopped, and is ready when it is started again', async () => {
    const agent = await startAgent()
    clock.advance(1000)
    await agent.stop()
    expect(condition(await node(), 'Ready')).toMatchObject({
      status: 'False',
      reason: 'KubeletNotReady',
      lastTransitionTime: '2026-01-01T00:00:01Z',
    })
    const { uid } = (await node()).metadata
    await startAgent()
    expect((await node()).metadata.uid).toBe(uid)
    expect(condition(await node(), 'Ready')).toMatchObject({ status: 'True' })
  })

  it('leaves what others say of the node', async () => {
    await startAgent()
    const body = { metadata: { labels: { zone: 'a' } }, spec: { unschedulable: true } }
    await client.resource<Node>(NODES).patch(key, { type: 'merge', body })
    const status = { conditions: [{ type: 'Other', status: 'True' }] }
    await client.resource<Node>(NODES).patchStatus(key, { type: 'strategic', body: { status } })
    await agents[0]?.stop()
    await startAgent()
    const after = await node()
    expect(after).toMatchObject({ metadata: { labels: { zone: 'a' } }, spec: { unschedulable: true } })
    expect(condition(after, 'Other')).toMatchObject({ status: 'True' })
  })

  it('comes back when somebody has deleted it', async () => {
    await startAgent()
    const { uid } = (await node()).metadata
    await client.resource<Node>(NODES).delete(key)
    clock.advance(300_000)
    await clock.asleep() // it has been found missing
    await beat()
    expect((await node()).metadata.uid).not.toBe(uid)
  })
})
