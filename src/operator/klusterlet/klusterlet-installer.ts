import { KLUSTERLET_NAMESPACE_LABEL, KLUSTERLET_REASON } from '../../apis/operator/constants.ts'
import type { GenerationStatus, Klusterlet, RelatedResourceMeta } from '../../apis/operator/v1.ts'
import type { KubeClient } from '../../kube/index.ts'
import type { Manifest } from '../apply/manifest.ts'
import type { ManifestApplier } from '../apply/manifest-applier.ts'
import { isRelated, withRelatedResources } from '../apply/related-resources.ts'
import { replicasByNodes } from '../replicas.ts'
import { AGENT_LABEL, labelsFor } from '../synced-labels.ts'
import { tlsProfileOf } from '../tls-profile.ts'
import type { AgentContext } from './agent-context.ts'
import { crdsOf } from './agent-crds.ts'
import { AgentDeployer } from './agent-deployer.ts'
import { bringSecrets, copyPullSecret, ensureNamespace, leaveOldNamespaces } from './agent-namespaces.ts'
import { isRegistrationGateEnabled } from './gates.ts'
import type { ManagedCluster } from './managed-cluster.ts'
import { aggregateRole, managedManifests } from './managed-manifests.ts'
import { managementManifests } from './management-manifests.ts'
import { ADDON_NAMESPACE, agentNamespaceOf, isHosted, klusterletNamespaceOf, nameOf } from './names.ts'
import { networkPolicies } from './network-policies.ts'
import type { KlusterletSources } from './sources.ts'
import { inStage } from './stage-error.ts'

export interface KlusterletInstallerComponents {
  readonly client: KubeClient
  /** Of the cluster that agents run in. */
  readonly applier: ManifestApplier
  readonly sources: KlusterletSources
}

export interface KlusterletInstallerOptions {
  /** Nodes of the control plane: agents of a cluster with several are more than one each. */
  readonly controlPlaneNodeLabelSelector: string
  /** Of each agent; 0 for as many as the nodes make sense of. */
  readonly deploymentReplicas: number
  readonly disableAddonNamespace: boolean
  /** Labels of the Klusterlet go on to everything that is made for it. */
  readonly enableSyncLabels: boolean
}

/** What a status says of what was made. */
export interface Installed {
  readonly relatedResources: readonly RelatedResourceMeta[]
  readonly generations: readonly GenerationStatus[]
}

type Labels = Readonly<Record<string, string>>

/**
 * Makes the world as a Klusterlet wants it, stage by stage: CRDs, what the agents need on the managed cluster, what they need where they
 * run, themselves; and in the end removes the namespace that they have left.
 */
export class KlusterletInstaller {
  readonly #client: KubeClient
  readonly #applier: ManifestApplier
  readonly #sources: KlusterletSources
  readonly #deployer: AgentDeployer
  readonly #options: KlusterletInstallerOptions

  constructor(components: KlusterletInstallerComponents, options: KlusterletInstallerOptions) {
    this.#client = components.client
    this.#applier = components.applier
    this.#sources = components.sources
    this.#deployer = new AgentDeployer(components)
    this.#options = options
  }

  /** Rejects with a StageError; with a WaitingError where an event will tell when it is worth to try again. */
  async install(klusterlet: Klusterlet, managed: ManagedCluster, signal?: AbortSignal): Promise<Installed> {
    const context = await this.#contextOf(klusterlet, signal)
    const { labels } = context
    const crds = crdsOf(klusterlet)
    await inStage(KLUSTERLET_REASON.crdApplyFailed, () => managed.crds.apply(crds, signal), undefined, signal)
    const onManaged = managedManifests(klusterlet, labels)
    await this.#prepareManagedCluster(klusterlet, managed, labels, signal)
    await inStage(
      KLUSTERLET_REASON.managedClusterResourceApplyFailed,
      () => applyAll(managed.applier, [...onManaged, aggregateRole(klusterlet, labels)], signal),
      undefined,
      signal,
    )
    const onManagement = managementManifests(klusterlet, labels)
    const agentNamespace = agentNamespaceOf(klusterlet)
    const pullSecret = this.#sources.pullSecret()
    const inNamespace = this.#labelsIn(agentNamespace, klusterlet, labels)
    await ensureNamespace(this.#applier, agentNamespace, inNamespace, signal)
    await copyPullSecret(pullSecret, this.#client, agentNamespace, inNamespace, signal)
    const { bootstrapSecrets, hubSecrets } = this.#sources
    const klusterlets = this.#sources.klusterlets.store.list()
    await bringSecrets(klusterlet, klusterlets, managed, [bootstrapSecrets, hubSecrets], signal)
    await inStage(
      KLUSTERLET_REASON.managementClusterResourceApplyFailed,
      () => applyAll(this.#applier, onManagement, signal),
      undefined,
      signal,
    )
    await this.#removeUnwanted(klusterlet, signal)
    const { deployments, generations } = await this.#deployer.deploy(klusterlet, context, signal)
    await leaveOldNamespaces(klusterlet, klusterlets, managed, this.#options.disableAddonNamespace, signal)
    const manifests = [...(crds as readonly Manifest[]), ...onManaged, ...onManagement, ...deployments]
    return { relatedResources: withRelatedResources([], manifests), generations }
  }

  async #contextOf(klusterlet: Klusterlet, signal?: AbortSignal): Promise<AgentContext> {
    const { deploymentReplicas, controlPlaneNodeLabelSelector, enableSyncLabels } = this.#options
    const replicas =
      deploymentReplicas > 0
        ? deploymentReplicas
        : isHosted(klusterlet)
          ? 1
          : await replicasByNodes(this.#client, controlPlaneNodeLabelSelector, signal)
    const tls = await inStage(KLUSTERLET_REASON.applyFailed, async () =>
      tlsProfileOf(this.#sources.tlsProfile()),
    )
    return { replicas, labels: labelsFor(klusterlet, AGENT_LABEL, enableSyncLabels), tls }
  }

  async #prepareManagedCluster(
    klusterlet: Klusterlet,
    managed: ManagedCluster,
    labels: Labels,
    signal?: AbortSignal,
  ): Promise<void> {
    if (!this.#options.disableAddonNamespace) {
      const shared = this.#labelsIn(ADDON_NAMESPACE, klusterlet, labels)
      await ensureNamespace(managed.applier, ADDON_NAMESPACE, shared, signal)
      await copyPullSecret(this.#sources.pullSecret(), managed.client, ADDON_NAMESPACE, shared, signal)
    }
    const namespace = klusterletNamespaceOf(klusterlet)
    const own = { ...labels, [KLUSTERLET_NAMESPACE_LABEL]: nameOf(klusterlet) }
    await ensureNamespace(managed.applier, namespace, this.#labelsIn(namespace, klusterlet, own), signal)
  }

  /** A namespace that several Klusterlets share has the labels of the first, for as long as that is there. */
  #labelsIn(namespace: string, klusterlet: Klusterlet, labels: Labels): Labels {
    const { namespaces, klusterlets } = this.#sources
    const maker = namespaces.store.get({ name: namespace })?.metadata.labels?.[AGENT_LABEL]
    if (maker === undefined || maker === nameOf(klusterlet)) return labels
    const other = klusterlets.store.get({ name: maker })
    return other && !other.metadata.deletionTimestamp ? {} : labels
  }

  /** Policies of a gate that is off again would go on to keep agents from what they need. */
  async #removeUnwanted(klusterlet: Klusterlet, signal?: AbortSignal): Promise<void> {
    if (isRegistrationGateEnabled(klusterlet, 'NetworkPolicies')) return
    const unwanted = networkPolicies(agentNamespaceOf(klusterlet)).filter((each) =>
      isRelated(klusterlet.status?.relatedResources, each),
    )
    await inStage(
      KLUSTERLET_REASON.managementClusterResourceApplyFailed,
      () => Promise.all(unwanted.map((each) => this.#applier.delete(each, signal))),
      undefined,
      signal,
    )
  }
}

/** Whatever fails does not keep the others from being applied. */
async function applyAll(
  applier: ManifestApplier,
  manifests: readonly Manifest[],
  signal?: AbortSignal,
): Promise<void> {
  const results = await Promise.allSettled(manifests.map((manifest) => applier.apply(manifest, { signal })))
  signal?.throwIfAborted()
  const errors = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
  if (errors.length > 0) throw new AggregateError(errors, 'some manifests could not be applied')
}
