import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hubCrds } from '../../../src/apis/crds.ts'
import { establish } from '../../integration/apis/definitions.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { kubeconfigOf } from '../../support/pod-fixtures.ts'
import { freePort } from '../../support/ports.ts'
import { CLUSTER_PROXY, endProcesses, TestProcess } from '../../support/processes.ts'
import { until } from '../../support/until.ts'

const GROUP = 'addon.open-cluster-management.io'
const API = `/apis/${GROUP}/v1alpha1`

describe('cluster-proxy addon manager', () => {
  let server: TestControlPlane
  let kubeconfig: Awaited<ReturnType<typeof kubeconfigOf>>
  let manager: TestProcess

  beforeAll(async () => {
    server = await TestControlPlane.start()
    await establish(server, hubCrds())
    kubeconfig = await kubeconfigOf(server)
    manager = TestProcess.start(CLUSTER_PROXY, [
      'addon',
      'manager',
      `--kubeconfig=${kubeconfig.file}`,
      '--namespace=default',
      `--listen=127.0.0.1:${await freePort()}`,
    ])
  })

  afterAll(async () => {
    await endProcesses()
    await kubeconfig[Symbol.asyncDispose]()
    await server.close()
  })

  it('leads by the Lease of the original, works, and ends in order', async () => {
    const type = { apiVersion: `${GROUP}/v1alpha1` }
    const managed = await server.admin.post(`${API}/clustermanagementaddons`, {
      ...type,
      kind: 'ClusterManagementAddOn',
      metadata: { name: 'a' },
      spec: {},
    })
    expect(managed.status).toBe(201)
    const path = `${API}/namespaces/default/managedclusteraddons`
    const addOn = { ...type, kind: 'ManagedClusterAddOn', metadata: { name: 'a' }, spec: {} }
    expect((await server.admin.post(path, addOn)).status).toBe(201)
    await until(async () => {
      const { json } = await server.admin.get(`${path}/a`)
      return json.metadata.ownerReferences?.[0]?.uid === managed.json.metadata.uid
    }, 'the add-on is owned')
    const lease = '/apis/coordination.k8s.io/v1/namespaces/default/leases/manager-lock'
    expect((await server.admin.get(lease)).json.spec).toMatchObject({ leaseDurationSeconds: 137 })

    manager.kill('SIGTERM')
    expect(await manager.exited).toEqual({ status: 0, signal: null })
    expect((await server.admin.get(lease)).json.spec.holderIdentity).toBe('')
  })
})
