import { MANAGED_CLUSTER_ADD_ONS, type ManagedClusterAddOn } from '../../apis/addon/v1alpha1.ts'
import type { CertificateSigningRequest } from '../../apis/certificates/v1.ts'
import { CLUSTER_NAME_LABEL, CLUSTER_SET_LABEL } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import {
  MANAGED_CLUSTER_SET_BINDINGS,
  MANAGED_CLUSTER_SETS,
  type ManagedClusterSet,
  type ManagedClusterSetBinding,
} from '../../apis/cluster/v1beta2.ts'
import type { Lease } from '../../apis/coordination/v1.ts'
import type { Namespace } from '../../apis/core/v1.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import type { ClusterRole, ClusterRoleBinding, RoleBinding } from '../../apis/rbac/v1.ts'
import {
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  LEASES,
  NAMESPACES,
  ROLE_BINDINGS,
} from '../../apis/resources.ts'
import { MANIFEST_WORKS } from '../../apis/work/v1.ts'
import type { Informer, Informers } from '../../kube/index.ts'
import { ADD_ON_NAME_LABEL } from '../addon-identity.ts'

/** Indexes of the informers below. */
export const BY_CLUSTER_SET = 'cluster set'
export const BY_SET_OF_MANAGED_NAMESPACE = 'set of a managed namespace'
export const BY_SELECTOR_TYPE = 'selector type'
export const BY_CLUSTER = 'cluster'

/** What belongs to a cluster, and to none of its add-ons. */
const OWN = { labelSelector: `${CLUSTER_NAME_LABEL},!${ADD_ON_NAME_LABEL}` }
const OF_CLUSTERS = { labelSelector: CLUSTER_NAME_LABEL }

/** What the hub's controllers keep in memory, and share. */
export interface HubInformers {
  readonly clusters: Informer<ManagedCluster>
  readonly clusterSets: Informer<ManagedClusterSet>
  readonly bindings: Informer<ManagedClusterSetBinding>
  /** Their metadata alone: manifests may be large, and are nobody's business here. */
  readonly works: Informer<KubeObject>
  readonly addOns: Informer<ManagedClusterAddOn>
  readonly namespaces: Informer<Namespace>
  readonly clusterRoles: Informer<ClusterRole>
  readonly clusterRoleBindings: Informer<ClusterRoleBinding>
  readonly roleBindings: Informer<RoleBinding>
  readonly leases: Informer<Lease>
  readonly signingRequests: Informer<CertificateSigningRequest>
}

export function hubInformers(informers: Informers): HubInformers {
  return {
    clusters: informers.for<ManagedCluster>(MANAGED_CLUSTERS, {
      indexers: { [BY_CLUSTER_SET]: clusterSetOf, [BY_SET_OF_MANAGED_NAMESPACE]: setsOfManagedNamespaces },
    }),
    clusterSets: informers.for<ManagedClusterSet>(MANAGED_CLUSTER_SETS, {
      indexers: { [BY_SELECTOR_TYPE]: selectorTypeOf },
    }),
    bindings: informers.for<ManagedClusterSetBinding>(MANAGED_CLUSTER_SET_BINDINGS, {
      indexers: { [BY_CLUSTER_SET]: setOfBinding },
    }),
    works: informers.for<KubeObject>(MANIFEST_WORKS, { transform: metadataOnly }),
    addOns: informers.for<ManagedClusterAddOn>(MANAGED_CLUSTER_ADD_ONS),
    namespaces: informers.for<Namespace>(NAMESPACES, OF_CLUSTERS),
    clusterRoles: informers.for<ClusterRole>(CLUSTER_ROLES, OWN),
    clusterRoleBindings: informers.for<ClusterRoleBinding>(CLUSTER_ROLE_BINDINGS, OWN),
    roleBindings: informers.for<RoleBinding>(ROLE_BINDINGS, OWN),
    leases: informers.for<Lease>(LEASES, OF_CLUSTERS),
    signingRequests: informers.for<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS, {
      ...OF_CLUSTERS,
      indexers: { [BY_CLUSTER]: clusterLabelOf },
    }),
  }
}

/** The name of the cluster that an object belongs to, by its label; none if there is no such label. */
export function clusterLabelOf({ metadata }: KubeObject): readonly string[] {
  const name = metadata.labels?.[CLUSTER_NAME_LABEL]
  return name ? [name] : []
}

function clusterSetOf({ metadata }: KubeObject): readonly string[] {
  const name = metadata.labels?.[CLUSTER_SET_LABEL]
  return name ? [name] : []
}

function setsOfManagedNamespaces({ status }: ManagedCluster): readonly string[] {
  return (status?.managedNamespaces ?? []).map(({ clusterSet }) => clusterSet)
}

function selectorTypeOf({ spec }: ManagedClusterSet): readonly string[] {
  return [spec?.clusterSelector?.selectorType ?? 'ExclusiveClusterSetLabel']
}

function setOfBinding({ spec }: ManagedClusterSetBinding): readonly string[] {
  return spec?.clusterSet ? [spec.clusterSet] : []
}

function metadataOnly({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { managedFields: _, ...rest } = metadata
  return { ...(apiVersion && { apiVersion }), ...(kind && { kind }), metadata: rest }
}
