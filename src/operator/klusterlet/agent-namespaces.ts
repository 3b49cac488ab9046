import type { Namespace, Secret } from '../../apis/core/v1.ts'
import { KLUSTERLET_NAMESPACE_LABEL, KLUSTERLET_REASON } from '../../apis/operator/constants.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import { NAMESPACES, SECRETS } from '../../apis/resources.ts'
import {
  deleteIfThere,
  type Informer,
  isAlreadyExists,
  type KubeClient,
  type ResourceClient,
} from '../../kube/index.ts'
import { IMAGE_PULL_SECRET } from '../../manifests/image-pull-secret.ts'
import { MANAGEMENT_WORKLOAD } from '../../manifests/klusterlet.ts'
import type { Manifest } from '../apply/manifest.ts'
import type { ManifestApplier } from '../apply/manifest-applier.ts'
import { copySecret } from '../apply/secret-copy.ts'
import type { ManagedCluster } from './managed-cluster.ts'
import { ADDON_NAMESPACE, agentNamespaceOf, isHosted, klusterletNamespaceOf, nameOf } from './names.ts'
import { othersIn } from './shared-namespaces.ts'
import { inStage } from './stage-error.ts'

type Labels = Readonly<Record<string, string>>

/** Makes a namespace for agents or add-ons. Rejects with a StageError. */
export async function ensureNamespace(
  applier: ManifestApplier,
  name: string,
  labels: Labels,
  signal?: AbortSignal,
): Promise<void> {
  const namespace: Namespace & Manifest = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, annotations: MANAGEMENT_WORKLOAD.namespace, labels },
  }
  await inStage(
    KLUSTERLET_REASON.applyFailed,
    () => applier.apply(namespace, { signal }),
    (message) => `Failed to ensure namespace of klusterlet "${name}": ${message}`,
    signal,
  )
}

/** Gives the Pods of a namespace what they pull their images with; takes it away where there is none. Rejects with a StageError. */
export async function copyPullSecret(
  source: Secret | undefined,
  target: KubeClient,
  namespace: string,
  labels: Labels,
  signal?: AbortSignal,
): Promise<void> {
  const secrets = target.resource<Secret>(SECRETS)
  const key = { namespace, name: IMAGE_PULL_SECRET }
  await inStage(
    KLUSTERLET_REASON.applyFailed,
    () => copySecret(source, { secrets, key }, labels, signal),
    (message) => `Failed to sync image pull secret to namespace "${namespace}": ${message}`,
    signal,
  )
}

/**
 * Where `spec.namespace` was another: brings along what the agents show the hub, as far as the new namespace has nothing of the kind, so that
 * they go on as who they were. Kubeconfigs of several hubs have names that the operator may not read. Rejects with a StageError.
 */
export async function bringSecrets(
  klusterlet: Klusterlet,
  klusterlets: readonly Klusterlet[],
  managed: ManagedCluster,
  secrets: readonly Informer<Secret>[],
  signal?: AbortSignal,
): Promise<void> {
  if (isHosted(klusterlet)) return
  const namespace = agentNamespaceOf(klusterlet)
  for (const from of oldNamespaces(klusterlet, klusterlets, managed)) {
    for (const { store, resource } of secrets) {
      const old = store.list().find(({ metadata }) => metadata.namespace === from)
      if (!old || store.list().some(({ metadata }) => metadata.namespace === namespace)) continue
      const { apiVersion, kind, metadata, type, data } = old
      const { name = '', labels } = metadata
      const copy = { apiVersion, kind, metadata: { name, namespace, ...(labels && { labels }) }, type, data }
      await inStage(
        KLUSTERLET_REASON.applyFailed,
        () => createIfMissing(resource, copy as Secret, signal),
        (message) =>
          `Failed to bring secret "${name}" from namespace "${from}" to "${namespace}": ${message}`,
        signal,
      )
    }
  }
}

async function createIfMissing(
  secrets: ResourceClient<Secret>,
  secret: Secret,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await secrets.create(secret, { signal })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

/** Those that a Klusterlet has made and is not in any more, and that no other is in. */
function oldNamespaces(
  klusterlet: Klusterlet,
  klusterlets: readonly Klusterlet[],
  managed: ManagedCluster,
): string[] {
  return managed
    .namespaces()
    .filter(({ metadata: { labels } }) => labels?.[KLUSTERLET_NAMESPACE_LABEL] === nameOf(klusterlet))
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map(({ metadata: { name = '' } }) => name)
    .filter((name) => name !== klusterletNamespaceOf(klusterlet))
    .filter((name) => othersIn(name, klusterlet, klusterlets).length === 0)
}

/**
 * Where `spec.namespace` was another: to be called when the agents are in the new one. What other Klusterlets use stays. Rejects with a
 * StageError.
 */
export async function leaveOldNamespaces(
  klusterlet: Klusterlet,
  klusterlets: readonly Klusterlet[],
  managed: ManagedCluster,
  disableAddonNamespace: boolean,
  signal?: AbortSignal,
): Promise<void> {
  for (const name of oldNamespaces(klusterlet, klusterlets, managed)) {
    if (name === ADDON_NAMESPACE && !disableAddonNamespace) continue
    await inStage(
      KLUSTERLET_REASON.applyFailed,
      () => deleteIfThere(managed.client.resource(NAMESPACES), { name }, { signal }),
      undefined,
      signal,
    )
  }
}
