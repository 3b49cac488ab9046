import { hubCrds, operatorCrds, spokeCrds } from '../../../src/apis/crds.ts'
import { createCertificateRequest } from '../../../src/pki/index.ts'
import { clusteradm, type RunOptions, type RunResult, Workspace } from '../../support/clusteradm.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { RecordingProxy } from '../../support/recording-proxy.ts'
import { until } from '../../support/until.ts'

export const CONDITION = { reason: 'r', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' }

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
export const BOOTSTRAP_USER = 'system:serviceaccount:open-cluster-management:agent-registration-bootstrap'
export const BOOTSTRAP_GROUPS = [
  'system:serviceaccounts',
  'system:serviceaccounts:open-cluster-management',
  'system:authenticated',
]

/** A cluster for clusteradm, whose operators and controllers are the test. */
export class HubBench {
  readonly controlPlane: TestControlPlane
  readonly proxy: RecordingProxy
  readonly workspace: Workspace
  /** Kubeconfig that goes by the proxy. */
  readonly recorded: string
  /** Kubeconfig that goes to the API server itself, over TLS. */
  readonly direct: string

  static async start(): Promise<HubBench> {
    const controlPlane = await TestControlPlane.start()
    const proxy = await RecordingProxy.start(controlPlane.url, controlPlane.tls)
    const workspace = await Workspace.make()
    const recorded = await workspace.write('recorded', kubeconfig({ server: proxy.url }, {}))
    const { ca = '', cert = '', key = '' } = controlPlane.tls
    const direct = await workspace.write(
      'direct',
      kubeconfig(
        { server: controlPlane.url.origin, 'certificate-authority-data': base64(ca) },
        { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) },
      ),
    )
    return new HubBench(controlPlane, proxy, workspace, recorded, direct)
  }

  private constructor(
    controlPlane: TestControlPlane,
    proxy: RecordingProxy,
    workspace: Workspace,
    recorded: string,
    direct: string,
  ) {
    this.controlPlane = controlPlane
    this.proxy = proxy
    this.workspace = workspace
    this.recorded = recorded
    this.direct = direct
  }

  async close(): Promise<void> {
    await this.proxy.close()
    await this.controlPlane.close()
    await this.workspace.remove()
  }

  /** Runs a command by the proxy, and forgets what was asked before. */
  run(line: string, options: RunOptions = {}): Promise<RunResult> {
    this.proxy.forget()
    return clusteradm([...line.split(' '), '--kubeconfig', this.recorded], options)
  }

  runDirectly(line: string): Promise<RunResult> {
    return clusteradm([...line.split(' '), '--kubeconfig', this.direct])
  }

  /** What the operator of a hub does, as far as clusteradm looks at it. */
  async installHubCrds(): Promise<void> {
    await this.#installCrds([...hubCrds(), ...operatorCrds()])
  }

  async installSpokeCrds(): Promise<void> {
    await this.#installCrds(spokeCrds())
  }

  async create(path: string, body: object): Promise<void> {
    const { status, text } = await this.controlPlane.admin.post(path, body)
    if (status !== 201) throw new Error(`POST ${path}: ${status} ${text}`)
  }

  async createNamespace(name: string): Promise<void> {
    const { status } = await this.controlPlane.admin.post('/api/v1/namespaces', { metadata: { name } })
    if (status !== 201 && status !== 409) throw new Error(`namespace ${name}: ${status}`)
  }

  /** Writes the status of an object. */
  async setStatus(path: string, status: object): Promise<void> {
    const reply = await this.controlPlane.admin.patch(`${path}/status`, { status })
    if (reply.status !== 200) throw new Error(`PATCH ${path}/status: ${reply.status} ${reply.text}`)
  }

  /** A Deployment that stands for one of the operator's. */
  async createDeployment(namespace: string, name: string, replicas = 1): Promise<void> {
    await this.createNamespace(namespace)
    const labels = { app: name }
    await this.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'i' }] } },
      },
    })
  }

  /** What the controllers of a cluster say of a Deployment whose newest Pods have taken over. */
  async rollOut(namespace: string, name: string): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`
    const { json } = await this.controlPlane.admin.get(path)
    const { metadata, spec } = json
    const counts = {
      readyReplicas: spec.replicas,
      replicas: spec.replicas,
      updatedReplicas: spec.replicas,
      availableReplicas: spec.replicas,
    }
    await this.setStatus(path, { observedGeneration: metadata.generation, ...counts })
  }

  /** What an operator says of an object that it has applied as it is now. */
  async setApplied(path: string, conditions: readonly object[] = []): Promise<void> {
    const { json } = await this.controlPlane.admin.get(path)
    const applied = { ...CONDITION, type: 'Applied', status: 'True' }
    await this.setStatus(path, {
      observedGeneration: json.metadata.generation,
      conditions: [applied, ...conditions],
    })
  }

  async createPod(namespace: string, name: string, app: string, status: object): Promise<void> {
    await this.createNamespace(namespace)
    await this.controlPlane.admin.post(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
      metadata: { name: 'default' },
    })
    const spec = { containers: [{ name: 'main', image: 'i' }] }
    await this.create(`/api/v1/namespaces/${namespace}/pods`, { metadata: { name, labels: { app } }, spec })
    await this.setStatus(`/api/v1/namespaces/${namespace}/pods/${name}`, status)
  }

  createCluster(name: string, spec: object = {}, annotations: object = {}): Promise<void> {
    return this.create('/apis/cluster.open-cluster-management.io/v1/managedclusters', {
      apiVersion: 'cluster.open-cluster-management.io/v1',
      kind: 'ManagedCluster',
      metadata: { name, annotations },
      spec,
    })
  }

  /** An agent's request for its identity; by default of the bootstrap identity. */
  async createCsr(
    cluster: string,
    name: string,
    agent: string,
    user = BOOTSTRAP_USER,
    signerName = 'kubernetes.io/kube-apiserver-client',
  ): Promise<void> {
    const { requestPem } = await createCertificateRequest({
      commonName: `system:open-cluster-management:${cluster}:${agent}`,
      organizations: [`system:open-cluster-management:${cluster}`],
    })
    const groups = user === BOOTSTRAP_USER ? BOOTSTRAP_GROUPS : ['system:masters']
    const client = this.controlPlane.impersonating(user, groups)
    const reply = await client.post('/apis/certificates.k8s.io/v1/certificatesigningrequests', {
      metadata: { name, labels: { 'open-cluster-management.io/cluster-name': cluster } },
      spec: {
        request: base64(requestPem),
        signerName,
        usages: ['client auth'],
      },
    })
    if (reply.status !== 201) throw new Error(`CSR ${name}: ${reply.status} ${reply.text}`)
  }

  async #installCrds(crds: readonly object[]): Promise<void> {
    for (const crd of crds) {
      const { status, text } = await this.controlPlane.admin.post(CRDS, crd)
      if (status !== 201 && status !== 409) throw new Error(`CRD: ${status} ${text}`)
    }
    const isEstablished = async () => {
      const { json } = await this.controlPlane.admin.get(CRDS)
      return json.items.every((crd: { status?: { conditions?: { type: string; status: string }[] } }) =>
        crd.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True'),
      )
    }
    await until(isEstablished, 'the CRDs are established')
  }
}

function kubeconfig(cluster: object, user: object): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'hub',
    contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'admin' } }],
    clusters: [{ name: 'hub', cluster }],
    users: [{ name: 'admin', user }],
  })
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
