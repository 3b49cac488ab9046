import { KLUSTERLET_NAMESPACE_LABEL } from '../../apis/operator/constants.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import { CLUSTER_ROLES, DEPLOYMENTS, NAMESPACES, SECRETS } from '../../apis/resources.ts'
import { APPLIED_MANIFEST_WORK_FINALIZER } from '../../apis/work/constants.ts'
import { APPLIED_MANIFEST_WORKS, type AppliedManifestWork } from '../../apis/work/v1.ts'
import { deleteIfThere, isNotFound, type KubeClient, type ObjectReader } from '../../kube/index.ts'
import { HUB_KUBECONFIG_SECRET } from '../../manifests/klusterlet.ts'
import { definitionOf, type Manifest, manifestKey } from '../apply/manifest.ts'
import { AGENT_LABEL, labelsFor } from '../synced-labels.ts'
import { crdsOf } from './agent-crds.ts'
import type { ManagedCluster } from './managed-cluster.ts'
import { aggregateRole, managedManifests } from './managed-manifests.ts'
import { managementManifests } from './management-manifests.ts'
import { ADDON_NAMESPACE, agentNamespaceOf, deploymentsOf, klusterletNamespaceOf } from './names.ts'
import { othersIn } from './shared-namespaces.ts'

export interface KlusterletCleanupComponents {
  readonly client: KubeClient
  /** All that there are. */
  readonly klusterlets: ObjectReader<Klusterlet>
}

/**
 * Removes what was made for a Klusterlet: first the agents, so that nobody makes anything anew, then what they had. Stays: the CRDs, with
 * the objects of these kinds, for other Klusterlets may share them; the namespace that one does share; and what was deployed by ManifestWorks. Asks nothing of the hub, which
 * may be gone. Every step finds by itself what is left to do, so that it can be broken off and begun anew.
 */
export class KlusterletCleanup {
  readonly #client: KubeClient
  readonly #klusterlets: ObjectReader<Klusterlet>
  readonly #disableAddonNamespace: boolean

  constructor(
    { client, klusterlets }: KlusterletCleanupComponents,
    options: { readonly disableAddonNamespace: boolean },
  ) {
    this.#client = client
    this.#klusterlets = klusterlets
    this.#disableAddonNamespace = options.disableAddonNamespace
  }

  async clean(klusterlet: Klusterlet, managed: ManagedCluster, signal?: AbortSignal): Promise<void> {
    const namespace = agentNamespaceOf(klusterlet)
    const { registration, work, unwanted } = deploymentsOf(klusterlet)
    for (const name of new Set([registration, work, ...unwanted]))
      await deleteIfThere(this.#client.resource(DEPLOYMENTS), { namespace, name }, { signal })
    await this.#cleanManagedCluster(klusterlet, managed, signal)
    const isShared = this.#isShared(namespace, klusterlet)
    if (!isShared)
      await deleteIfThere(
        this.#client.resource(SECRETS),
        { namespace, name: HUB_KUBECONFIG_SECRET },
        { signal },
      )
    const manifests = managementManifests(klusterlet, labelsOf(klusterlet))
    const own = isShared ? manifests.filter(({ kind }) => kind !== 'NetworkPolicy') : manifests
    await deleteManifests(this.#client, own, signal)
  }

  async #cleanManagedCluster(
    klusterlet: Klusterlet,
    managed: ManagedCluster,
    signal?: AbortSignal,
  ): Promise<void> {
    const { client } = managed
    const crds = crdsOf(klusterlet).map(({ metadata: { name = '' } }) => name)
    await managed.crds.release(crds, signal)
    await releaseAppliedWorks(client, klusterlet.metadata.uid, signal)
    const labels = labelsOf(klusterlet)
    await deleteManifests(client, managedManifests(klusterlet, labels), signal)
    const aggregate = aggregateRole(klusterlet, labels)
    await deleteIfThere(client.resource(CLUSTER_ROLES), manifestKey(aggregate), { signal })
    for (const name of this.#namespacesToRemove(klusterlet, managed))
      await deleteIfThere(client.resource(NAMESPACES), { name }, { signal })
  }

  /** The add-ons' namespace is that of all Klusterlets: the last of them takes it along. */
  #namespacesToRemove(klusterlet: Klusterlet, managed: ManagedCluster): string[] {
    const own = klusterletNamespaceOf(klusterlet)
    if (this.#isShared(own, klusterlet)) return []
    const isUsed = managed
      .namespaces()
      .filter(({ metadata: { name, deletionTimestamp } }) => name !== own && !deletionTimestamp)
      .some(({ metadata: { labels } }) => labels?.[KLUSTERLET_NAMESPACE_LABEL] !== undefined)
    return isUsed || this.#disableAddonNamespace ? [own] : [own, ADDON_NAMESPACE]
  }

  #isShared(namespace: string, klusterlet: Klusterlet): boolean {
    return othersIn(namespace, klusterlet, this.#klusterlets.list()).length > 0
  }
}

/** Nobody is left to clean up after them: what they have applied stays. Works of other agents are not touched. */
async function releaseAppliedWorks(
  client: KubeClient,
  agentId: string | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const resource = client.resource<AppliedManifestWork>(APPLIED_MANIFEST_WORKS)
  const works = await resource.listAll({ signal }).catch((error: unknown) => {
    if (isNotFound(error)) return { items: [] } // there is no such kind
    throw error
  })
  for (const { metadata, spec } of works.items) {
    const { name = '', finalizers = [], uid, resourceVersion } = metadata
    if (spec?.agentID !== agentId || !finalizers.includes(APPLIED_MANIFEST_WORK_FINALIZER)) continue
    const left = finalizers.filter((each) => each !== APPLIED_MANIFEST_WORK_FINALIZER)
    const body = { metadata: { uid, resourceVersion, finalizers: left } }
    try {
      await resource.patch({ name }, { type: 'merge', body }, { signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

async function deleteManifests(
  client: KubeClient,
  manifests: readonly Manifest[],
  signal?: AbortSignal,
): Promise<void> {
  for (const manifest of manifests)
    await deleteIfThere(client.resource(definitionOf(manifest)), manifestKey(manifest), { signal })
}

/** By which labels they are found makes no difference here: they are by their names. */
function labelsOf(klusterlet: Klusterlet): Record<string, string> {
  return labelsFor(klusterlet, AGENT_LABEL, false)
}
