import type { Deployment } from '../../apis/apps/v1.ts'
import type { PodSpec, Volume, VolumeMount } from '../../apis/core/v1.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import {
  CONTROLLER_PROBES,
  envFromField,
  RESTRICTED,
  spreadPods,
  TEMPORARY_FILES,
} from '../../manifests/controller-pod.ts'
import { HUB_KUBECONFIG_SECRET, MANAGEMENT_WORKLOAD } from '../../manifests/klusterlet.ts'
import type { Manifest } from '../apply/manifest.ts'
import { containerResources } from '../resource-requirements.ts'
import { registrationArguments, singletonArguments, workArguments } from './agent-arguments.ts'
import type { AgentContext } from './agent-context.ts'
import { AWS_INIT_CONTAINER, AWS_MOUNTS, AWS_VOLUMES, awsIdentityOf } from './aws-irsa.ts'
import { bootstrapSecretsOf } from './bootstrap-secrets.ts'
import { agentNamespaceOf, deploymentsOf, isHosted, serviceAccountsOf } from './names.ts'

export type DeploymentManifest = Deployment & Manifest

/** The identity that the agent got: kept in a Secret, and in memory for as long as the Pod lives. */
const OWN_HUB_KUBECONFIG = {
  volume: { name: 'hub-kubeconfig', emptyDir: { medium: 'Memory' } },
  mount: { name: 'hub-kubeconfig', mountPath: '/spoke/hub-kubeconfig' },
} as const

/** The same identity, for the agent that does not get it itself. */
const GIVEN_HUB_KUBECONFIG = {
  volume: { name: 'hub-kubeconfig-secret', secret: { secretName: HUB_KUBECONFIG_SECRET } },
  mount: { name: 'hub-kubeconfig-secret', mountPath: '/spoke/hub-kubeconfig', readOnly: true },
} as const

interface Agent {
  readonly name: string
  /** The `app` label, by which its Pods are found. */
  readonly app: string
  readonly container: string
  readonly image: string | undefined
  readonly serviceAccount: string
  readonly args: readonly string[]
  readonly volumes: readonly Volume[]
  readonly mounts: readonly VolumeMount[]
  /** The Secret by which a hosted agent reaches the managed cluster. */
  readonly managedKubeconfigSecret: string
}

/** `<klusterlet>-registration-agent`. */
export function registrationDeployment(klusterlet: Klusterlet, context: AgentContext): DeploymentManifest {
  const bootstrap = bootstrapSecretsOf(klusterlet)
  return agentDeployment(klusterlet, context, {
    name: deploymentsOf(klusterlet).registration,
    app: 'klusterlet-registration-agent',
    container: 'registration-controller',
    image: klusterlet.spec?.registrationImagePullSpec,
    serviceAccount: serviceAccountsOf(klusterlet).registration,
    args: registrationArguments(klusterlet, context),
    volumes: [...bootstrap.volumes, OWN_HUB_KUBECONFIG.volume],
    mounts: [...bootstrap.mounts, OWN_HUB_KUBECONFIG.mount],
    managedKubeconfigSecret: 'external-managed-kubeconfig-registration',
  })
}

/** `<klusterlet>-work-agent`, of the cluster by the name that it has on the hub. */
export function workDeployment(
  klusterlet: Klusterlet,
  context: AgentContext,
  clusterName: string,
): DeploymentManifest {
  return agentDeployment(klusterlet, context, {
    name: deploymentsOf(klusterlet).work,
    app: 'klusterlet-manifestwork-agent',
    container: 'klusterlet-manifestwork-agent',
    image: klusterlet.spec?.workImagePullSpec,
    serviceAccount: serviceAccountsOf(klusterlet).work,
    args: workArguments(klusterlet, context, clusterName),
    volumes: [GIVEN_HUB_KUBECONFIG.volume],
    mounts: [GIVEN_HUB_KUBECONFIG.mount],
    managedKubeconfigSecret: 'external-managed-kubeconfig-work',
  })
}

/** `<klusterlet>-agent`, both in one. */
export function singletonDeployment(klusterlet: Klusterlet, context: AgentContext): DeploymentManifest {
  const bootstrap = bootstrapSecretsOf(klusterlet)
  return agentDeployment(klusterlet, context, {
    name: deploymentsOf(klusterlet).work,
    app: 'klusterlet-agent',
    container: 'klusterlet-agent',
    image: klusterlet.spec?.imagePullSpec,
    serviceAccount: serviceAccountsOf(klusterlet).work,
    args: singletonArguments(klusterlet, context),
    volumes: [...bootstrap.volumes, OWN_HUB_KUBECONFIG.volume],
    mounts: [...bootstrap.mounts, OWN_HUB_KUBECONFIG.mount],
    managedKubeconfigSecret: 'external-managed-kubeconfig-agent',
  })
}

function agentDeployment(klusterlet: Klusterlet, context: AgentContext, agent: Agent): DeploymentManifest {
  const labels = { app: agent.app, ...context.labels }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: agent.name, namespace: agentNamespaceOf(klusterlet), labels },
    spec: {
      replicas: context.replicas,
      selector: { matchLabels: { app: agent.app } },
      template: {
        metadata: { annotations: MANAGEMENT_WORKLOAD.pod, labels },
        spec: podSpec(klusterlet, agent),
      },
    },
  }
}

function podSpec(klusterlet: Klusterlet, agent: Agent): PodSpec {
  const { spec } = klusterlet
  const isOnAws = awsIdentityOf(klusterlet) !== undefined
  const managed = managedKubeconfig(klusterlet, agent.managedKubeconfigSecret)
  const alias = spec?.hubApiServerHostAlias
  const { nodeSelector, tolerations } = spec?.nodePlacement ?? {}
  return {
    ...(alias && { hostAliases: [{ ip: alias.ip, hostnames: [alias.hostname] }] }),
    affinity: spreadPods(agent.app),
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations }),
    ...(spec?.priorityClassName && { priorityClassName: spec.priorityClassName }),
    serviceAccountName: agent.serviceAccount,
    ...(isOnAws && { initContainers: [AWS_INIT_CONTAINER] }),
    containers: [
      {
        name: agent.container,
        ...(agent.image && { image: agent.image }),
        args: agent.args,
        env: [envFromField('POD_NAME', 'metadata.name')],
        securityContext: RESTRICTED,
        ...CONTROLLER_PROBES,
        resources: containerResources(spec?.resourceRequirement),
        volumeMounts: [
          ...agent.mounts,
          TEMPORARY_FILES.mount,
          ...(isOnAws ? AWS_MOUNTS : []),
          ...managed.mounts,
        ],
      },
    ],
    volumes: [...agent.volumes, TEMPORARY_FILES.volume, ...(isOnAws ? AWS_VOLUMES : []), ...managed.volumes],
  }
}

function managedKubeconfig(
  klusterlet: Klusterlet,
  secretName: string,
): { readonly volumes: readonly Volume[]; readonly mounts: readonly VolumeMount[] } {
  if (!isHosted(klusterlet)) return { volumes: [], mounts: [] }
  const name = 'spoke-kubeconfig-secret'
  return {
    volumes: [{ name, secret: { secretName } }],
    mounts: [{ name, mountPath: '/spoke/config', readOnly: true }],
  }
}
