import type { ServiceAccount } from '../apis/core/v1.ts'
import { clusterManagerCrd } from '../apis/crds.ts'
import type { KubeObject } from '../apis/meta/v1.ts'
import type { ClusterManager, ClusterManagerSpec } from '../apis/operator/v1.ts'
import {
  BOOTSTRAP_SERVICE_ACCOUNT,
  BOOTSTRAP_TOKEN_ID,
  bootstrapClusterRole,
  bootstrapServiceAccount,
  bootstrapServiceAccountBinding,
  bootstrapTokenBinding,
  bootstrapTokenSecret,
} from './bootstrap-identity.ts'
import { CLUSTER_MANAGER_RULES } from './cluster-manager-role.ts'
import { IMAGE_PULL_SECRET, imagePullSecret } from './image-pull-secret.ts'
import { type ImageOptions, imageReference } from './images.ts'
import { operatorDeployment } from './operator-deployment.ts'
import { clusterRole, clusterRoleBinding, serviceAccountSubject } from './rbac.ts'

/** Name of the operator, of all that belongs to it, and of the object that it realises. */
export const CLUSTER_MANAGER = 'cluster-manager'

/** Where operators are. */
export const OPERATOR_NAMESPACE = 'open-cluster-management'

/** Parts of the ClusterManager's spec: their fields go in place of the defaults. */
export type ClusterManagerParts = Pick<
  ClusterManagerSpec,
  | 'resourceRequirement'
  | 'registrationConfiguration'
  | 'workConfiguration'
  | 'addOnManagerConfiguration'
  | 'placementConfiguration'
  | 'serverConfiguration'
>

export interface ClusterManagerOptions {
  /** @default OPERATOR_NAMESPACE */
  readonly namespace?: string
  /** Whether the namespace is among the manifests. @default true */
  readonly createNamespace?: boolean
  /** @default the original's, of the default bundle version */
  readonly images?: ImageOptions
  /** Of the operator. @default IfNotPresent */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  /** Of the operator. @default 3 */
  readonly replicas?: number
  /** Text of a Docker configuration file. @default `{}` */
  readonly dockerConfigJson?: string
  /** How new agents show who they are. @default a service account */
  readonly bootstrap?: {
    readonly serviceAccount?: boolean
    /** A bootstrap token's secret half: 16 characters of `a-z0-9`. */
    readonly tokenSecret?: string
  }
  /** Labels of the ClusterManager are to be on everything that is made for it. @default false */
  readonly enableSyncLabels?: boolean
  /** @default Default */
  readonly mode?: 'Default' | 'Hosted'
  readonly clusterManager?: ClusterManagerParts
}

/** What `clusteradm init` applies, in this order. After the first, the CRD, wait for it to be established. */
export function clusterManagerManifests(options: ClusterManagerOptions = {}): readonly KubeObject[] {
  const { namespace = OPERATOR_NAMESPACE, bootstrap = { serviceAccount: true } } = options
  const labels = { app: CLUSTER_MANAGER }
  const image = imageReference('registration-operator', options.images)
  return [
    clusterManagerCrd(),
    ...(options.createNamespace === false
      ? []
      : [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]),
    operatorServiceAccount(namespace),
    ...(bootstrap.serviceAccount ? [bootstrapServiceAccount(namespace)] : []),
    imagePullSecret(namespace, labels, options.dockerConfigJson),
    ...(bootstrap.tokenSecret ? [bootstrapTokenSecret(bootstrap.tokenSecret, labels)] : []),
    ...(bootstrap.serviceAccount || bootstrap.tokenSecret ? [bootstrapClusterRole()] : []),
    ...(bootstrap.serviceAccount ? [bootstrapServiceAccountBinding(namespace)] : []),
    ...(bootstrap.tokenSecret ? [bootstrapTokenBinding()] : []),
    clusterRole({ name: CLUSTER_MANAGER }, CLUSTER_MANAGER_RULES),
    clusterRoleBinding(
      { name: CLUSTER_MANAGER },
      CLUSTER_MANAGER,
      serviceAccountSubject(namespace, CLUSTER_MANAGER),
    ),
    operatorDeployment({
      name: CLUSTER_MANAGER,
      namespace,
      container: 'registration-operator',
      image,
      ...(options.imagePullPolicy && { imagePullPolicy: options.imagePullPolicy }),
      replicas: options.replicas ?? 3,
      args: ['/registration-operator', 'hub', ...(options.enableSyncLabels ? ['--enable-sync-labels'] : [])],
      env: [{ name: 'AGENT_IMAGE', value: image }],
    }),
    clusterManager(options, autoApproveUsers(namespace, bootstrap)),
  ]
}

function operatorServiceAccount(namespace: string): ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: CLUSTER_MANAGER, namespace },
    imagePullSecrets: [{ name: IMAGE_PULL_SECRET }],
  }
}

function clusterManager(options: ClusterManagerOptions, autoApproved: readonly string[]): ClusterManager {
  const image = (name: Parameters<typeof imageReference>[0]) => imageReference(name, options.images)
  const parts = options.clusterManager ?? {}
  return {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'ClusterManager',
    metadata: { name: CLUSTER_MANAGER },
    spec: {
      registrationImagePullSpec: image('registration'),
      workImagePullSpec: image('work'),
      placementImagePullSpec: image('placement'),
      addOnManagerImagePullSpec: image('addon-manager'),
      deployOption: { mode: options.mode ?? 'Default' },
      resourceRequirement: parts.resourceRequirement ?? { type: 'Default' },
      registrationConfiguration: {
        ...(autoApproved.length > 0 && { autoApproveUsers: autoApproved }),
        featureGates: [
          { feature: 'DefaultClusterSet', mode: 'Enable' },
          { feature: 'ResourceCleanup', mode: 'Enable' },
        ],
        registrationDrivers: [{ authType: 'csr' }],
        ...parts.registrationConfiguration,
      },
      workConfiguration: { workDriver: 'kube', ...parts.workConfiguration },
      addOnManagerConfiguration: parts.addOnManagerConfiguration ?? {
        featureGates: [{ feature: 'AddonManagement', mode: 'Enable' }],
      },
      ...(parts.placementConfiguration && { placementConfiguration: parts.placementConfiguration }),
      ...(parts.serverConfiguration && { serverConfiguration: parts.serverConfiguration }),
    },
  }
}

/**
 * Whose CSRs are approved where the gate ManagedClusterAutoApproval is on. The original names the token's Secret for its user,
 * which nobody is called; the user's real name is there beside it.
 */
function autoApproveUsers(
  namespace: string,
  { serviceAccount, tokenSecret }: NonNullable<ClusterManagerOptions['bootstrap']>,
): string[] {
  return [
    ...(tokenSecret
      ? [`system:bootstrap:bootstrap-token-${BOOTSTRAP_TOKEN_ID}`, `system:bootstrap:${BOOTSTRAP_TOKEN_ID}`]
      : []),
    ...(serviceAccount ? [`system:serviceaccount:${namespace}:${BOOTSTRAP_SERVICE_ACCOUNT}`] : []),
  ]
}
