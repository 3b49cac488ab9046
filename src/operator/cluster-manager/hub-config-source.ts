import type { ClusterManager } from '../../apis/operator/v1.ts'
import { errorMessage } from '../../common/errors.ts'
import { isAllowed, type KubeClient, type NewCondition } from '../../kube/index.ts'
import { CA_BUNDLE_KEY } from '../certificates/ca-bundle.ts'
import { CA_BUNDLE_CONFIG_MAP } from '../certificates/certificate-rotation.ts'
import { replicasByNodes } from '../replicas.ts'
import { TLS_PROFILE_CONFIG_MAP, tlsProfileOf } from '../tls-profile.ts'
import { type HubConfig, hubConfig } from './hub-config.ts'
import { HUB_NAMESPACE } from './hub-names.ts'
import type { HubSources } from './hub-sources.ts'
import { invalidTlsProfile } from './refusals.ts'

/** The original's, where nobody says otherwise. */
const DEFAULT_TLS_PROFILE = { minVersion: 'VersionTLS12', cipherSuites: '' }

const DELETE_REQUESTS = {
  group: 'certificates.k8s.io',
  resource: 'certificatesigningrequests',
  verb: 'delete',
}

export interface HubConfigOptions {
  readonly operatorNamespace: string
  readonly controlPlaneNodeLabelSelector: string
  /** 0 to find out by the number of control-plane nodes. */
  readonly deploymentReplicas: number
  readonly enableSyncLabels: boolean
  readonly imagePullSecretName: string
  readonly agentImage: string
}

/** Puts together by what a hub is made: its ClusterManager, and what is around the operator. */
export class HubConfigSource {
  readonly #client: KubeClient
  readonly #sources: HubSources
  readonly #options: HubConfigOptions
  #mayDeleteRequests = false

  constructor(
    { client, sources }: { readonly client: KubeClient; readonly sources: HubSources },
    options: HubConfigOptions,
  ) {
    this.#client = client
    this.#sources = sources
    this.#options = options
  }

  /** Throws an Error where `tlsRefusal` has something to say. */
  async configOf(clusterManager: ClusterManager, signal: AbortSignal): Promise<HubConfig> {
    return { ...(await this.configForRemoval(clusterManager, signal)), tls: this.#tlsProfile() }
  }

  /** The same without the TLS profile, which may be nonsense: nothing is made by it any more. */
  async configForRemoval(clusterManager: ClusterManager, signal: AbortSignal): Promise<HubConfig> {
    const { operatorNamespace, imagePullSecretName, enableSyncLabels, agentImage } = this.#options
    const { copied, caBundle } = this.#sources
    const replicas =
      this.#options.deploymentReplicas ||
      (await replicasByNodes(this.#client, this.#options.controlPlaneNodeLabelSelector, signal))
    const pullSecret = { namespace: operatorNamespace, name: imagePullSecretName }
    const bundle = caBundle.store.get({ namespace: HUB_NAMESPACE, name: CA_BUNDLE_CONFIG_MAP })
    return hubConfig(clusterManager, {
      operatorNamespace,
      replicas,
      caBundle: bundle?.data?.[CA_BUNDLE_KEY] ?? '',
      hasImagePullSecret: copied.get(imagePullSecretName)?.store.get(pullSecret) !== undefined,
      imagePullSecretName,
      enableSyncLabels,
      tls: DEFAULT_TLS_PROFILE,
      agentImage,
      mayDeleteRequests: await this.#findDeletionRight(signal),
    })
  }

  /** Undefined if the TLS profile makes sense, or there is none. */
  tlsRefusal(): NewCondition | undefined {
    try {
      this.#tlsProfile()
      return undefined
    } catch (error) {
      const where = `ConfigMap ${this.#options.operatorNamespace}/${TLS_PROFILE_CONFIG_MAP}`
      return invalidTlsProfile(where, errorMessage(error))
    }
  }

  /** Asked until it is there: it comes with a new role, which may be made after this operator has started. */
  async #findDeletionRight(signal: AbortSignal): Promise<boolean> {
    if (this.#mayDeleteRequests) return true
    this.#mayDeleteRequests = await isAllowed(this.#client, DELETE_REQUESTS, signal)
    return this.#mayDeleteRequests
  }

  #tlsProfile(): HubConfig['tls'] {
    const key = { namespace: this.#options.operatorNamespace, name: TLS_PROFILE_CONFIG_MAP }
    const { minVersion, cipherSuites } = tlsProfileOf(this.#sources.tlsProfile.store.get(key)) ?? {}
    return {
      minVersion: minVersion ?? DEFAULT_TLS_PROFILE.minVersion,
      cipherSuites: cipherSuites ?? DEFAULT_TLS_PROFILE.cipherSuites,
    }
  }
}
