import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLUSTER_SET_LABEL } from '../../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { CLUSTER_CLAIMS } from '../../../src/apis/cluster/v1alpha1.ts'
import { MANAGED_CLUSTER_SETS } from '../../../src/apis/cluster/v1beta2.ts'
import {
  CERTIFICATE_SIGNING_REQUESTS,
  LEASES,
  NAMESPACES,
  NODES,
  SECRETS,
} from '../../../src/apis/resources.ts'
import { CertificateAuthority, parseCertificateRequest } from '../../../src/pki/index.ts'
import { managedNamespaceLabel } from '../../../src/registration/agent/status/managed-namespaces.ts'
import { until } from '../../support/until.ts'
import { AGENT_NAMESPACE, AgentBench, isPendingOf } from './agent-bench.ts'
import { type AnyObject, conditionText } from './hub-bench.ts'

let bench: AgentBench

beforeAll(async () => {
  bench = await AgentBench.start()
})

afterAll(() => bench.close())

const HOUR_MS = 3_600_000

async function requestsOf(clusterName: string): Promise<AnyObject[]> {
  const { items } = await bench.hub.resource(CERTIFICATE_SIGNING_REQUESTS).listAll()
  return items.filter(({ metadata }) => metadata.name?.startsWith(`${clusterName}-`))
}

function serialIn(secret: Record<string, string>): string {
  return new X509Certificate(secret['tls.crt'] ?? '').serialNumber
}

describe('joining a hub', () => {
  const own = { hubSecret: 'first-hub', bootstrapSecret: 'first-bootstrap' }

  it('asks for what the hub approves, and becomes available when the cluster is accepted', async () => {
    const dir = path.join(bench.directory, 'first')
    await bench.startAgent({
      clusterName: 'first',
      hubKubeconfigDir: dir,
      clusterAnnotations: { 'agent.open-cluster-management.io/a': 'b', other: 'c' },
      externalServerUrls: ['https://first.example:6443'],
      ...own,
    })
    const cluster = await bench.untilCluster('first', () => true)
    expect(cluster.metadata.annotations).toEqual({ 'agent.open-cluster-management.io/a': 'b' })
    expect(cluster.spec.hubAcceptsClient).toBe(false)
    expect(cluster.spec.managedClusterClientConfigs).toEqual([
      {
        url: 'https://first.example:6443',
        caBundle: Buffer.from('ca of the managed cluster').toString('base64'),
      },
    ])
    await bench.accept('first')
    const available = await bench.untilAvailable('first')
    expect(conditionText(available, 'ManagedClusterJoined')).toBe(
      'True ManagedClusterJoined: Managed cluster joined',
    )
    expect(conditionText(available, 'ManagedClusterConditionAvailable')).toBe(
      'True ManagedClusterAvailable: Managed cluster is available',
    )
    const [request] = await requestsOf('first')
    expect(request?.metadata.labels).toEqual({ 'open-cluster-management.io/cluster-name': 'first' })
    expect(request?.spec).toMatchObject({
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['digital signature', 'key encipherment', 'client auth'],
    })
    const { subject } = await parseCertificateRequest(Buffer.from(request?.spec.request, 'base64').toString())
    expect(subject).toMatchObject({
      commonName: 'system:open-cluster-management:first:agent',
      organizations: [
        'system:open-cluster-management:first',
        'system:open-cluster-management:managed-clusters',
      ],
    })
    const secret = await bench.secret('first-hub')
    expect(Object.keys(secret).sort()).toEqual([
      'agent-name',
      'cluster-name',
      'kubeconfig',
      'tls.crt',
      'tls.key',
    ])
    for (const [key, text] of Object.entries(secret)) {
      const file = path.join(dir, key)
      expect(await readFile(file, 'utf8')).toBe(text)
      expect((await stat(file)).mode & 0o777).toBe(0o600)
    }
  })

  it('renews the Lease, and tells of nodes and claims', async () => {
    await bench.hub.untilOne(LEASES, { namespace: 'first', name: 'managed-cluster-lease' }, ({ spec }) =>
      Boolean(spec.renewTime),
    )
    await bench.onSpoke(NODES).create({ metadata: { name: 'one' } } as AnyObject)
    await bench.onSpoke(NODES).patchStatus(
      { name: 'one' },
      {
        type: 'merge',
        body: { status: { capacity: { cpu: '4' }, allocatable: { cpu: '3500m' } } },
      },
    )
    await bench.onSpoke(CLUSTER_CLAIMS).create({
      kind: 'ClusterClaim',
      metadata: { name: 'id.k8s.io' },
      spec: { value: 'the-id' },
    } as unknown as AnyObject)
    const cluster = await bench.untilCluster(
      'first',
      ({ status }) => status.capacity?.cpu === '4' && status.clusterClaims?.length === 1,
    )
    expect(cluster.status.allocatable.cpu).toBe('3500m')
    expect(cluster.status.version.kubernetes).toMatch(/^v1\./)
    expect(cluster.status.clusterClaims).toEqual([{ name: 'id.k8s.io', value: 'the-id' }])
  })

  it('makes the namespaces of its sets, and keeps them when they are dropped', async () => {
    const spec = { managedNamespaces: [{ name: 'team' }] }
    await bench.hub.create(MANAGED_CLUSTER_SETS, { metadata: { name: 'teams' }, spec })
    const labels = { [CLUSTER_SET_LABEL]: 'teams' }
    await bench.hub.merge(MANAGED_CLUSTERS, { name: 'first' }, { metadata: { labels } })
    const cluster = await bench.untilCluster(
      'first',
      ({ status }) => status.managedNamespaces?.[0]?.conditions?.[0] !== undefined,
    )
    expect(cluster.status.managedNamespaces[0]).toMatchObject({
      name: 'team',
      clusterSet: 'teams',
      conditions: [{ type: 'NamespaceAvailable', status: 'True', reason: 'NamespaceApplied' }],
    })
    const label = managedNamespaceLabel(bench.hub.server.url.origin)
    const labelled = async () =>
      (await bench.onSpoke(NAMESPACES).get({ name: 'team' })).metadata.labels?.[label]
    expect(await labelled()).toBe('true')
    await bench.hub.merge(MANAGED_CLUSTER_SETS, { name: 'teams' }, { spec: { managedNamespaces: [] } })
    await until(async () => (await labelled()) === 'false', 'it is dropped')
  })

  it('replaces credentials that were deleted, without those of the bootstrap', async () => {
    await bench.onSpoke(SECRETS).delete({ namespace: AGENT_NAMESPACE, name: 'first-hub' })
    const cluster = await bench.untilCluster(
      'first',
      (each) => conditionText(each, 'ClusterCertificateRotated') !== undefined,
    )
    expect(conditionText(cluster, 'ClusterCertificateRotated')).toMatch(
      /^True ClientCertificateUpdated: client certificate rotated starting from .* UTC to .* UTC$/,
    )
    const users = (await requestsOf('first')).map(({ spec }) => spec.username).sort()
    expect(users).toEqual(['bootstrap', 'system:open-cluster-management:first:agent'])
    expect(Object.keys(await bench.secret('first-hub'))).toContain('tls.key')
  })
})

describe('an agent that begins with credentials', () => {
  it('renews a certificate that has little of its life left, with itself as who asks', async () => {
    const options = { hubSecret: 'renewed-hub' }
    const first = await bench.join('renewed', options)
    await first.stop()
    const { kubeconfig = '' } = await bench.secret('renewed-hub')
    const past = { now: () => Date.now() - HOUR_MS }
    // It begins when the authority does, five minutes ago.
    const old = await bench.certificate('renewed', 'agent', past, HOUR_MS + 60_000)
    await bench.writeSecret('renewed-hub', {
      kubeconfig,
      'tls.crt': old.certificatePem,
      'tls.key': old.privateKeyPem,
    })
    await bench.startAgent({ clusterName: 'renewed', ...options })
    const cluster = await bench.untilCluster(
      'renewed',
      (each) => conditionText(each, 'ClusterCertificateRotated')?.startsWith('True') ?? false,
    )
    expect(cluster.metadata.name).toBe('renewed')
    const users = (await requestsOf('renewed')).map(({ spec }) => spec.username).sort()
    expect(users).toEqual(['bootstrap', 'system:open-cluster-management:renewed:agent'])
  })

  it('asks with those of the bootstrap when its certificate has expired', async () => {
    const options = { hubSecret: 'expired-hub' }
    const first = await bench.join('expired', options)
    await first.stop()
    const past = { now: () => Date.now() - 2 * HOUR_MS }
    const old = await bench.certificate('expired', 'agent', past, HOUR_MS)
    await bench.writeSecret('expired-hub', { 'tls.crt': old.certificatePem, 'tls.key': old.privateKeyPem })
    await bench.startAgent({ clusterName: 'expired', ...options })
    await bench.accept('expired')
    await until(
      async () =>
        serialIn(await bench.secret('expired-hub')) !== new X509Certificate(old.certificatePem).serialNumber,
      'there is a new certificate',
    )
    expect((await requestsOf('expired')).map(({ spec }) => spec.username)).toEqual(['bootstrap', 'bootstrap'])
  })

  it('asks anew under another name, and goes on without asking under the same', async () => {
    const options = { hubSecret: 'named-hub' }
    const first = await bench.join('named', options)
    const before = serialIn(await bench.secret('named-hub'))
    await first.stop()
    const second = await bench.startAgent({ ...options, clusterName: '', agentName: '' })
    await until(() => second.agent.phase === 'registered', 'the agent is registered')
    expect(second.agent.names).toEqual({ clusterName: 'named', agentName: 'agent' })
    await second.stop()
    expect(serialIn(await bench.secret('named-hub'))).toBe(before)
    const keeping = { ...options, agentName: 'uid-of-klusterlet', keepsAgentName: true }
    const third = await bench.startAgent({ ...keeping, clusterName: 'named' })
    await until(() => third.agent.phase === 'registered', 'the agent is registered under the name of before')
    expect(third.agent.names.agentName).toBe('agent')
    await third.stop()
    expect(serialIn(await bench.secret('named-hub'))).toBe(before)
    await bench.startAgent({ ...options, clusterName: 'renamed' })
    await bench.accept('renamed')
    await bench.untilAvailable('renamed')
    expect((await bench.secret('named-hub'))['cluster-name']).toBe('renamed')
  })
})

describe('a bootstrap kubeconfig that changes', () => {
  it('begins anew where the name of the cluster in it is another', async () => {
    const options = { hubSecret: 'moved-hub', bootstrapSecret: 'moved-bootstrap' }
    await bench.writeBootstrapSecret(await bench.bootstrapKubeconfig(), 'moved-bootstrap')
    await bench.join('moved', options)
    const before = serialIn(await bench.secret('moved-hub'))
    await bench.writeBootstrapSecret(await bench.bootstrapKubeconfig({ name: 'rebuilt' }), 'moved-bootstrap')
    await bench.accept('moved')
    await until(
      async () => serialIn(await bench.secret('moved-hub')) !== before,
      'there is a new certificate',
    )
    expect((await bench.secret('moved-hub')).kubeconfig).toContain('name: rebuilt')
  })

  it('begins anew where the authority of the hub is another', async () => {
    const options = { hubSecret: 'resigned-hub', bootstrapSecret: 'resigned-bootstrap' }
    const stranger = await CertificateAuthority.create({ commonName: 'stranger' })
    await bench.writeBootstrapSecret(
      await bench.bootstrapKubeconfig({ caPem: stranger.certificatePem }),
      'resigned-bootstrap',
    )
    const { agent } = await bench.startAgent({ clusterName: 'resigned', ...options })
    await until(() => agent.phase === 'bootstrapping', 'it tries')
    await bench.writeBootstrapSecret(await bench.bootstrapKubeconfig(), 'resigned-bootstrap')
    await bench.accept('resigned')
    await bench.untilAvailable('resigned')
    const before = serialIn(await bench.secret('resigned-hub'))
    const caPem = (bench.hub.server.tls.ca ?? '') + stranger.certificatePem
    await bench.writeBootstrapSecret(await bench.bootstrapKubeconfig({ caPem }), 'resigned-bootstrap')
    await bench.accept('resigned')
    await until(
      async () => serialIn(await bench.secret('resigned-hub')) !== before,
      'there is a new certificate',
    )
  })

  it('begins as soon as it is there, and as soon as it is right', async () => {
    const options = {
      hubSecret: 'late-hub',
      bootstrapSecret: 'late-bootstrap',
      bootstrapKubeconfigs: ['/none'],
    }
    const { agent } = await bench.startAgent({ clusterName: 'late', ...options })
    await bench.writeBootstrapSecret('nonsense', 'late-bootstrap')
    expect(agent.phase).toBe('starting')
    await bench.writeBootstrapSecret(await bench.bootstrapKubeconfig(), 'late-bootstrap')
    await bench.accept('late')
    await bench.untilAvailable('late')
  })
})

describe('a cluster that is denied', () => {
  it('is not told of any more, and is joined when it is accepted after all', async () => {
    await bench.join('denied', { hubSecret: 'denied-hub' })
    const lease = { namespace: 'denied', name: 'managed-cluster-lease' }
    await bench.hub.merge(MANAGED_CLUSTERS, { name: 'denied' }, { spec: { hubAcceptsClient: false } })
    await bench.untilCluster('denied', (cluster) =>
      Boolean(conditionText(cluster, 'HubAcceptedManagedCluster')?.startsWith('False')),
    )
    const before = (await bench.hub.resource(LEASES).get(lease)).spec.renewTime
    await bench.hub.merge(MANAGED_CLUSTERS, { name: 'denied' }, { spec: { hubAcceptsClient: true } })
    await bench.hub.untilOne(LEASES, lease, ({ spec }) => spec.renewTime > before)
    await bench.untilAvailable('denied')
  })
})

describe('too many requests on the hub', () => {
  it('are not made more', async () => {
    const pending = await bench.startAgent({ clusterName: 'flooded', hubSecret: 'flooded-hub' })
    const requests = await bench.hub.until(CERTIFICATE_SIGNING_REQUESTS, {}, (all) =>
      [...all.values()].some((request) => isPendingOf(request, 'flooded')),
    )
    await pending.stop()
    const [one] = [...requests.values()].filter((request) => isPendingOf(request, 'flooded'))
    for (let count = 1; count < 10; count += 1) {
      const { name: _, resourceVersion: __, uid: ___, ...metadata } = one?.metadata ?? {}
      await bench.hub
        .resource(CERTIFICATE_SIGNING_REQUESTS)
        .create({ metadata: { ...metadata, generateName: 'flooded-' }, spec: one?.spec } as AnyObject)
    }
    const { agent, stop } = await bench.startAgent({ clusterName: 'flooded', hubSecret: 'flooded-hub' })
    await until(() => agent.phase === 'bootstrapping', 'the agent asks')
    // Another cluster's joining takes longer than a request would.
    await bench.join('beside', { hubSecret: 'beside-hub' })
    expect(await requestsOf('flooded')).toHaveLength(10)
    await stop()
  })
})
