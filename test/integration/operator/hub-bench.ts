import type { Event } from '../../../src/apis/events/v1.ts'
import { silentLogger } from '../../../src/common/log.ts'
import {
  type Clock,
  type ClusterTls,
  EVENTS,
  EventRecorder,
  Manager,
  type ResourceDefinition,
} from '../../../src/kube/index.ts'
import { clusterManagerManifests, OPERATOR_NAMESPACE } from '../../../src/manifests/cluster-manager.ts'
import { IMAGE_PULL_SECRET } from '../../../src/manifests/image-pull-secret.ts'
import { definitionOf, type Manifest } from '../../../src/operator/apply/manifest.ts'
import {
  addClusterManagerControllers,
  type ClusterManagerOptions,
} from '../../../src/operator/cluster-manager/index.ts'
import { until } from '../../support/until.ts'
import { type AnyObject, DEFINITIONS } from '../kube-controllers/controllers-bench.ts'
import { WorkloadsBench } from '../kube-controllers/workloads.ts'
import type { AgentLife } from '../work/agent-life.ts'

export const CLUSTER_MANAGERS = {
  group: 'operator.open-cluster-management.io',
  version: 'v1',
  plural: 'clustermanagers',
  namespaced: false,
}

/** Guard against hanging, for a whole hub to come up on a busy machine. */
export const START_MS = 120_000

export const HUB = 'open-cluster-management-hub'

const OPTIONS: ClusterManagerOptions = {
  operatorNamespace: OPERATOR_NAMESPACE,
  skipRemoveCrds: false,
  controlPlaneNodeLabelSelector: 'node-role.kubernetes.io/master=',
  deploymentReplicas: 0,
  enableSyncLabels: false,
  imagePullSecretName: IMAGE_PULL_SECRET,
  agentImage: 'example.com/registration-operator:1',
  version: '1.3.1',
}

const OPERATOR = {
  username: `system:serviceaccount:${OPERATOR_NAMESPACE}:cluster-manager`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${OPERATOR_NAMESPACE}`, 'system:authenticated'],
}

interface OperatorSetting extends Partial<ClusterManagerOptions> {
  readonly clock?: Clock
  readonly life?: AgentLife
}

interface RunningOperator {
  stop(): Promise<void>
}

/** A control plane with workload controllers, a node that says of all Pods that they run, and the hub's operator. */
export class HubBench {
  readonly workloads: WorkloadsBench
  #operator: RunningOperator | undefined

  /** Everything that `clusteradm init` applies is there, but for the operator's own Deployment and the ClusterManager. */
  static async start(): Promise<HubBench> {
    const bench = new HubBench(await WorkloadsBench.start())
    const kinds = ['Deployment', 'ClusterManager']
    for (const manifest of clusterManagerManifests().filter(({ kind }) => !kinds.includes(kind ?? ''))) {
      await bench.resource(definitionOf(manifest as Manifest)).create(manifest)
      if (manifest.kind === 'CustomResourceDefinition')
        await bench.untilEstablished(manifest.metadata.name ?? '')
    }
    return bench
  }

  private constructor(workloads: WorkloadsBench) {
    this.workloads = workloads
  }

  resource(definition: ResourceDefinition) {
    return this.workloads.bench.resource(definition)
  }

  /** It has the rights of its service account, and no others. */
  startOperator({ clock, life, ...options }: OperatorSetting = {}): void {
    const transport = life && ((tls: ClusterTls) => life.transport(tls))
    const client = this.workloads.bench.newClient({ impersonate: OPERATOR, clock, transport })
    const manager = new Manager({ client, log: silentLogger })
    const events = new EventRecorder(
      { events: client.resource<Event>(EVENTS) },
      { controller: 'open-cluster-management.io/cluster-manager', instance: 'test' },
    )
    addClusterManagerControllers({ manager, events }, { ...OPTIONS, ...options })
    const ending = new AbortController()
    const running = manager.run(ending.signal)
    this.#operator = {
      stop: async () => {
        ending.abort()
        await running
        await events.stop()
        await client.stop()
      },
    }
  }

  async stopOperator(): Promise<void> {
    await this.#operator?.stop()
    this.#operator = undefined
  }

  async close(): Promise<void> {
    await this.stopOperator()
    await this.workloads.close()
  }

  /** The ClusterManager that `clusteradm init` makes, with parts of its spec replaced. */
  async createClusterManager(spec: object = {}, metadata: object = {}): Promise<AnyObject> {
    const manifest = clusterManagerManifests().at(-1) as AnyObject
    return this.resource(CLUSTER_MANAGERS).create({
      ...manifest,
      metadata: { ...manifest.metadata, ...metadata },
      spec: { ...manifest.spec, ...spec },
    })
  }

  patchClusterManager(spec: object): Promise<AnyObject> {
    return this.resource(CLUSTER_MANAGERS).patch(
      { name: 'cluster-manager' },
      { type: 'merge', body: { spec } },
    )
  }

  clusterManager(): Promise<AnyObject | undefined> {
    return this.resource(CLUSTER_MANAGERS).find({ name: 'cluster-manager' })
  }

  /** Resolves with the ClusterManager once a condition of it says so: `True ClusterManagerApplied`. */
  async untilCondition(type: string, said: string): Promise<AnyObject> {
    let last: AnyObject | undefined
    await until(async () => {
      last = await this.clusterManager()
      return last !== undefined && conditionOf(last, type) === said
    }, `${type} is ${said}`)
    return last as AnyObject
  }

  /** Until the hub runs, and its webhooks are asked. */
  async untilReady(): Promise<AnyObject> {
    await this.untilCondition('Progressing', 'False ClusterManagerUpToDate')
    await this.untilCondition('HubRegistrationDegraded', 'False RegistrationFunctional')
    const name = 'manifestworkvalidators.admission.work.open-cluster-management.io'
    await until(
      async () => (await this.resource(VALIDATING_WEBHOOKS).find({ name })) !== undefined,
      'webhooks are configured',
    )
    return this.untilCondition('Applied', 'True ClusterManagerApplied')
  }

  async untilObject(
    definition: ResourceDefinition,
    key: { namespace?: string; name: string },
    isAsWanted: (object: AnyObject | undefined) => boolean,
  ): Promise<AnyObject> {
    let last: AnyObject | undefined
    await until(async () => {
      last = await this.resource(definition).find(key)
      return isAsWanted(last)
    }, `${definition.plural} ${key.name} is as wanted`)
    return last as AnyObject
  }

  async untilEstablished(name: string): Promise<void> {
    await this.untilObject(DEFINITIONS, { name }, (crd) =>
      Boolean(
        crd?.status?.conditions?.some(
          (each: AnyObject) => each.type === 'Established' && each.status === 'True',
        ),
      ),
    )
  }
}

export const VALIDATING_WEBHOOKS = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingwebhookconfigurations',
  namespaced: false,
}

export function conditionOf({ status }: AnyObject, type: string): string | undefined {
  const condition = status?.conditions?.find((each: AnyObject) => each.type === type)
  return condition && `${condition.status} ${condition.reason}`
}
