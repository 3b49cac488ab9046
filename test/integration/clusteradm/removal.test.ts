import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { CONDITION, HubBench } from './hub-bench.ts'

const OPERATOR = '/apis/operator.open-cluster-management.io/v1'
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const OCM = 'namespaces/open-cluster-management'

let bench: HubBench

beforeEach(async () => {
  bench = await HubBench.start()
  await bench.installHubCrds()
})

afterEach(() => bench.close())

const deletions = () => bench.proxy.writes.map((write) => write.replace('DELETE ', ''))

async function createKlusterlet(name: string, clusterName: string, metadata: object = {}): Promise<void> {
  await bench.create(`${OPERATOR}/klusterlets`, {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name, ...metadata },
    spec: { clusterName, namespace: 'open-cluster-management-agent' },
  })
}

describe('clusteradm unjoin', () => {
  it('removes the klusterlet, then its namespace, then the operator', async () => {
    await createKlusterlet('klusterlet', 'c1')
    await bench.createNamespace('open-cluster-management-agent')
    const { status, out } = await bench.run('unjoin --cluster-name c1')
    expect(status).toBe(0)
    expect(out).toBe(
      'Remove applied resources in the managed cluster c1 ... \nApplied resources have been deleted during the c1 joined stage. The status of mcl c1 will be unknown in the hub cluster.\n',
    )
    expect(deletions()).toEqual([
      `${OPERATOR}/klusterlets/klusterlet`,
      '/api/v1/namespaces/open-cluster-management-agent',
      `/apis/apps/v1/${OCM}/deployments/klusterlet`,
      `${CRDS}/klusterlets.operator.open-cluster-management.io`,
      `${RBAC}/clusterroles/klusterlet`,
      `${RBAC}/clusterrolebindings/klusterlet`,
      `/api/v1/${OCM}/serviceaccounts/klusterlet`,
      `/apis/coordination.k8s.io/v1/${OCM}/leases/klusterlet-lock`,
    ])
    expect((await bench.controlPlane.admin.get(`${OPERATOR}/klusterlets`)).status).toBe(404)
    expect((await bench.run('unjoin --cluster-name c1')).out).toContain('klusterlet CRD not found')
  })

  it('waits for the operator to let go of the klusterlet, and says so in vain', async () => {
    await createKlusterlet('klusterlet', 'c1', { finalizers: ['operator.example/cleanup'] })
    const { status, err } = await bench.run('unjoin --cluster-name c1 --timeout 1')
    expect(status).toBe(1)
    expect(err).toContain(
      'waiting for klusterlet to be deleted: held by operator.example/cleanup; do the operator and the controllers of the cluster run?',
    )

    const running = bench.run('unjoin --cluster-name c1')
    await eventually(() => bench.proxy.openWatches).toBe(1)
    bench.proxy.breakWatches()
    await bench.controlPlane.admin.patch(`${OPERATOR}/klusterlets/klusterlet`, {
      metadata: { finalizers: null },
    })
    expect((await running).status).toBe(0)
  })

  it('leaves the operator to other klusterlets', async () => {
    await createKlusterlet('klusterlet', 'c1')
    await createKlusterlet('other', 'c2')
    const { out } = await bench.run('unjoin --cluster-name c1')
    expect(out).toContain('operator not purged: there are other klusterlet on cluster\n')
    expect(deletions()).not.toContain(`/apis/apps/v1/${OCM}/deployments/klusterlet`)
  })

  it('does nothing for a cluster that is not there, or that still has work', async () => {
    await createKlusterlet('klusterlet', 'c1')
    expect((await bench.run('unjoin --cluster-name c9')).out).toContain(
      'klusterlet corresponds to c9 not found\n',
    )
    await bench.installSpokeCrds()
    await bench.create('/apis/work.open-cluster-management.io/v1/appliedmanifestworks', {
      apiVersion: 'work.open-cluster-management.io/v1',
      kind: 'AppliedManifestWork',
      metadata: { name: 'w1' },
      spec: { hubHash: 'h', manifestWorkName: 'w1', agentID: 'a' },
    })
    const { status, out, err } = await bench.run('unjoin --cluster-name c1')
    expect(status).toBe(0)
    expect(out).toContain('appliedManifestWorks [w1] still exist on the managed cluster,')
    expect(err).toContain('"kubectl delete klusterlet klusterlet" removes the agents')
    expect(bench.proxy.writes).toEqual([])
  })

  it('removes nothing in a dry run', async () => {
    await createKlusterlet('klusterlet', 'c1')
    const { status, out } = await bench.run('unjoin --cluster-name c1 --dry-run')
    expect(status).toBe(0)
    expect(out).toContain('klusterlets klusterlet would be deleted\n')
    expect(bench.proxy.writes).toEqual([])
  })
})

describe('clusteradm clean', () => {
  it('takes back all that init has made', async () => {
    await bench.run('init --use-bootstrap-token')
    const { status, out } = await bench.run('clean')
    expect(status).toBe(0)
    expect(out).toBe('The multicluster hub control plane has been clean up successfully!\n')
    expect(deletions().slice(-7)).toEqual([
      `${OPERATOR}/clustermanagers/cluster-manager`,
      `/apis/apps/v1/${OCM}/deployments/cluster-manager`,
      `${CRDS}/clustermanagers.operator.open-cluster-management.io`,
      `${RBAC}/clusterroles/cluster-manager`,
      `${RBAC}/clusterrolebindings/cluster-manager`,
      `/api/v1/${OCM}/serviceaccounts/cluster-manager`,
      `/api/v1/${OCM}`,
    ])
    for (const kind of ['clusterroles', 'clusterrolebindings', 'namespaces/kube-public/roles']) {
      const { text } = await bench.controlPlane.admin.get(`${RBAC}/${kind}`)
      expect(text).not.toContain('open-cluster-management:bootstrap')
      expect(text).not.toContain('open-cluster-management:cluster-info')
    }
    const secrets = await bench.controlPlane.admin.get('/api/v1/namespaces/kube-system/secrets')
    expect(secrets.text).not.toContain('bootstrap-token-ocmhub')
    expect((await bench.run('clean')).err).toBe('Error: hub has not been initialized\n')
  })

  it('says which namespaces of clusters it leaves', async () => {
    await bench.run('init')
    await bench.installHubCrds()
    await bench.createCluster('c1')
    await bench.createCluster('c2')
    await bench.createNamespace('c2')
    const { status, err } = await bench.run('clean')
    expect(status).toBe(0)
    expect(err).toContain('The namespaces of the managed clusters stay;')
    expect(err).toContain(': kubectl delete namespace c2\n')
  })

  it('says what the operator says of what keeps the hub', async () => {
    await bench.run('init')
    await bench.controlPlane.admin.patch(`${OPERATOR}/clustermanagers/cluster-manager`, {
      metadata: { finalizers: ['a.example/held'] },
    })
    const status = {
      conditions: [{ ...CONDITION, type: 'Deleting', status: 'False', message: '2 works remain' }],
    }
    await bench.setStatus(`${OPERATOR}/clustermanagers/cluster-manager`, status)
    expect((await bench.run('clean --timeout 1')).err).toContain(
      'waiting for cluster manager to be deleted: 2 works remain;',
    )
  })

  it('does nothing while clusters are available, and nothing in a dry run', async () => {
    await bench.run('init')
    const dry = await bench.run('clean --dry-run')
    expect(dry.out).toContain('clustermanagers cluster-manager would be deleted\n')
    expect(bench.proxy.writes).toEqual([])
    await bench.createCluster('c1')
    const available = {
      type: 'ManagedClusterConditionAvailable',
      status: 'True',
      reason: 'r',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }
    const path = '/apis/cluster.open-cluster-management.io/v1/managedclusters/c1'
    await bench.setStatus(path, { conditions: [available] })
    const { status, out } = await bench.run('clean')
    expect(status).toBe(0)
    expect(out).toBe('Please detach all managed clusters from the hub control plane\n')
    expect(bench.proxy.writes).toEqual([])
  })
})

describe('clusteradm delete token', () => {
  it('takes back what clusters join with', async () => {
    await bench.run('init --use-bootstrap-token')
    expect(await bench.run('delete token')).toEqual({ status: 0, out: '', err: '' })
    expect((await bench.run('get token --use-bootstrap-token')).err).toContain(
      'secrets "bootstrap-token-*" not found',
    )
    expect((await bench.run('get token')).err).toContain(
      'failed to get token from sa open-cluster-management/agent-registration-bootstrap',
    )
  })
})
