import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { BOOTSTRAP_USER, HubBench } from './hub-bench.ts'

const CLUSTER = '/apis/cluster.open-cluster-management.io/v1/managedclusters/c1'
const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests'

let bench: HubBench

beforeEach(async () => {
  bench = await HubBench.start()
  await bench.installHubCrds()
  await bench.run('init')
})

afterEach(() => bench.close())

const isAccepted = async () =>
  (await bench.controlPlane.admin.get(CLUSTER)).json.spec.hubAcceptsClient === true
const conditionsOf = async (csr: string) =>
  ((await bench.controlPlane.admin.get(`${CSRS}/${csr}`)).json.status.conditions ?? []) as object[]

describe('clusteradm accept', () => {
  it('approves the request of a cluster, and accepts it', async () => {
    await bench.createCluster('c1')
    await bench.createCsr('c1', 'c1-abcde', 'agent1')
    const { status, out } = await bench.run('accept --clusters c1')
    expect(status).toBe(0)
    expect(out).toBe(
      [
        'Starting approve csrs for the cluster c1',
        'CSR c1-abcde approved',
        'set hubAcceptsClient to true for managed cluster c1',
        '',
        ' Your managed cluster c1 has joined the Hub successfully. Visit https://open-cluster-management.io/scenarios or https://github.com/open-cluster-management-io/OCM/tree/main/solutions for next steps.',
        '',
      ].join('\n'),
    )
    expect(bench.proxy.writes).toEqual([`PUT ${CSRS}/c1-abcde/approval`, `PATCH ${CLUSTER}`])
    expect(await isAccepted()).toBe(true)
    expect(await conditionsOf('c1-abcde')).toMatchObject([
      {
        type: 'Approved',
        status: 'True',
        reason: 'clusteradm Approve',
        message: 'This CSR was approved by clusteradm certificate approve.',
      },
    ])
  })

  it('is content with a cluster that it has accepted already', async () => {
    await bench.createCluster('c1')
    await bench.createCsr('c1', 'c1-abcde', 'agent1')
    await bench.run('accept -c c1')
    const { status, out } = await bench.run('accept -c c1')
    expect(status).toBe(0)
    expect(out).toContain(
      'CSR c1-abcde already approved\nhubAcceptsClient already set for managed cluster c1\n',
    )
    expect(bench.proxy.writes).toEqual([])
  })

  it('is content with a cluster that has joined, whose requests are gone', async () => {
    await bench.createCluster('c1', { hubAcceptsClient: true })
    const condition = {
      type: 'ManagedClusterJoined',
      status: 'True',
      reason: 'r',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }
    await bench.setStatus(CLUSTER, { conditions: [condition] })
    expect((await bench.run('accept --clusters c1')).status).toBe(0)
  })

  it('accepts a cluster that has not asked yet, and says that it has not', async () => {
    await bench.createCluster('c1')
    const { status, out, err } = await bench.run('accept --clusters c1')
    expect(status).toBe(1)
    expect(out).toBe('set hubAcceptsClient to true for managed cluster c1\n')
    expect(err).toContain('Error: no csr is approved yet for cluster c1: its agent has not asked')
    expect(await isAccepted()).toBe(true)
  })

  it('says that there is no such cluster, in the words of the original', async () => {
    expect((await bench.run('accept --clusters c1')).err).toBe(
      'Error: [fail to get managedcluster c1: managedclusters.cluster.open-cluster-management.io "c1" not found, no csr is approved yet for cluster c1]\n',
    )
  })

  it('leaves the choice between agents that claim the same cluster to the user', async () => {
    await bench.createCluster('c1')
    await bench.createCsr('c1', 'c1-one', 'agent1')
    await bench.createCsr('c1', 'c1-two', 'agent2')
    const { status, err } = await bench.run('accept --clusters c1')
    expect(status).toBe(1)
    expect(err).toContain(
      'There are CSRs of different requesters: system:open-cluster-management:c1:agent1,system:open-cluster-management:c1:agent2,',
    )
    expect(err).toMatch(
      /\n {2}c1-one: pending, made \S+, by \S+:agent1\n {2}c1-two: pending, made \S+, by \S+:agent2\n.*clusteradm accept --clusters c1 --requesters system:open-cluster-management:c1:agent2\n$/,
    )
    expect(bench.proxy.writes).toEqual([])

    const chosen = await bench.run(
      'accept --clusters c1 --requesters system:open-cluster-management:c1:agent2',
    )
    expect(chosen.status).toBe(0)
    expect(chosen.out).toContain(
      'CSR c1-one with requester system:open-cluster-management:c1:agent1 is not in the approve list\n',
    )
    expect(await conditionsOf('c1-one')).toEqual([])
    expect(await conditionsOf('c1-two')).toMatchObject([{ type: 'Approved' }])
  })

  it('approves several requests of one agent', async () => {
    await bench.createCluster('c1')
    await bench.createCsr('c1', 'c1-one', 'agent1')
    await bench.createCsr('c1', 'c1-two', 'agent1')
    expect((await bench.run('accept --clusters c1')).out).toContain(
      'CSR c1-one approved\nCSR c1-two approved\n',
    )
  })

  it('approves nothing of strangers, unless it is told to', async () => {
    await bench.createCluster('c1')
    await bench.createCsr('c1', 'c1-evil', 'agent1', 'mallory')
    const { status, err } = await bench.run('accept --clusters c1')
    expect(status).toBe(1)
    expect(err).toContain('its CSR c1-evil was made by mallory, which is no bootstrap identity of this hub')
    expect(await conditionsOf('c1-evil')).toEqual([])
    expect((await bench.run('accept --clusters c1 --skip-approve-check')).status).toBe(0)
    expect(await conditionsOf('c1-evil')).toMatchObject([{ type: 'Approved' }])
  })

  it('approves nothing but the identity of an agent, whoever asks', async () => {
    await bench.createCluster('c1')
    await bench.createCsr('c1', 'c1-evil', 'agent1:of-something-else')
    const { status, err } = await bench.run('accept --clusters c1')
    expect(status).toBe(1)
    expect(err).toContain(
      'csr c1-evil is not valid: it asks to be "system:open-cluster-management:c1:agent1:of-',
    )
    expect(err).toContain('none of its CSRs asks for the identity of an agent of the cluster')
    expect(await conditionsOf('c1-evil')).toEqual([])
  })

  it('approves nothing that another signer would make something else of', async () => {
    await bench.createCluster('c1')
    await bench.createCsr('c1', 'c1-evil', 'agent1', BOOTSTRAP_USER, 'example.com/signer')
    const { status, err } = await bench.run('accept --clusters c1')
    expect(status).toBe(1)
    expect(err).toContain('csr c1-evil is not valid: it is for the signer "example.com/signer"')
    expect(await conditionsOf('c1-evil')).toEqual([])
  })

  it('accepts the others, whatever is wrong with one', async () => {
    await bench.createCluster('c2')
    await bench.createCsr('c2', 'c2-abcde', 'agent1')
    for (const flags of ['', ' --wait --timeout 1']) {
      const { status, out, err } = await bench.run(`accept --clusters c1,c2${flags}`)
      expect(status).toBe(1)
      expect(out).toContain('Your managed cluster c2 has joined the Hub successfully.')
      expect(err).toMatch(/Error: .*c1.*no/)
    }
  })

  it('waits for no certificate of a cluster whose agent has an identity of the cloud', async () => {
    const annotations = { 'agent.open-cluster-management.io/managed-cluster-arn': 'arn' }
    await bench.createCluster('c1', {}, annotations)
    expect((await bench.run('accept --clusters c1 --wait --timeout 5')).status).toBe(0)
    expect(await isAccepted()).toBe(true)
  })

  it('does not take requests of strangers for those that it waits for', async () => {
    await bench.createCluster('c1')
    await bench.createCsr('c1', 'c1-evil', 'agent1', 'mallory')
    const { status, err } = await bench.run('accept --clusters c1 --wait --timeout 1')
    expect(status).toBe(1)
    expect(err).toContain('waiting for cluster c1 to ask to join: no CSR to approve for cluster c1')
  })

  it('changes nothing in a dry run', async () => {
    await bench.createCluster('c1')
    await bench.createCsr('c1', 'c1-abcde', 'agent1')
    const { status, out } = await bench.run('accept --clusters c1 --dry-run')
    expect(status).toBe(0)
    expect(out).toContain(
      'CSR c1-abcde would be approved\nhubAcceptsClient would be set for managed cluster c1\n',
    )
    expect(bench.proxy.writes).toEqual([])
  })

  it('waits for a cluster to ask, also over watches that break', async () => {
    const running = bench.run('accept --clusters c1 --wait')
    const watching = (path: string) =>
      eventually(() =>
        bench.proxy.calls.some((call) => call.query.watch === 'true' && call.path === path),
      ).toBe(true)
    await watching('/apis/cluster.open-cluster-management.io/v1/managedclusters')
    bench.proxy.breakWatches()
    await bench.createCluster('c1')
    await watching(CSRS)
    await bench.createCsr('c1', 'c1-abcde', 'agent1')
    const { status, err } = await running
    expect(status).toBe(0)
    expect(err).toContain('there is no ManagedCluster c1 yet')
    expect(await isAccepted()).toBe(true)
  })

  it('says what it waited for in vain', async () => {
    const { status, err } = await bench.run('accept --clusters c1 --wait --timeout 1')
    expect(status).toBe(1)
    expect(err).toMatch(
      /Error: timed out after 1s waiting for cluster c1 to ask to join: there is no ManagedCluster c1 yet/,
    )
  })
})
