import { isDeepStrictEqual } from 'node:util'
import type { Deployment } from '../../apis/apps/v1.ts'
import type { Condition } from '../../apis/meta/v1.ts'
import { CLUSTER_MANAGER_FINALIZER } from '../../apis/operator/constants.ts'
import { CLUSTER_MANAGERS, type ClusterManager, type ClusterManagerStatus } from '../../apis/operator/v1.ts'
import {
  addFinalizer,
  type EventRecorder,
  isConflict,
  type KubeClient,
  type NewCondition,
  OwnWrites,
  type ReconcileContext,
  type ReconcileRequest,
  type ReconcileResult,
  type ResourceClient,
  removeFinalizer,
  setCondition,
} from '../../kube/index.ts'
import { CrdApplier } from '../apply/crd-applier.ts'
import { ManifestApplier } from '../apply/manifest-applier.ts'
import { HubCleanUp } from './hub-clean-up.ts'
import { placementDegradedCondition, registrationDegradedCondition } from './hub-conditions.ts'
import { type HubConfigOptions, HubConfigSource } from './hub-config-source.ts'
import { HubDeployer, type HubDeployment } from './hub-deployer.ts'
import { hubNamespace } from './hub-manifests.ts'
import { HUB_NAMESPACE } from './hub-names.ts'
import type { HubSources } from './hub-sources.ts'
import { refusalOf, remainingCondition, removalFailedCondition, removalRefusalOf } from './refusals.ts'

/** Objects that are in the way of a clean-up are looked for again so often; that a CRD has gone is seen at once. */
const CLEAN_UP_RETRY_MS = 5_000

const FIELD_MANAGER = 'cluster-manager'

export interface ClusterManagerOptions extends HubConfigOptions {
  /** Leaves the CRDs, and with them all their objects, when a ClusterManager is deleted. */
  readonly skipRemoveCrds: boolean
  /** Of the CRDs, `x.y.z`. */
  readonly version: string
}

export interface ClusterManagerComponents {
  readonly client: KubeClient
  readonly sources: HubSources
  readonly events: EventRecorder
}

/** Realises ClusterManagers: keeps a hub as it is wanted, says how it is, and takes it away. */
export class ClusterManagerReconciler {
  readonly #client: KubeClient
  readonly #clusterManagers: ResourceClient<ClusterManager>
  readonly #sources: HubSources
  readonly #events: EventRecorder
  readonly #configs: HubConfigSource
  readonly #applier: ManifestApplier
  readonly #deployer: HubDeployer
  readonly #cleanUp: HubCleanUp
  readonly #ownWrites = new OwnWrites<ClusterManager>()

  constructor({ client, sources, events }: ClusterManagerComponents, options: ClusterManagerOptions) {
    this.#client = client
    this.#clusterManagers = client.resource<ClusterManager>(CLUSTER_MANAGERS)
    this.#sources = sources
    this.#events = events
    this.#configs = new HubConfigSource({ client, sources }, options)
    this.#applier = new ManifestApplier({ client, reader: sources.made }, { fieldManager: FIELD_MANAGER })
    const applier = this.#applier
    const crds = new CrdApplier({ applier, client }, { version: options.version })
    this.#deployer = new HubDeployer({ client, applier, crds, sources })
    this.#cleanUp = new HubCleanUp({ client, applier, crds }, options)
  }

  // biome-ignore lint/suspicious/noConfusingVoidType: most often there is nothing to say
  async reconcile({ name }: ReconcileRequest, { signal }: ReconcileContext): Promise<ReconcileResult | void> {
    const cached = this.#sources.clusterManagers.store.get({ name })
    const clusterManager = cached && this.#ownWrites.latest(name, cached)
    if (!clusterManager) return
    if (clusterManager.metadata.deletionTimestamp) return this.#remove(clusterManager, signal)
    const refusal = refusalOf(clusterManager, this.#sources.makerOfHub()) ?? this.#configs.tlsRefusal()
    if (refusal) return this.#refuse(clusterManager, refusal, 'Deploying', signal)
    await this.#deploy(await this.#withFinalizer(clusterManager, signal), signal)
  }

  async #deploy(clusterManager: ClusterManager, signal: AbortSignal): Promise<void> {
    const config = await this.#configs.configOf(clusterManager, signal)
    // certificates are made once there is a namespace for them, and everything else once there are certificates
    await this.#applier.apply(hubNamespace(config), { signal })
    if (config.caBundle === '') return
    const outcome = await this.#deployer.deploy(clusterManager, config, signal)
    await this.#report(clusterManager, outcome, signal)
    if (outcome.error) throw outcome.error
  }

  async #report(clusterManager: ClusterManager, outcome: HubDeployment, signal: AbortSignal): Promise<void> {
    const { conditions, generations, relatedResources, deployments } = outcome
    const find = (name: string) => this.#findDeployment(name, deployments)
    const { name = '' } = clusterManager.metadata
    const degraded = [registrationDegradedCondition(name, find), placementDegradedCondition(name, find)]
    await this.#writeStatus(
      clusterManager,
      {
        generations: [...generations],
        relatedResources: [...relatedResources],
        conditions: [...this.#withConditions(clusterManager, conditions, degraded)],
      },
      signal,
    )
  }

  #findDeployment(name: string, applied: readonly Deployment[]): Deployment | undefined {
    const definition = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true }
    return (
      applied.find(({ metadata }) => metadata.name === name) ??
      (this.#sources.made.get(definition, { namespace: HUB_NAMESPACE, name }) as Deployment | undefined)
    )
  }

  async #refuse(
    clusterManager: ClusterManager,
    refusal: NewCondition,
    action: 'Deploying' | 'Deleting',
    signal: AbortSignal,
  ): Promise<void> {
    const before = clusterManager.status?.conditions ?? []
    const conditions = this.#withConditions(clusterManager, before, [refusal])
    if (conditions !== before) this.#warn(clusterManager, refusal, action)
    await this.#writeStatus(clusterManager, { conditions: [...conditions] }, signal)
  }

  // biome-ignore lint/suspicious/noConfusingVoidType: when all is gone there is nothing to say
  async #remove(clusterManager: ClusterManager, signal: AbortSignal): Promise<ReconcileResult | void> {
    if (!clusterManager.metadata.finalizers?.includes(CLUSTER_MANAGER_FINALIZER)) return
    const refusal = removalRefusalOf(clusterManager)
    if (refusal) return this.#refuse(clusterManager, refusal, 'Deleting', signal)
    const config = await this.#configs.configForRemoval(clusterManager, signal)
    const { name } = this.#sources.makerOfHub()?.metadata ?? clusterManager.metadata
    const isMaker = name === clusterManager.metadata.name
    const removal = isMaker ? this.#cleanUp.run(config, signal) : this.#cleanUp.leave(config, signal)
    const result = await removal.catch(async (error: unknown) => {
      signal.throwIfAborted()
      if (!isConflict(error))
        await this.#reportObstacle(clusterManager, removalFailedCondition(error), signal)
      throw error
    })
    if (result.isDone) {
      await removeFinalizer(this.#clusterManagers, clusterManager, CLUSTER_MANAGER_FINALIZER, { signal })
      return
    }
    if (result.obstacle !== undefined)
      await this.#reportObstacle(clusterManager, remainingCondition(result.obstacle), signal)
    return { requeueAfterMs: CLEAN_UP_RETRY_MS }
  }

  async #reportObstacle(
    clusterManager: ClusterManager,
    condition: NewCondition,
    signal: AbortSignal,
  ): Promise<void> {
    const before = clusterManager.status?.conditions ?? []
    const conditions = this.#withConditions(clusterManager, before, [condition])
    // most of what remains at the first look is on its way out
    if (conditions === before) this.#warn(clusterManager, condition, 'Deleting')
    await this.#writeStatus(clusterManager, { conditions: [...conditions] }, signal)
  }

  #warn(regarding: ClusterManager, { reason, message }: NewCondition, action: string): void {
    this.#events.record({ regarding, type: 'Warning', reason, action, note: message })
  }

  async #withFinalizer(clusterManager: ClusterManager, signal: AbortSignal): Promise<ClusterManager> {
    return this.#write(clusterManager, () =>
      addFinalizer(this.#clusterManagers, clusterManager, CLUSTER_MANAGER_FINALIZER, { signal }),
    )
  }

  #withConditions(
    { metadata }: ClusterManager,
    conditions: readonly Condition[],
    added: readonly NewCondition[],
  ): readonly Condition[] {
    const observed = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }
    return added.reduce(
      (all, each) => setCondition(all, { ...each, ...observed }, this.#client.clock.now()),
      conditions,
    )
  }

  async #writeStatus(
    clusterManager: ClusterManager,
    changes: Partial<ClusterManagerStatus>,
    signal: AbortSignal,
  ): Promise<void> {
    const { name = '', generation = 0, resourceVersion } = clusterManager.metadata
    const { status: before = {} } = clusterManager
    const status: ClusterManagerStatus = { ...before, ...changes, observedGeneration: generation }
    if (isDeepStrictEqual(status, before)) return
    const body = { metadata: { resourceVersion }, status }
    await this.#write(clusterManager, () =>
      this.#clusterManagers.patchStatus({ name }, { type: 'merge', body }, { signal }),
    )
  }

  async #write(
    { metadata: { name = '' } }: ClusterManager,
    write: () => Promise<ClusterManager>,
  ): Promise<ClusterManager> {
    const cached = this.#sources.clusterManagers.store.get({ name })
    const written = await write()
    this.#ownWrites.remember(name, cached, written)
    return written
  }
}
