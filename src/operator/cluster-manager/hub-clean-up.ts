import type { CustomResourceDefinition } from '../../apis/apiextensions/v1.ts'
import type { Secret } from '../../apis/core/v1.ts'
import { CUSTOM_RESOURCE_DEFINITIONS, SECRETS } from '../../apis/resources.ts'
import { isNotFound, type KubeClient } from '../../kube/index.ts'
import type { CrdApplier } from '../apply/crd-applier.ts'
import { definitionOf, type Manifest } from '../apply/manifest.ts'
import type { ManifestApplier } from '../apply/manifest-applier.ts'
import type { HubConfig } from './hub-config.ts'
import { CRDS_TO_DELETE_IN_ORDER, hubCrdNames } from './hub-crds.ts'
import { hubDeployments, hubResources } from './hub-manifests.ts'
import { WORK_DRIVER_CONFIG_SECRET } from './hub-names.ts'
import { webhookConfigurations } from './manifests/webhooks.ts'
import { describeRemaining } from './remaining-objects.ts'

/** What each ClusterManager has of its own. Accounts, Services and webhooks have the same names for all. */
const KINDS_NAMED_BY_MAKER: ReadonlySet<string> = new Set(['Deployment', 'ClusterRole', 'ClusterRoleBinding'])

/** Whether all is gone that can be deleted; else, where something is in the way, what that is, said to a person. */
export type CleanUpResult =
  | { readonly isDone: true }
  | { readonly isDone: false; readonly obstacle: string | undefined }

interface HubCleanUpComponents {
  readonly client: KubeClient
  readonly applier: ManifestApplier
  readonly crds: CrdApplier
}

/**
 * Takes a hub away: first its CRDs, in an order in which controllers and agents can still do what finalizers want of them, then
 * what asks for webhooks, then all the rest. Each call goes on where the last one had to stop.
 */
export class HubCleanUp {
  readonly #components: HubCleanUpComponents
  readonly #skipRemoveCrds: boolean

  constructor(components: HubCleanUpComponents, options: { readonly skipRemoveCrds: boolean }) {
    this.#components = components
    this.#skipRemoveCrds = options.skipRemoveCrds
  }

  async run(config: HubConfig, signal: AbortSignal): Promise<CleanUpResult> {
    const remaining = await this.#removeCrds(signal)
    if (remaining.length > 0) return { isDone: false, obstacle: await this.#obstacleOf(remaining, signal) }
    await this.#deleteAll(webhookConfigurations(config), signal)
    await this.#deleteSecrets(config, signal)
    const { wanted, unwanted } = hubResources(config)
    // what is in the namespace goes with it
    const outermost = [...wanted, ...unwanted].filter((manifest) => !definitionOf(manifest).namespaced)
    await this.#deleteAll(outermost, signal)
    return { isDone: true }
  }

  /** Removes only what has the name of a ClusterManager whose hub it is not: all else is somebody else's, too. */
  async leave(config: HubConfig, signal: AbortSignal): Promise<CleanUpResult> {
    const manifests = [hubDeployments(config), hubResources(config)].flatMap(({ wanted, unwanted }) => [
      ...wanted,
      ...unwanted,
    ])
    await this.#deleteAll(
      manifests.filter(({ kind }) => KINDS_NAMED_BY_MAKER.has(kind)),
      signal,
    )
    return { isDone: true }
  }

  /** Resolves with the names of those that have to go before anything else. */
  async #removeCrds(signal: AbortSignal): Promise<readonly string[]> {
    const { crds } = this.#components
    if (this.#skipRemoveCrds) {
      await crds.release(hubCrdNames(), signal)
      return []
    }
    for (const name of CRDS_TO_DELETE_IN_ORDER) {
      const remaining = await crds.delete([name], signal)
      if (remaining.length > 0) return remaining
    }
    return crds.delete(hubCrdNames(), signal)
  }

  /** Undefined where nothing but the CRDs themselves is left, which will go by themselves. */
  async #obstacleOf(names: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    const { client } = this.#components
    const crds = client.resource<CustomResourceDefinition>(CUSTOM_RESOURCE_DEFINITIONS)
    const texts: string[] = []
    for (const name of names) {
      const crd = await crds.find({ name }, { signal })
      const text = crd && (await describeRemaining(client, crd, signal))
      if (text) texts.push(text)
    }
    return texts.length > 0 ? texts.join('; ') : undefined
  }

  async #deleteSecrets({ namespace, imagePullSecretName }: HubConfig, signal: AbortSignal): Promise<void> {
    const secrets = this.#components.client.resource<Secret>(SECRETS)
    for (const name of [imagePullSecretName, WORK_DRIVER_CONFIG_SECRET]) {
      try {
        await secrets.delete({ namespace, name }, { signal })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }
  }

  async #deleteAll(manifests: readonly Manifest[], signal: AbortSignal): Promise<void> {
    await Promise.all(manifests.map((manifest) => this.#components.applier.delete(manifest, signal)))
  }
}
