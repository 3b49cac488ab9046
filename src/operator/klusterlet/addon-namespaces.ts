import { isDeepStrictEqual } from 'node:util'
import type { ConfigMap, Namespace, Secret } from '../../apis/core/v1.ts'
import { CONFIG_MAPS, SECRETS } from '../../apis/resources.ts'
import {
  deleteIfThere,
  type KubeClient,
  type ReconcileContext,
  type ReconcileRequest,
} from '../../kube/index.ts'
import { IMAGE_PULL_SECRET } from '../../manifests/image-pull-secret.ts'
import { copySecret } from '../apply/secret-copy.ts'
import { TLS_PROFILE_CONFIG_MAP } from '../tls-profile.ts'
import type { KlusterletSources } from './sources.ts'

/** With the value `true`, on a namespace that add-ons run in. */
const ADDON_NAMESPACE_LABEL = 'addon.open-cluster-management.io/namespace'

export function isAddonNamespace({ metadata: { labels, deletionTimestamp } }: Namespace): boolean {
  return labels?.[ADDON_NAMESPACE_LABEL] === 'true' && deletionTimestamp === undefined
}

/** Gives add-ons what their Pods need and may not read elsewhere: the image pull Secret, and what is said of TLS. */
export class AddonNamespaceReconciler {
  readonly #client: KubeClient
  readonly #sources: KlusterletSources

  constructor(components: { readonly client: KubeClient; readonly sources: KlusterletSources }) {
    this.#client = components.client
    this.#sources = components.sources
  }

  async reconcile({ name: namespace }: ReconcileRequest, { signal }: ReconcileContext): Promise<void> {
    const found = this.#sources.namespaces.store.get({ name: namespace })
    if (!found || !isAddonNamespace(found)) return
    const secrets = this.#client.resource<Secret>(SECRETS)
    const key = { namespace, name: IMAGE_PULL_SECRET }
    await copySecret(this.#sources.pullSecret(), { secrets, key }, {}, signal)
    await this.#copyTlsProfile(namespace, signal)
  }

  async #copyTlsProfile(namespace: string, signal: AbortSignal): Promise<void> {
    const key = { namespace, name: TLS_PROFILE_CONFIG_MAP }
    const source = this.#sources.tlsProfile()
    const configMaps = this.#client.resource<ConfigMap>(CONFIG_MAPS)
    if (!source) {
      await deleteIfThere(configMaps, key, { signal })
      return
    }
    const { data = {} } = source
    const existing = await configMaps.find(key, { signal })
    if (!existing)
      await configMaps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data }, { signal })
    else if (!isDeepStrictEqual(existing.data ?? {}, data))
      await configMaps.update({ ...existing, data }, { signal })
  }
}
