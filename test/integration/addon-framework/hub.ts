import { addAddOnControllers } from '../../../src/addon-framework/manager/index.ts'
import type { CustomResourceConversion } from '../../../src/apis/apiextensions/v1.ts'
import { hubCrds } from '../../../src/apis/crds.ts'
import { KubeClient, Manager } from '../../../src/kube/index.ts'
import { hubConfig } from '../../../src/operator/cluster-manager/hub-config.ts'
import { addonManagerResources } from '../../../src/operator/cluster-manager/manifests/addon.ts'
import type { Json } from '../../support/api-client.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'
import { establish } from '../apis/definitions.ts'

const ADD_ONS = '/apis/addon.open-cluster-management.io/v1alpha1'
const CLUSTERS = '/apis/cluster.open-cluster-management.io'
const MERGE = { 'content-type': 'application/merge-patch+json' }
const PLACEMENT = 'cluster.open-cluster-management.io/placement'
const GROUP_INDEX = 'cluster.open-cluster-management.io/decision-group-index'

/** Nobody is there: whoever asks for another version than the stored one fails. */
const DEAD_WEBHOOK: CustomResourceConversion = {
  strategy: 'Webhook',
  webhook: {
    clientConfig: { url: 'https://127.0.0.1:1/convert' },
    conversionReviewVersions: ['v1', 'v1beta1'],
  },
}

/** As the operator deploys it. */
const ACCOUNT = 'system:serviceaccount:open-cluster-management-hub:addon-manager-controller-sa'
const RIGHTS = addonManagerResources(
  hubConfig(
    { metadata: { name: 'cluster-manager' }, spec: {} },
    {
      operatorNamespace: 'open-cluster-management',
      replicas: 1,
      caBundle: '',
      hasImagePullSecret: false,
      imagePullSecretName: '',
      enableSyncLabels: false,
      tls: { minVersion: '', cipherSuites: '' },
      agentImage: '',
      mayDeleteRequests: true,
    },
  ),
)

/**
 * A hub on which the add-on manager runs, with the rights that the operator gives it and without the webhook server that converts add-ons;
 * and nothing else: decisions are made by hand.
 */
export class AddOnHub {
  readonly server: TestControlPlane
  readonly #client: KubeClient
  readonly #ending = new AbortController()
  readonly #running: Promise<void>

  static async start(): Promise<AddOnHub> {
    const server = await TestControlPlane.start()
    await establish(server, hubCrds(DEAD_WEBHOOK))
    for (const right of RIGHTS) {
      if (right.kind === 'ServiceAccount') continue // the API asks for nothing but its name
      const resource = `${right.kind?.toLowerCase()}s`
      const { status, text } = await server.admin.post(
        `/apis/rbac.authorization.k8s.io/v1/${resource}`,
        right,
      )
      if (status !== 201) throw new Error(`${resource}: ${text}`)
    }
    return new AddOnHub(server)
  }

  private constructor(server: TestControlPlane) {
    this.server = server
    this.#client = new KubeClient(
      {
        readAccess: async () => ({
          server: server.url,
          tls: server.tls,
          impersonate: { username: ACCOUNT },
        }),
      },
      { qps: -1 },
    )
    const manager = new Manager({ client: this.#client })
    addAddOnControllers(manager)
    this.#running = manager.run(this.#ending.signal)
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#running
    await this.#client.stop()
    await this.server.close()
  }

  async create(path: string, kind: string, body: Json): Promise<Json> {
    const apiVersion = path.startsWith('/api/') ? 'v1' : path.split('/').slice(2, 4).join('/')
    const { status, text, json } = await this.server.admin.post(path, { apiVersion, kind, ...body })
    if (status !== 201) throw new Error(`${path}: ${text}`)
    return json
  }

  async patch(path: string, body: Json): Promise<void> {
    const { status, text } = await this.server.admin.request({ method: 'PATCH', path, headers: MERGE, body })
    if (status !== 200) throw new Error(`${path}: ${text}`)
  }

  async delete(path: string): Promise<void> {
    const { status, text } = await this.server.admin.request({ method: 'DELETE', path })
    if (status !== 200) throw new Error(`${path}: ${text}`)
  }

  namespace(name: string): Promise<Json> {
    return this.create('/api/v1/namespaces', 'Namespace', { metadata: { name } })
  }

  async cluster(name: string, annotations: Record<string, string> = {}): Promise<void> {
    await this.namespace(name)
    const body = { metadata: { name, annotations }, spec: { hubAcceptsClient: true } }
    await this.create(`${CLUSTERS}/v1/managedclusters`, 'ManagedCluster', body)
  }

  annotate(cluster: string, annotations: Record<string, string | null>): Promise<void> {
    return this.patch(`${CLUSTERS}/v1/managedclusters/${cluster}`, { metadata: { annotations } })
  }

  /** A Placement, with one decision, which names no cluster yet. */
  async placement(namespace: string, name: string, ...clusters: string[]): Promise<void> {
    const path = `${CLUSTERS}/v1beta1/namespaces/${namespace}`
    await this.create(`${path}/placements`, 'Placement', { metadata: { name }, spec: {} })
    const labels = { [PLACEMENT]: name, [GROUP_INDEX]: '0' }
    await this.create(`${path}/placementdecisions`, 'PlacementDecision', { metadata: { name, labels } })
    await this.decide(namespace, name, ...clusters)
  }

  decide(namespace: string, name: string, ...clusters: string[]): Promise<void> {
    const decisions = clusters.map((clusterName) => ({ clusterName, reason: '' }))
    const path = `${CLUSTERS}/v1beta1/namespaces/${namespace}/placementdecisions/${name}/status`
    return this.patch(path, { status: { decisions } })
  }

  management(name: string, spec: Json, annotations: Record<string, string> = {}): Promise<Json> {
    const body = { metadata: { name, annotations }, spec }
    return this.create(`${ADD_ONS}/clustermanagementaddons`, 'ClusterManagementAddOn', body)
  }

  managementPath(name: string): string {
    return `${ADD_ONS}/clustermanagementaddons/${name}`
  }

  addOn(cluster: string, name: string, spec: Json = {}): Promise<Json> {
    const path = `${ADD_ONS}/namespaces/${cluster}/managedclusteraddons`
    return this.create(path, 'ManagedClusterAddOn', { metadata: { name }, spec })
  }

  addOnPath(cluster: string, name: string): string {
    return `${ADD_ONS}/namespaces/${cluster}/managedclusteraddons/${name}`
  }

  /** The objects of that name, by the names of their clusters. */
  async addOns(name: string): Promise<ReadonlyMap<string, Json>> {
    const { json } = await this.server.admin.get(`${ADD_ONS}/managedclusteraddons`)
    const found = json.items.filter(({ metadata }: Json) => metadata.name === name)
    return new Map(found.map((each: Json) => [each.metadata.namespace, each]))
  }

  /** Waits until add-ons of that name are on these clusters, and on no others. */
  async installed(name: string, ...clusters: string[]): Promise<void> {
    await until(
      async () => [...(await this.addOns(name)).keys()].sort().join() === clusters.join(),
      `${name} is on ${clusters.join() || 'no cluster'}`,
    )
  }

  /** Waits until an object is as wanted, and resolves with it. */
  async seen(path: string, what: string, isWanted: (object: Json) => boolean): Promise<Json> {
    let object: Json
    await until(async () => {
      object = (await this.server.admin.get(path)).json
      return isWanted(object)
    }, what)
    return object
  }

  /** Waits until nothing is there any more. */
  async gone(path: string): Promise<void> {
    await until(async () => (await this.server.admin.get(path)).status === 404, `${path} has gone`)
  }
}

export function conditionOf(object: Json, type: string): Json {
  return object.status?.conditions?.find((each: Json) => each.type === type)
}
