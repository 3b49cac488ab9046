import { hubCrds, spokeCrds } from '../../../src/apis/crds.ts'
import type { Condition, KubeObject } from '../../../src/apis/meta/v1.ts'
import {
  APPLIED_MANIFEST_WORKS,
  type AppliedManifestWork,
  MANIFEST_WORKS,
  type ManifestWork,
  type ManifestWorkSpec,
} from '../../../src/apis/work/v1.ts'
import {
  type Clock,
  type ClusterTls,
  type Impersonation,
  KubeClient,
  type ResourceClient,
  type ResourceDefinition,
} from '../../../src/kube/index.ts'
import { WorkAgent, type WorkAgentOptions } from '../../../src/work/agent/work-agent.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'
import { type AnyObject, ControllersBench } from '../kube-controllers/controllers-bench.ts'
import type { AgentLife } from './agent-life.ts'

export const CLUSTER = 'cluster1'
export const NAMESPACE = 'apps'

export const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces', namespaced: false } as const
export const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', namespaced: true } as const
export const DEPLOYMENTS = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true } as const
export const CRDS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  namespaced: false,
} as const

/** Of a kind that neither server knows by itself. */
export const WIDGET_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}

export interface AgentSetting extends Partial<WorkAgentOptions> {
  readonly clock?: Clock
  readonly life?: AgentLife
}

/** A hub and a managed cluster in this process, and work agents between them. */
export class WorkBench {
  readonly hub: KubeClient
  readonly managed: KubeClient
  readonly hubServer: TestControlPlane
  readonly #controllers: ControllersBench
  readonly #clients = new Set<KubeClient>()
  readonly #agents = new Set<WorkAgent>()

  /** `controllers`: those of the managed cluster's that run. */
  static async start(controllers: readonly string[] = ['garbage-collector-controller']): Promise<WorkBench> {
    const bench = new WorkBench(await TestControlPlane.start(), await ControllersBench.start(controllers))
    await Promise.all([
      ...hubCrds().map((crd) => bench.#define(bench.hub, crd)),
      ...spokeCrds().map((crd) => bench.#define(bench.managed, crd)),
    ])
    await bench.hub.resource(NAMESPACES).create({ metadata: { name: CLUSTER } })
    await bench.managed.resource(NAMESPACES).create({ metadata: { name: NAMESPACE } })
    return bench
  }

  private constructor(hubServer: TestControlPlane, controllers: ControllersBench) {
    this.hubServer = hubServer
    this.#controllers = controllers
    this.hub = this.hubClient()
    this.managed = controllers.client
  }

  hubClient(clock?: Clock, life?: AgentLife): KubeClient {
    const { url: server, tls } = this.hubServer
    const components = {
      readAccess: async () => ({ server, tls }),
      ...(clock && { clock }),
      ...(life && { transport: life.transport(tls) }),
    }
    return this.#kept(new KubeClient(components, { qps: -1 }))
  }

  managedClient(
    options: { clock?: Clock | undefined; impersonate?: Impersonation; life?: AgentLife | undefined } = {},
  ): KubeClient {
    const { life, ...others } = options
    const transport = life && ((tls: ClusterTls) => life.transport(tls))
    return this.#kept(this.#controllers.newClient({ ...others, transport }))
  }

  /** An agent of its own clients; `stopAgent` is as if its process had ended. */
  startAgent({ clock, life, ...options }: AgentSetting = {}): WorkAgent {
    const agent = new WorkAgent(
      {
        hub: this.hubClient(clock, life),
        managed: this.managedClient({ clock, life }),
        impersonate: (username) => this.managedClient({ impersonate: { username }, life }),
        random: () => 0,
      },
      { clusterName: CLUSTER, hubServer: 'https://hub:6443', ...options },
    )
    this.#agents.add(agent)
    agent.start()
    return agent
  }

  async stopAgent(agent: WorkAgent): Promise<void> {
    this.#agents.delete(agent)
    await agent.stop()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents].map((agent) => agent.stop()))
    await Promise.all([...this.#clients].map((client) => client.stop()))
    await this.#controllers.close()
    await this.hubServer.close()
  }

  get works(): ResourceClient<ManifestWork> {
    return this.hub.resource<ManifestWork>(MANIFEST_WORKS)
  }

  get appliedWorks(): ResourceClient<AppliedManifestWork> {
    return this.managed.resource<AppliedManifestWork>(APPLIED_MANIFEST_WORKS)
  }

  objects(definition: ResourceDefinition): ResourceClient<AnyObject> {
    return this.managed.resource<AnyObject>(definition)
  }

  createWork(
    name: string,
    manifests: readonly object[],
    spec: Partial<ManifestWorkSpec> = {},
    labels: Record<string, string> = {},
  ): Promise<ManifestWork> {
    return this.works.create({
      kind: 'ManifestWork',
      metadata: { namespace: CLUSTER, name, labels },
      spec: { ...spec, workload: { manifests: manifests as KubeObject[] } },
    })
  }

  patchWork(name: string, spec: object): Promise<ManifestWork> {
    return this.works.patch({ namespace: CLUSTER, name }, { type: 'merge', body: { spec } })
  }

  getWork(name: string): Promise<ManifestWork> {
    return this.works.get({ namespace: CLUSTER, name })
  }

  /** Resolves with the work once its condition is as wanted, for its latest generation. */
  async untilCondition(name: string, type: string, wanted: Partial<Condition>): Promise<ManifestWork> {
    let work: ManifestWork | undefined
    await until(async () => {
      work = await this.getWork(name)
      const condition = work.status?.conditions?.find((each) => each.type === type)
      return (
        condition !== undefined &&
        condition.observedGeneration === work.metadata.generation &&
        Object.entries(wanted).every(([field, value]) =>
          Object.entries(condition).some(([key, each]) => key === field && each === value),
        )
      )
    }, `work ${name} is ${type} as wanted`).catch((error) => {
      throw new Error(`${String(error)}: ${JSON.stringify(work?.status)}`)
    })
    return work as ManifestWork
  }

  untilApplied(name: string): Promise<ManifestWork> {
    return this.untilCondition(name, 'Applied', { status: 'True' })
  }

  async untilGone(
    definition: ResourceDefinition,
    client: KubeClient,
    namespace: string | undefined,
    name: string,
  ) {
    await until(async () => {
      return (await client.resource(definition).find({ namespace, name })) === undefined
    }, `${definition.plural} ${name} is gone`)
  }

  async untilObject(
    definition: ResourceDefinition,
    name: string,
    isAsWanted: (object: AnyObject) => boolean,
    namespace: string | undefined = definition.namespaced ? NAMESPACE : undefined,
  ): Promise<AnyObject> {
    let object: AnyObject | undefined
    await until(async () => {
      object = await this.objects(definition).find({ namespace, name })
      return object !== undefined && isAsWanted(object)
    }, `${definition.plural} ${name} is as wanted`).catch((error) => {
      throw new Error(`${String(error)}: ${JSON.stringify(object)}`)
    })
    return object as AnyObject
  }

  #kept(client: KubeClient): KubeClient {
    this.#clients.add(client)
    return client
  }

  async #define(client: KubeClient, crd: object): Promise<void> {
    const definition = crd as AnyObject
    const { name = '' } = definition.metadata
    await client.resource<AnyObject>(CRDS).create(definition)
    await until(async () => {
      const { status } = await client.resource<AnyObject>(CRDS).get({ name })
      return status?.conditions?.some(
        (each: Condition) => each.type === 'Established' && each.status === 'True',
      )
    }, `${name} is established`)
  }
}

export function configMap(
  name: string,
  data: Record<string, string> = { a: 'b' },
  metadata: object = {},
): AnyObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: NAMESPACE, name, ...metadata }, data }
}

export function conditionOf(work: ManifestWork, ordinal: number, type: string): Condition | undefined {
  const manifest = work.status?.resourceStatus?.manifests?.find(
    ({ resourceMeta }) => resourceMeta.ordinal === ordinal,
  )
  return manifest?.conditions.find((each) => each.type === type)
}
