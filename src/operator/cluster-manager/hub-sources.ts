import type { ConfigMap, Secret } from '../../apis/core/v1.ts'
import type { KubeObject, ObjectKey } from '../../apis/meta/v1.ts'
import { CLUSTER_MANAGERS, type ClusterManager } from '../../apis/operator/v1.ts'
import { CONFIG_MAPS, SECRETS } from '../../apis/resources.ts'
import type { Informer, Informers } from '../../kube/index.ts'
import { InformedReader } from '../apply/informed-reader.ts'
import { CA_BUNDLE_CONFIG_MAP, SIGNER_SECRET } from '../certificates/certificate-rotation.ts'
import { HUB_LABEL } from '../synced-labels.ts'
import { TLS_PROFILE_CONFIG_MAP } from '../tls-profile.ts'
import { makerOfHub } from './hub-maker.ts'
import {
  ADDON_WEBHOOK_SECRET,
  HUB_NAMESPACE,
  PLACEMENT_DEBUG_SECRET,
  REGISTRATION_WEBHOOK_SECRET,
  WORK_DRIVER_CONFIG_SECRET,
  WORK_WEBHOOK_SECRET,
} from './hub-names.ts'

const RBAC = 'rbac.authorization.k8s.io/v1'
const ADMISSION = 'admissionregistration.k8s.io/v1'

/** The kinds that every hub is made of, and every API serves. */
const HUB_KINDS = [
  { apiVersion: 'v1', kind: 'Namespace' },
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: RBAC, kind: 'ClusterRole' },
  { apiVersion: RBAC, kind: 'ClusterRoleBinding' },
  { apiVersion: ADMISSION, kind: 'ValidatingWebhookConfiguration' },
  { apiVersion: ADMISSION, kind: 'MutatingWebhookConfiguration' },
  { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
]

/** Secrets with certificates. The operator may read no Secrets but those that it knows by name. */
const CERTIFICATE_SECRETS = [
  SIGNER_SECRET,
  REGISTRATION_WEBHOOK_SECRET,
  WORK_WEBHOOK_SECRET,
  ADDON_WEBHOOK_SECRET,
  PLACEMENT_DEBUG_SECRET,
]

/** All that the hub's operator watches. */
export class HubSources {
  readonly clusterManagers: Informer<ClusterManager>
  /** Objects that were made for ClusterManagers. */
  readonly made: InformedReader
  readonly caBundle: Informer<ConfigMap>
  readonly tlsProfile: Informer<ConfigMap>
  readonly certificates: readonly Informer<Secret>[]
  /** Originals, by their names. */
  readonly copied: ReadonlyMap<string, Informer<Secret>>
  /** The copies, which somebody may change. */
  readonly copies: readonly Informer<Secret>[]

  constructor(
    { informers }: { readonly informers: Informers },
    options: { readonly operatorNamespace: string; readonly imagePullSecretName: string },
  ) {
    const { operatorNamespace, imagePullSecretName } = options
    const secret = (namespace: string, name: string) =>
      informers.for<Secret>(SECRETS, { namespace, fieldSelector: `metadata.name=${name}` })
    const configMap = (namespace: string, name: string) =>
      informers.for<ConfigMap>(CONFIG_MAPS, { namespace, fieldSelector: `metadata.name=${name}` })
    const copied = [imagePullSecretName, WORK_DRIVER_CONFIG_SECRET]
    this.clusterManagers = informers.for<ClusterManager>(CLUSTER_MANAGERS)
    this.made = new InformedReader({ informers }, { labelSelector: HUB_LABEL, kinds: HUB_KINDS })
    this.caBundle = configMap(HUB_NAMESPACE, CA_BUNDLE_CONFIG_MAP)
    this.tlsProfile = configMap(operatorNamespace, TLS_PROFILE_CONFIG_MAP)
    this.certificates = CERTIFICATE_SECRETS.map((name) => secret(HUB_NAMESPACE, name))
    this.copied = new Map(copied.map((name) => [name, secret(operatorNamespace, name)]))
    this.copies = copied.map((name) => secret(HUB_NAMESPACE, name))
  }

  /** Of the ClusterManagers, that whose hub it is. */
  makerOfHub(): ClusterManager | undefined {
    return makerOfHub(this.clusterManagers.store.list())
  }

  /** Whoever wants it is concerned: for what is shared by all. */
  readonly toAllClusterManagers = (): readonly ObjectKey[] =>
    this.clusterManagers.store.list().map(({ metadata }) => ({ name: metadata.name ?? '' }))

  /** For what was made for one. */
  readonly toMaker = ({ metadata }: KubeObject): readonly ObjectKey[] => {
    const name = metadata.labels?.[HUB_LABEL]
    return name ? [{ name }] : []
  }
}
