import type { CustomResourceDefinition } from '../../apis/apiextensions/v1.ts'
import type { Deployment } from '../../apis/apps/v1.ts'
import type { ConfigMap, Namespace, Secret } from '../../apis/core/v1.ts'
import { clusterPropertyCrd, spokeCrds } from '../../apis/crds.ts'
import type { ObjectKey } from '../../apis/meta/v1.ts'
import { KLUSTERLETS, type Klusterlet } from '../../apis/operator/v1.ts'
import {
  CONFIG_MAPS,
  CUSTOM_RESOURCE_DEFINITIONS,
  DEPLOYMENTS,
  NAMESPACES,
  SECRETS,
} from '../../apis/resources.ts'
import type { Informer, Informers, ResourceDefinition } from '../../kube/index.ts'
import { IMAGE_PULL_SECRET } from '../../manifests/image-pull-secret.ts'
import { BOOTSTRAP_KUBECONFIG_SECRET, HUB_KUBECONFIG_SECRET } from '../../manifests/klusterlet.ts'
import { InformedReader } from '../apply/informed-reader.ts'
import type { Manifest } from '../apply/manifest.ts'
import type { ManifestReader } from '../apply/manifest-applier.ts'
import { AGENT_LABEL } from '../synced-labels.ts'
import { TLS_PROFILE_CONFIG_MAP } from '../tls-profile.ts'

/** What nobody tells of is looked at again so often: nodes, and what the hub allows. */
const RESYNC_MS = 5 * 60_000

const RBAC = 'rbac.authorization.k8s.io/v1'

/** Kinds of what is made with the agents' label. */
const MADE_KINDS = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: RBAC, kind: 'ClusterRole' },
  { apiVersion: RBAC, kind: 'ClusterRoleBinding' },
  { apiVersion: RBAC, kind: 'Role' },
  { apiVersion: RBAC, kind: 'RoleBinding' },
]

/** What the operator watches on its cluster, and what it has made there as far as it is known by that. */
export class KlusterletSources implements ManifestReader {
  readonly klusterlets: Informer<Klusterlet>
  readonly namespaces: Informer<Namespace>
  /** Secrets of one name, in all namespaces: the operator may read no others. */
  readonly bootstrapSecrets: Informer<Secret>
  readonly hubSecrets: Informer<Secret>
  readonly pullSecrets: Informer<Secret>
  readonly tlsProfiles: Informer<ConfigMap>
  /** The agents' Deployments. */
  readonly deployments: Informer<Deployment>
  /** Those that the agents need, by their names. */
  readonly crds: ReadonlyMap<string, Informer<CustomResourceDefinition & Manifest>>
  readonly operatorNamespace: string
  readonly #made: InformedReader

  constructor(informers: Informers, operatorNamespace: string) {
    this.operatorNamespace = operatorNamespace
    this.klusterlets = informers.for<Klusterlet>(KLUSTERLETS, { resyncMs: RESYNC_MS })
    this.namespaces = informers.for<Namespace>(NAMESPACES)
    const secrets = (name: string) => informers.for<Secret>(SECRETS, named(name))
    this.bootstrapSecrets = secrets(BOOTSTRAP_KUBECONFIG_SECRET)
    this.hubSecrets = secrets(HUB_KUBECONFIG_SECRET)
    this.pullSecrets = secrets(IMAGE_PULL_SECRET)
    this.tlsProfiles = informers.for<ConfigMap>(CONFIG_MAPS, {
      namespace: operatorNamespace,
      ...named(TLS_PROFILE_CONFIG_MAP),
    })
    this.#made = new InformedReader({ informers }, { labelSelector: AGENT_LABEL, kinds: MADE_KINDS })
    this.deployments = informers.for<Deployment>(DEPLOYMENTS, { labelSelector: AGENT_LABEL })
    this.crds = new Map(
      [...spokeCrds(), clusterPropertyCrd()].map(({ metadata: { name = '' } }) => [
        name,
        informers.for<CustomResourceDefinition & Manifest>(CUSTOM_RESOURCE_DEFINITIONS, named(name)),
      ]),
    )
  }

  /** Of everything that is made with the agents' label. */
  made(): Iterable<Informer<Manifest>> {
    return this.#made.informers()
  }

  reads(definition: ResourceDefinition): boolean {
    return isCrd(definition) || isNamespace(definition) || this.#made.reads(definition)
  }

  get(definition: ResourceDefinition, key: ObjectKey): Manifest | undefined {
    if (isCrd(definition)) return this.crds.get(key.name)?.store.get(key)
    if (isNamespace(definition)) return this.namespaces.store.get(key) as Manifest | undefined
    return this.#made.get(definition, key)
  }

  pullSecret(): Secret | undefined {
    return this.pullSecrets.store.get({ namespace: this.operatorNamespace, name: IMAGE_PULL_SECRET })
  }

  tlsProfile(): ConfigMap | undefined {
    return this.tlsProfiles.store.get({ namespace: this.operatorNamespace, name: TLS_PROFILE_CONFIG_MAP })
  }
}

function named(name: string): { fieldSelector: string } {
  return { fieldSelector: `metadata.name=${name}` }
}

function isCrd({ plural }: ResourceDefinition): boolean {
  return plural === CUSTOM_RESOURCE_DEFINITIONS.plural
}

function isNamespace({ plural }: ResourceDefinition): boolean {
  return plural === NAMESPACES.plural
}
