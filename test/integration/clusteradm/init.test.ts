import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { eventually } from '../../support/eventually.ts'
import { recordedCalls } from '../../support/recorded-clients.ts'
import { CONDITION, HubBench } from './hub-bench.ts'

const PULLING = {
  phase: 'Pending',
  containerStatuses: [
    {
      name: 'main',
      image: 'i',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } },
    },
  ],
}
const TOKEN =
  'POST /api/v1/namespaces/open-cluster-management/serviceaccounts/agent-registration-bootstrap/token'

const CLUSTER_MANAGER = '/apis/operator.open-cluster-management.io/v1/clustermanagers/cluster-manager'
const OPERATOR_NAMESPACE = 'open-cluster-management'
const HUB_NAMESPACE = 'open-cluster-management-hub'
const HUB_PARTS = ['cluster-manager-registration-controller', 'cluster-manager-registration-webhook']

let bench: HubBench

const watching = (namespace: string) =>
  eventually(() =>
    bench.proxy.calls.some(
      ({ path, query }) => query.watch === 'true' && path.endsWith(`/${namespace}/deployments`),
    ),
  ).toBe(true)

beforeEach(async () => {
  bench = await HubBench.start()
})

afterEach(() => bench.close())

describe('clusteradm init', () => {
  it('creates what the original creates, and lets anybody verify the hub', async () => {
    const { status, out } = await bench.run('init')
    expect(status).toBe(0)
    const recorded = recordedCalls()
      .filter(({ client, request }) => client === 'clusteradm init' && request.method === 'POST')
      .map(({ request }) => `POST ${request.path}`)
    const own = bench.proxy.writes.filter((write) => !write.includes('/namespaces/kube-public/role'))
    expect(own.toSorted()).toEqual(recorded.toSorted())
    expect(own.slice(0, 3)).toEqual(recorded.slice(0, 3)) // cluster-info, the CRD, the namespace
    expect(own.at(-1)).toBe(TOKEN)
    expect(out).toMatch(
      /^The multicluster hub control plane has been initialized successfully!\n\nYou can now register cluster\(s\) to the hub control plane\. Log onto those cluster\(s\) and run the following command:\n\n {4}clusteradm join --hub-token \S+ --hub-apiserver http:\/\/127\.0\.0\.1:\d+ --cluster-name <cluster_name>\n\nReplace <cluster_name> with a cluster name of your choice\. For example, cluster1\.\n\n$/,
    )
  })

  it('changes nothing when it is run again', async () => {
    await bench.run('init')
    const { status } = await bench.run('init')
    expect(status).toBe(0)
    expect(bench.proxy.writes).toEqual([TOKEN])
  })

  it('changes only what is asked for to be changed', async () => {
    await bench.run('init')
    await bench.run('init --bundle-version=0.7.0 --feature-gates ManifestWorkReplicaSet=true')
    expect(bench.proxy.writes.filter((write) => write !== TOKEN)).toEqual([
      'PATCH /apis/apps/v1/namespaces/open-cluster-management/deployments/cluster-manager',
      `PATCH ${CLUSTER_MANAGER}`,
    ])
    const { json } = await bench.controlPlane.admin.get(CLUSTER_MANAGER)
    expect(json.spec.registrationImagePullSpec).toBe('quay.io/open-cluster-management/registration:v0.7.0')
    expect(json.spec.workConfiguration.featureGates).toEqual([
      { feature: 'ManifestWorkReplicaSet', mode: 'Enable' },
    ])
  })

  it('runs as many operators as the nodes make sense of', async () => {
    const replicas = async () => {
      const { out } = await bench.run('init --dry-run')
      const documents = parseAllDocuments(out.slice(0, out.indexOf('The multicluster hub')))
      return documents.map((each) => each.toJS()).find(({ kind }) => kind === 'Deployment').spec.replicas
    }
    const addNode = (name: string) =>
      bench.controlPlane.admin.post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } })
    expect(await replicas()).toBe(1)
    await addNode('one')
    expect(await replicas()).toBe(1)
    await addNode('two')
    expect(await replicas()).toBe(3)
  })

  it('shows what it would do in a dry run, and does none of it', async () => {
    const { status, out, err } = await bench.run('init --dry-run')
    expect(status).toBe(0)
    expect(bench.proxy.writes).toEqual([])
    expect(err).toContain('clusteradm is running in dry-run mode')
    const kinds = parseAllDocuments(out.slice(0, out.indexOf('The multicluster hub'))).map(
      (doc) => doc.toJS().kind,
    )
    expect(kinds).toContain('ClusterManager')
    expect(kinds[0]).toBe('CustomResourceDefinition')
  })

  it('writes nothing but JSON where that is asked for', async () => {
    const { out } = await bench.run('init -o json')
    expect(JSON.parse(out)).toEqual({ 'hub-token': expect.any(String), 'hub-apiserver': bench.proxy.url })
  })

  it('writes a script to join with that only its owner may read', async () => {
    const file = path.join(bench.workspace.directory, 'join.sh')
    await bench.run(`init --output-join-command-file ${file}`)
    expect((await stat(file)).mode & 0o777).toBe(0o700)
    expect(await readFile(file, 'utf8')).toMatch(/^clusteradm join --hub-token \S+ .* --cluster-name \$1$/)
  })

  it('pins the CA of the hub in the command to join with', async () => {
    const { out } = await bench.runDirectly('init')
    expect(out).toMatch(
      /--hub-apiserver https:\/\/127\.0\.0\.1:\d+ --cluster-name <cluster_name> --hub-ca-hash sha256:[0-9a-f]{64}$/m,
    )
  })

  it('hands out a bootstrap token, and the same one again', async () => {
    const tokenOf = (out: string) => JSON.parse(out)['hub-token']
    const first = tokenOf((await bench.run('init --use-bootstrap-token -o json')).out)
    expect(first).toMatch(/^ocmhub\.[a-z0-9]{16}$/)
    expect(tokenOf((await bench.run('init --use-bootstrap-token -o json')).out)).toBe(first)
    await bench.installHubCrds()
    expect(tokenOf((await bench.run('get token --use-bootstrap-token -o json')).out)).toBe(first)
  })

  it('says in its own words that there is no such bundle', async () => {
    const { status, err } = await bench.run('init --bundle-version=newest')
    expect(status).toBe(1)
    expect(err).toContain("Error: couldn't find the requested version bundle: newest")
  })

  it('waits until the hub runs, also over watches that break', async () => {
    const running = bench.run('init --wait')
    await watching(OPERATOR_NAMESPACE)
    await bench.createPod(OPERATOR_NAMESPACE, 'operator', 'cluster-manager', PULLING)
    bench.proxy.breakWatches()
    await bench.rollOut(OPERATOR_NAMESPACE, 'cluster-manager')
    await watching(HUB_NAMESPACE)
    bench.proxy.breakWatches()
    await bench.setApplied(CLUSTER_MANAGER)
    for (const part of HUB_PARTS) await bench.createDeployment(HUB_NAMESPACE, part)
    for (const part of HUB_PARTS) await bench.rollOut(HUB_NAMESPACE, part)
    const { status, out, err } = await running
    expect(status).toBe(0)
    expect(out).toContain(' --wait --cluster-name <cluster_name>')
    expect(err).toContain('Registration operator is now available.\n')
    expect(err).toContain('ClusterManager registration is now available.\n')
  })

  it('waits for what it has changed, and is not content with what ran before', async () => {
    await bench.run('init')
    for (const part of HUB_PARTS) await bench.createDeployment(HUB_NAMESPACE, part)
    for (const part of HUB_PARTS) await bench.rollOut(HUB_NAMESPACE, part)
    await bench.rollOut(OPERATOR_NAMESPACE, 'cluster-manager')
    await bench.setApplied(CLUSTER_MANAGER)
    expect((await bench.run('init --wait --timeout 5')).status).toBe(0)

    const operator = await bench.run('init --wait --timeout 1 --bundle-version 1.2.0')
    expect(operator.err).toContain('timed out after 1s waiting for registration operator')
    await bench.rollOut(OPERATOR_NAMESPACE, 'cluster-manager')
    const manager = await bench.run('init --wait --timeout 1 --bundle-version 1.2.0')
    expect(manager.err).toContain(
      'waiting for cluster manager registration: the operator has not looked at it yet',
    )
    await bench.setApplied(CLUSTER_MANAGER)
    expect((await bench.run('init --wait --timeout 5 --bundle-version 1.2.0')).status).toBe(0)
  })

  it('says what the operator cannot apply', async () => {
    await bench.run('init')
    await bench.rollOut(OPERATOR_NAMESPACE, 'cluster-manager')
    const condition = { ...CONDITION, type: 'Applied', status: 'False', reason: 'CRDApplyFailed' }
    await bench.setStatus(CLUSTER_MANAGER, { conditions: [condition] })
    expect((await bench.run('init --wait --timeout 1')).err).toContain(
      'waiting for cluster manager registration: CRDApplyFailed: m',
    )
  })

  it('says what it waited for in vain', async () => {
    await bench.createPod('open-cluster-management', 'operator', 'cluster-manager', PULLING)
    const { status, err } = await bench.run('init --wait --timeout 1')
    expect(status).toBe(1)
    expect(err).toContain(
      'Waiting for registration operator to become ready... (ImagePullBackOff: no such image)',
    )
    expect(err).toContain(
      'Error: timed out after 1s waiting for registration operator: ImagePullBackOff: no such image',
    )
    expect(err).not.toContain('is now available')
  })

  it('says why there are no Pods to wait for', async () => {
    const { err } = await bench.run('init --wait --timeout 1')
    expect(err).toContain(
      'waiting for registration operator: the Deployment open-cluster-management/cluster-manager has no Pods; do the controllers of the cluster run?',
    )
  })
})

describe('commands for a hub', () => {
  it('say that a cluster is none', async () => {
    for (const line of ['get token', 'get hub-info', 'get clusters', 'accept --clusters c']) {
      const { status, err } = await bench.run(line)
      expect(status).toBe(1)
      expect(err).toContain('Error: hub oriented command should not running against non-hub cluster')
    }
    expect(bench.proxy.calls).toMatchObject([{ path: '/apis/cluster.open-cluster-management.io/v1' }])
  })
})

describe('clusteradm get token', () => {
  it('prints the token, and the command to join with', async () => {
    await bench.runDirectly('init')
    await bench.installHubCrds()
    const { status, out, err } = await bench.runDirectly('get token')
    expect(status).toBe(0)
    expect(out).toMatch(
      /^token=(\S+)\nplease log on spoke and run:\nclusteradm join --hub-token \1 --hub-apiserver https:\S+ --cluster-name <cluster_name> --hub-ca-hash sha256:[0-9a-f]{64}\n$/,
    )
    expect(err).toMatch(/^The token is valid until \d{4}-\S+Z\.\n$/)
  })
})
