import type { Namespace, Secret, ServiceAccount } from '../apis/core/v1.ts'
import { operatorCrds } from '../apis/crds.ts'
import type { KubeObject } from '../apis/meta/v1.ts'
import type { Klusterlet, KlusterletSpec } from '../apis/operator/v1.ts'
import { OPERATOR_NAMESPACE } from './cluster-manager.ts'
import { DEFAULT_RESOURCES } from './controller-pod.ts'
import { IMAGE_PULL_SECRET, imagePullSecret } from './image-pull-secret.ts'
import { type ImageOptions, imageReference } from './images.ts'
import { KLUSTERLET_RULES } from './klusterlet-role.ts'
import { operatorDeployment } from './operator-deployment.ts'
import { clusterRole, clusterRoleBinding, serviceAccountSubject } from './rbac.ts'

/** Name of the operator, of all that belongs to it, and, unless another is given, of the object that it realises. */
export const KLUSTERLET = 'klusterlet'

/** Where agents are, unless the Klusterlet says otherwise. */
export const DEFAULT_AGENT_NAMESPACE = 'open-cluster-management-agent'

/** Secrets in the agents' namespace. Each has a kubeconfig under the key `kubeconfig`. */
export const BOOTSTRAP_KUBECONFIG_SECRET = 'bootstrap-hub-kubeconfig'
export const HUB_KUBECONFIG_SECRET = 'hub-kubeconfig-secret'
export const EXTERNAL_MANAGED_KUBECONFIG_SECRET = 'external-managed-kubeconfig'

export type KlusterletMode = 'Default' | 'Singleton' | 'Hosted' | 'SingletonHosted'

/** OpenShift is asked to run it on the CPUs that are set aside for management, and to allow that in the namespace. */
export const MANAGEMENT_WORKLOAD = {
  pod: { 'target.workload.openshift.io/management': '{"effect": "PreferredDuringScheduling"}' },
  namespace: { 'workload.openshift.io/allowed': 'management' },
} as const

/** Parts of the Klusterlet's spec: their fields go in place of the defaults. */
export type KlusterletParts = Pick<
  KlusterletSpec,
  | 'externalServerURLs'
  | 'nodePlacement'
  | 'registrationConfiguration'
  | 'workConfiguration'
  | 'resourceRequirement'
  | 'hubApiServerHostAlias'
>

export interface KlusterletOptions {
  /** On the hub. Empty has the agent make one up. */
  readonly clusterName: string
  /** Hosted modes run the agents beside the operator, and reach the managed cluster by `externalManagedKubeconfig`. @default Default */
  readonly mode?: KlusterletMode
  /** @default KLUSTERLET, or `klusterlet-<clusterName>` in hosted modes */
  readonly name?: string
  /** The namespace on the managed cluster. @default DEFAULT_AGENT_NAMESPACE, or `open-cluster-management-<clusterName>` in hosted modes */
  readonly klusterletNamespace?: string
  /** Of the operator. @default OPERATOR_NAMESPACE */
  readonly namespace?: string
  /** Whether the operator's namespace is among the manifests. @default true */
  readonly createNamespace?: boolean
  /** Whether the operator is; else there is one already. @default true, but false in hosted modes */
  readonly operator?: boolean
  /** @default the original's, of the default bundle version */
  readonly images?: ImageOptions
  /** Of the operator. @default IfNotPresent */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  /** Of the operator. @default 1 */
  readonly replicas?: number
  /** Text of a Docker configuration file. @default `{}` */
  readonly dockerConfigJson?: string
  /** Text of the kubeconfig that new agents show the hub. @default nothing is made, it is to be put there later */
  readonly bootstrapKubeconfig?: string
  /** Text of the configuration of a gRPC connection to the hub, beside the kubeconfig. @default none */
  readonly grpcConfig?: string
  /** Kubeconfigs of several hubs by the names of their Secrets, in place of the one. @default none */
  readonly bootstrapKubeconfigs?: Readonly<Record<string, string>>
  /** Text of the managed cluster's kubeconfig, in hosted modes. @default none */
  readonly externalManagedKubeconfig?: string
  /** Labels of the Klusterlet are to be on everything that is made for it. @default false */
  readonly enableSyncLabels?: boolean
  /** A PriorityClass that is made, for the operator and the agents. @default none */
  readonly priorityClassName?: string
  readonly klusterlet?: KlusterletParts
}

/** What `clusteradm join` applies, in this order. After the first, the CRD, wait for it to be established. */
export function klusterletManifests(options: KlusterletOptions): readonly KubeObject[] {
  const { namespace = OPERATOR_NAMESPACE } = options
  const isHosted = isHostedMode(options.mode ?? 'Default')
  const withOperator = (options.operator ?? true) && !isHosted
  const agentNamespace = isHosted ? klusterletName(options) : klusterletNamespace(options)
  const secrets = kubeconfigSecrets(agentNamespace, options)
  return [
    ...operatorCrds().filter(({ metadata }) => metadata.name?.startsWith('klusterlets.')),
    ...(options.createNamespace === false ? [] : [namespaceObject(namespace)]),
    ...(secrets.length === 0 || agentNamespace === namespace
      ? []
      : [namespaceObject(agentNamespace, MANAGEMENT_WORKLOAD.namespace)]),
    imagePullSecret(namespace, { app: KLUSTERLET }, options.dockerConfigJson),
    ...secrets,
    ...(withOperator ? operatorManifests(namespace, options) : []),
    klusterlet(options),
  ]
}

export function isHostedMode(mode: KlusterletMode): boolean {
  return mode === 'Hosted' || mode === 'SingletonHosted'
}

function operatorManifests(namespace: string, options: KlusterletOptions): KubeObject[] {
  const { priorityClassName } = options
  return [
    ...(priorityClassName ? [priorityClass(priorityClassName)] : []),
    operatorServiceAccount(namespace),
    clusterRole({ name: KLUSTERLET }, KLUSTERLET_RULES),
    clusterRoleBinding({ name: KLUSTERLET }, KLUSTERLET, serviceAccountSubject(namespace, KLUSTERLET)),
    operatorDeployment({
      name: KLUSTERLET,
      namespace,
      container: KLUSTERLET,
      image: imageReference('registration-operator', options.images),
      ...(options.imagePullPolicy && { imagePullPolicy: options.imagePullPolicy }),
      replicas: options.replicas ?? 1,
      args: [
        '/registration-operator',
        'klusterlet',
        ...(options.enableSyncLabels ? ['--enable-sync-labels'] : []),
      ],
      resources: { ...DEFAULT_RESOURCES, limits: { memory: '2Gi' } },
      podAnnotations: MANAGEMENT_WORKLOAD.pod,
      ...(priorityClassName && { pod: { priorityClassName } }),
    }),
  ]
}

function klusterlet(options: KlusterletOptions): Klusterlet {
  const image = (name: Parameters<typeof imageReference>[0]) => imageReference(name, options.images)
  const parts = options.klusterlet ?? {}
  return {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name: klusterletName(options) },
    spec: {
      deployOption: { mode: options.mode ?? 'Default' },
      registrationImagePullSpec: image('registration'),
      workImagePullSpec: image('work'),
      imagePullSpec: image('registration-operator'),
      ...(options.clusterName && { clusterName: options.clusterName }),
      namespace: klusterletNamespace(options),
      resourceRequirement: parts.resourceRequirement ?? { type: 'Default' },
      registrationConfiguration: {
        bootstrapKubeConfigs: { type: 'None' },
        registrationDriver: { authType: 'csr' },
        ...parts.registrationConfiguration,
      },
      workConfiguration: parts.workConfiguration ?? {},
      ...(parts.externalServerURLs && { externalServerURLs: parts.externalServerURLs }),
      ...(parts.nodePlacement && { nodePlacement: parts.nodePlacement }),
      ...(parts.hubApiServerHostAlias && { hubApiServerHostAlias: parts.hubApiServerHostAlias }),
      ...(options.priorityClassName && { priorityClassName: options.priorityClassName }),
    },
  }
}

function klusterletName({ name, mode = 'Default', clusterName }: KlusterletOptions): string {
  return name || (isHostedMode(mode) ? `${KLUSTERLET}-${clusterName}` : KLUSTERLET)
}

function klusterletNamespace(options: KlusterletOptions): string {
  const { klusterletNamespace: given, mode = 'Default', clusterName } = options
  return given || (isHostedMode(mode) ? `open-cluster-management-${clusterName}` : DEFAULT_AGENT_NAMESPACE)
}

function kubeconfigSecrets(namespace: string, options: KlusterletOptions): Secret[] {
  const { bootstrapKubeconfig, grpcConfig, bootstrapKubeconfigs, externalManagedKubeconfig } = options
  const bootstrap = bootstrapKubeconfigs
    ? Object.entries(bootstrapKubeconfigs).map(([name, kubeconfig]) =>
        textSecret(namespace, name, { kubeconfig }),
      )
    : bootstrapKubeconfig === undefined
      ? []
      : [
          textSecret(namespace, BOOTSTRAP_KUBECONFIG_SECRET, {
            kubeconfig: bootstrapKubeconfig,
            ...(grpcConfig && { 'config.yaml': grpcConfig }),
          }),
        ]
  if (externalManagedKubeconfig === undefined) return bootstrap
  const managed = { kubeconfig: externalManagedKubeconfig }
  return [...bootstrap, textSecret(namespace, EXTERNAL_MANAGED_KUBECONFIG_SECRET, managed)]
}

function textSecret(namespace: string, name: string, texts: Readonly<Record<string, string>>): Secret {
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  )
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', data }
}

function namespaceObject(name: string, annotations?: Readonly<Record<string, string>>): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...(annotations && { annotations }) } }
}

function operatorServiceAccount(namespace: string): ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: KLUSTERLET, namespace },
    imagePullSecrets: [{ name: IMAGE_PULL_SECRET }],
  }
}

function priorityClass(name: string): KubeObject {
  const object = {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value: 1_000_000,
    globalDefault: false,
    preemptionPolicy: 'PreemptLowerPriority',
    description: 'For the klusterlet operator and the agents that it deploys.',
  }
  return object
}
