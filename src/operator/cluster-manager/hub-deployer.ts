import type { Secret } from '../../apis/core/v1.ts'
import type { Condition } from '../../apis/meta/v1.ts'
import type { ClusterManager, GenerationStatus, RelatedResourceMeta } from '../../apis/operator/v1.ts'
import { SECRETS } from '../../apis/resources.ts'
import { type KubeClient, setCondition } from '../../kube/index.ts'
import type { CrdApplier } from '../apply/crd-applier.ts'
import { lastGenerationOf, withGeneration, withoutGeneration } from '../apply/generations.ts'
import { definitionOf, type Manifest, manifestKey } from '../apply/manifest.ts'
import type { ManifestApplier } from '../apply/manifest-applier.ts'
import { isRelated, withoutRelatedResources, withRelatedResources } from '../apply/related-resources.ts'
import { copySecret } from '../apply/secret-copy.ts'
import {
  appliedCondition,
  type FailedStep,
  notAppliedCondition,
  progressingCondition,
} from './hub-conditions.ts'
import type { HubConfig } from './hub-config.ts'
import { hubCrdManifests } from './hub-crds.ts'
import { hubDeployments, hubResources } from './hub-manifests.ts'
import { WORK_DRIVER_CONFIG_SECRET } from './hub-names.ts'
import type { HubSources } from './hub-sources.ts'
import type { DeploymentManifest } from './manifests/hub-deployment.ts'
import { webhookConfigurations } from './manifests/webhooks.ts'
import { usesWorkDriverConfig } from './manifests/work.ts'

/** What became of an attempt to make a hub as it is wanted. */
export interface HubDeployment {
  readonly conditions: readonly Condition[]
  readonly generations: readonly GenerationStatus[]
  readonly relatedResources: readonly RelatedResourceMeta[]
  /** As the API has them. */
  readonly deployments: readonly DeploymentManifest[]
  /** Why it is not as wanted yet. */
  readonly error: Error | undefined
}

interface HubDeployerComponents {
  readonly client: KubeClient
  readonly applier: ManifestApplier
  readonly crds: CrdApplier
  readonly sources: HubSources
}

/**
 * Makes a hub as its ClusterManager wants it, in the order of the original: CRDs, Secrets, rights and Services, Deployments, and,
 * once these run, what asks for their webhooks. A step that fails keeps back those after it; Secrets keep nothing back.
 */
export class HubDeployer {
  readonly #components: HubDeployerComponents

  constructor(components: HubDeployerComponents) {
    this.#components = components
  }

  async deploy(
    clusterManager: ClusterManager,
    config: HubConfig,
    signal: AbortSignal,
  ): Promise<HubDeployment> {
    const run = new DeploymentRun(this.#components, clusterManager, config, signal)
    return run.all()
  }
}

/** One attempt, and what it has come to so far. */
class DeploymentRun {
  readonly #components: HubDeployerComponents
  readonly #clusterManager: ClusterManager
  readonly #config: HubConfig
  readonly #signal: AbortSignal
  #generations: readonly GenerationStatus[]
  #related: readonly RelatedResourceMeta[]
  #deployments: readonly DeploymentManifest[] = []

  constructor(
    components: HubDeployerComponents,
    clusterManager: ClusterManager,
    config: HubConfig,
    signal: AbortSignal,
  ) {
    this.#components = components
    this.#clusterManager = clusterManager
    this.#config = config
    this.#signal = signal
    this.#generations = clusterManager.status?.generations ?? []
    this.#related = clusterManager.status?.relatedResources ?? []
  }

  async all(): Promise<HubDeployment> {
    const steps: readonly (readonly [FailedStep, () => Promise<void>])[] = [
      ['crds', () => this.#applyCrds()],
      ['secrets', () => this.#copySecrets()],
      ['hub', () => this.#applyResources()],
      ['runtime', () => this.#applyDeployments()],
      ['webhooks', () => this.#applyWebhooks()],
    ]
    const failures: { step: FailedStep; error: Error }[] = []
    for (const [step, apply] of steps) {
      try {
        await apply()
      } catch (error) {
        this.#signal.throwIfAborted()
        failures.push({ step, error: error as Error })
        if (step !== 'secrets') break
      }
    }
    return this.#outcome(failures)
  }

  #outcome(failures: readonly { step: FailedStep; error: Error }[]): HubDeployment {
    const { status, metadata } = this.#clusterManager
    const failure = failures.at(-1)
    const applied = failure ? notAppliedCondition(failure.step, failure.error) : appliedCondition()
    const progressing = this.#deployments.length > 0 ? [progressingCondition(this.#deployments)] : []
    let conditions: readonly Condition[] = status?.conditions ?? []
    for (const condition of [...progressing, this.#config.gates.condition, applied]) {
      const observed = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }
      conditions = setCondition(
        conditions,
        { ...condition, ...observed },
        this.#components.client.clock.now(),
      )
    }
    return {
      conditions,
      // of what is half done nothing is said: what was true before may be true still
      generations: failure ? (status?.generations ?? []) : this.#generations,
      relatedResources: failure ? (status?.relatedResources ?? []) : this.#related,
      deployments: this.#deployments,
      error: failure?.error,
    }
  }

  async #applyCrds(): Promise<void> {
    const crds = hubCrdManifests(this.#config, this.#clusterManager.metadata.labels)
    this.#related = withRelatedResources(this.#related, crds as Manifest[])
    await this.#components.crds.apply(crds, this.#signal)
  }

  async #copySecrets(): Promise<void> {
    const { client, sources } = this.#components
    const secrets = client.resource<Secret>(SECRETS)
    const { namespace, operatorNamespace, labels, imagePullSecretName } = this.#config
    const names = usesWorkDriverConfig(this.#config)
      ? [imagePullSecretName, WORK_DRIVER_CONFIG_SECRET]
      : [imagePullSecretName]
    for (const name of names) {
      const source = sources.copied.get(name)?.store.get({ namespace: operatorNamespace, name })
      await copySecret(source, { secrets, key: { namespace, name } }, labels, this.#signal)
    }
  }

  async #applyResources(): Promise<void> {
    const { wanted, unwanted } = hubResources(this.#config)
    await this.#remove(unwanted)
    // an API server lets nobody bind a role that it does not know yet
    const isRole = ({ kind }: Manifest) => kind === 'ClusterRole'
    await this.#applyAll(wanted.filter(isRole))
    await this.#applyAll(wanted.filter((manifest) => !isRole(manifest)))
  }

  async #applyDeployments(): Promise<void> {
    const { wanted, unwanted } = hubDeployments(this.#config)
    await this.#remove(unwanted)
    this.#deployments = await this.#applyAll(wanted)
  }

  async #applyWebhooks(): Promise<void> {
    const isUp = progressingCondition(this.#deployments).status === 'False'
    if (isUp) await this.#applyAll(webhookConfigurations(this.#config))
  }

  async #applyAll<M extends Manifest>(manifests: readonly M[]): Promise<M[]> {
    this.#related = withRelatedResources(this.#related, manifests)
    const { applier } = this.#components
    const signal = this.#signal
    const results = await Promise.allSettled(
      manifests.map((manifest) => {
        const lastGeneration = lastGenerationOf(this.#generations, manifest)
        return applier.apply(manifest, { signal, lastGeneration })
      }),
    )
    const errors = results.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []))
    if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join('; '))
    const objects = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value.object] : []))
    for (const object of objects) {
      if (object.kind === 'Deployment') this.#generations = withGeneration(this.#generations, object)
    }
    return objects
  }

  async #remove(manifests: readonly Manifest[]): Promise<void> {
    const { applier, sources } = this.#components
    const present = manifests.filter(
      (manifest) =>
        isRelated(this.#related, manifest) || sources.made.get(definitionOf(manifest), manifestKey(manifest)),
    )
    await Promise.all(present.map((manifest) => applier.delete(manifest, this.#signal)))
    this.#related = withoutRelatedResources(this.#related, present)
    for (const manifest of present) this.#generations = withoutGeneration(this.#generations, manifest)
  }
}
