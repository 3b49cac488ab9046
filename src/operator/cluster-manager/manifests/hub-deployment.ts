import type { Deployment } from '../../../apis/apps/v1.ts'
import type { Container, PodSpec, Volume, VolumeMount } from '../../../apis/core/v1.ts'
import {
  CONTROLLER_PROBES,
  envFromField,
  probes,
  RESTRICTED,
  spreadPods,
  TEMPORARY_FILES,
} from '../../../manifests/controller-pod.ts'
import type { Manifest } from '../../apply/manifest.ts'
import type { HubConfig, WebhookPorts } from '../hub-config.ts'

export type DeploymentManifest = Deployment & Manifest

interface HubDeploymentOptions {
  /** As in `cluster-manager-<suffix>`. */
  readonly suffix: string
  /** The Pods' `app` label. @default the Deployment's name */
  readonly app?: string
  readonly serviceAccount: string
  readonly containers: readonly Container[]
  readonly volumes: readonly Volume[]
  readonly hostNetwork?: boolean
}

/** What a container of the hub runs. */
interface HubContainerOptions {
  readonly name: string
  readonly image: string | undefined
  /** The executable, its command and its flags: images of the original have no entry point. */
  readonly args: readonly string[]
  readonly mounts?: readonly VolumeMount[]
}

/** A Deployment of controllers, which write files to /tmp only. */
export function controllerDeployment(
  config: HubConfig,
  options: Omit<HubDeploymentOptions, 'containers' | 'volumes'> & {
    readonly container: HubContainerOptions
    readonly more?: readonly Container[]
    readonly volumes?: readonly Volume[]
  },
): DeploymentManifest {
  return hubDeployment(config, {
    ...options,
    containers: [controllerContainer(config, options.container), ...(options.more ?? [])],
    volumes: [TEMPORARY_FILES.volume, ...(options.volumes ?? [])],
  })
}

/** A container of controllers, by default with their usual probes. */
export function controllerContainer(
  config: HubConfig,
  { name, image, args, mounts = [] }: HubContainerOptions,
  containerProbes: ReturnType<typeof probes> = CONTROLLER_PROBES,
): Container {
  return {
    name,
    ...(image !== undefined && { image }),
    args: [...args, ...tlsFlags(config)],
    env: [envFromField('POD_NAME', 'metadata.name'), envFromField('POD_NAMESPACE', 'metadata.namespace')],
    securityContext: RESTRICTED,
    ...containerProbes,
    resources: config.resources,
    volumeMounts: [TEMPORARY_FILES.mount, ...mounts],
  }
}

/** A Deployment of a webhook server, whose certificate is in a Secret. */
export function webhookDeployment(
  config: HubConfig,
  options: Omit<HubDeploymentOptions, 'containers' | 'volumes' | 'hostNetwork'> & {
    readonly container: HubContainerOptions
    readonly ports: WebhookPorts
    readonly secretName: string
    readonly readyPath: string
  },
): DeploymentManifest {
  const { container, ports, secretName, readyPath } = options
  const { port, healthProbePort, metricsPort, hostNetwork } = ports
  const [executable = '', command = '', ...flags] = container.args
  const health = { path: '/healthz', scheme: 'HTTP', port: healthProbePort } as const
  return hubDeployment(config, {
    ...options,
    hostNetwork,
    containers: [
      {
        name: container.name,
        ...(container.image !== undefined && { image: container.image }),
        args: [
          executable,
          command,
          `--port=${port}`,
          `--health-probe-port=${healthProbePort}`,
          `--metrics-port=${metricsPort}`,
          ...flags,
          ...tlsFlags(config),
        ],
        securityContext: RESTRICTED,
        ...(healthProbePort > 0 && probes(health, readyPath)),
        resources: config.resources,
        ports: [{ containerPort: port, protocol: 'TCP' }],
        volumeMounts: [
          { name: 'webhook-secret', mountPath: '/tmp/k8s-webhook-server/serving-certs', readOnly: true },
        ],
      },
    ],
    volumes: [{ name: 'webhook-secret', secret: { secretName } }],
  })
}

function hubDeployment(config: HubConfig, options: HubDeploymentOptions): DeploymentManifest {
  const { namespace, labels, replicas } = config
  const name = `${config.name}-${options.suffix}`
  const { app = name } = options
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name, ...labels } },
    spec: {
      replicas,
      ...(options.hostNetwork && { strategy: strategyOnHostNetwork(replicas) }),
      selector: { matchLabels: { app } },
      template: { metadata: { labels: { app, ...labels } }, spec: podSpec(config, app, options) },
    },
  }
}

function podSpec(config: HubConfig, app: string, options: HubDeploymentOptions): PodSpec {
  const { nodeSelector, tolerations } = config.nodePlacement
  return {
    affinity: spreadPods(app),
    ...(config.hasImagePullSecret && { imagePullSecrets: [{ name: config.imagePullSecretName }] }),
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations: tolerations as NonNullable<PodSpec['tolerations']> }),
    ...(options.hostNetwork && { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }),
    serviceAccountName: options.serviceAccount,
    containers: options.containers,
    volumes: options.volumes,
  }
}

/** Two of them cannot have the same port of a node: one goes before another comes. */
function strategyOnHostNetwork(replicas: number): NonNullable<Deployment['spec']['strategy']> {
  return { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: replicas < 4 ? 1 : '25%' } }
}

function tlsFlags({ tls: { minVersion, cipherSuites } }: HubConfig): string[] {
  return [
    ...(minVersion ? [`--tls-min-version=${minVersion}`] : []),
    ...(cipherSuites ? [`--tls-cipher-suites=${cipherSuites}`] : []),
  ]
}
