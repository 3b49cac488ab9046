import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Klusterlet, KlusterletSpec } from '../../../src/apis/operator/v1.ts'
import type { KubeClient, ObjectReader } from '../../../src/kube/index.ts'
import { CrdApplier } from '../../../src/operator/apply/crd-applier.ts'
import { ManifestApplier } from '../../../src/operator/apply/manifest-applier.ts'
import { leaveOldNamespaces } from '../../../src/operator/klusterlet/agent-namespaces.ts'
import { KlusterletCleanup } from '../../../src/operator/klusterlet/klusterlet-cleanup.ts'
import type { ManagedCluster } from '../../../src/operator/klusterlet/managed-cluster.ts'
import { FakeApiServer } from '../../kube/fake-apiserver.ts'

const NAMESPACE = 'open-cluster-management-agent'
const ADDONS = `${NAMESPACE}-addon`
const OPTIONS = { disableAddonNamespace: false }
const signal = new AbortController().signal

let api: FakeApiServer
let client: KubeClient
let managed: ManagedCluster

beforeEach(async () => {
  api = await FakeApiServer.start()
  client = api.client()
  const applier = new ManifestApplier({ client }, { fieldManager: 'test' })
  const crds = new CrdApplier({ applier, client }, { version: '1.0.0' })
  const labels = { 'operator.open-cluster-management.io/klusterlet': 'one' }
  const namespaces = () => api.all('/api/v1/namespaces') as never[]
  managed = { client, applier, crds, namespaces }
  api.put('/api/v1/namespaces', { metadata: { name: NAMESPACE, labels } })
  api.put('/api/v1/namespaces', { metadata: { name: ADDONS } })
  api.put('/api/v1/secrets', { metadata: { namespace: NAMESPACE, name: 'hub-kubeconfig-secret' } })
})

afterEach(async () => {
  await client.stop()
  await api.stop()
})

const klusterlet = (name: string, spec: KlusterletSpec = {}, metadata: object = {}): Klusterlet => ({
  metadata: { name, uid: name, ...metadata },
  spec,
})
const one = klusterlet('one')
const going = klusterlet('two', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' })
const hosted = klusterlet('two', { deployOption: { mode: 'Hosted' } })
const elsewhere = klusterlet('two', { namespace: 'open-cluster-management-two' })

const namespaces = () => api.all('/api/v1/namespaces').map(({ metadata }) => metadata.name)
const secrets = () => api.all('/api/v1/secrets').map(({ metadata }) => metadata.name)

describe('a Klusterlet that is deleted', () => {
  const clean = (...all: Klusterlet[]) => {
    const klusterlets = { list: () => all } as unknown as ObjectReader<Klusterlet>
    return new KlusterletCleanup({ client, klusterlets }, OPTIONS).clean(one, managed, signal)
  }

  it('leaves the namespace and what agents keep there to another one that uses it', async () => {
    await clean(one, klusterlet('two'))
    expect(namespaces()).toEqual([NAMESPACE, ADDONS])
    expect(secrets()).toEqual(['hub-kubeconfig-secret'])
    expect(api.seen).toContain(`DELETE /api/v1/namespaces/${NAMESPACE}/serviceaccounts/one-work-sa`)
  })

  it.each([
    ['is being deleted, too,', going],
    ['is hosted', hosted],
    ['has another', elsewhere],
  ])('takes it along where the other one %s', async (_, other) => {
    await clean(one, other)
    expect(namespaces()).not.toContain(NAMESPACE)
    expect(secrets()).toEqual([])
  })
})

describe('a Klusterlet that has moved to another namespace', () => {
  const moved = klusterlet('one', { namespace: 'open-cluster-management-new' })
  const leave = (...all: Klusterlet[]) => leaveOldNamespaces(moved, all, managed, false, signal)

  it('leaves the old one to another one that uses it', async () => {
    await leave(moved, klusterlet('two'))
    expect(namespaces()).toEqual([NAMESPACE, ADDONS])
  })

  it('removes the old one where nobody else uses it', async () => {
    await leave(moved, elsewhere)
    expect(namespaces()).toEqual([ADDONS])
  })
})
