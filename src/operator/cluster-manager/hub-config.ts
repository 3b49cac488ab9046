import type { ResourceRequirements } from '../../apis/core/v1.ts'
import type {
  ClusterManager,
  ClusterManagerSpec,
  NodePlacement,
  WebhookConfiguration,
} from '../../apis/operator/v1.ts'
import { containerResources } from '../resource-requirements.ts'
import { HUB_LABEL, labelsFor, labelsText, syncableLabels } from '../synced-labels.ts'
import { type HubGates, hubGates } from './hub-gates.ts'
import { HUB_NAMESPACE } from './hub-names.ts'

/** Where a webhook server listens. */
export interface WebhookPorts {
  readonly port: number
  readonly healthProbePort: number
  readonly metricsPort: number
  readonly hostNetwork: boolean
}

/** What the hub is made by that the ClusterManager does not say. */
export interface HubSurroundings {
  readonly operatorNamespace: string
  readonly replicas: number
  /** PEM of all authorities that are trusted. */
  readonly caBundle: string
  /** In the operator's namespace, if it is there. */
  readonly hasImagePullSecret: boolean
  readonly imagePullSecretName: string
  readonly enableSyncLabels: boolean
  /** Go's names, as `ocm-tls-profile` has them. */
  readonly tls: { readonly minVersion: string; readonly cipherSuites: string }
  /** Of klusterlet operators that are made for clusters to be imported. */
  readonly agentImage: string
  /**
   * Whether the operator may delete signing requests, and so let the hub do it. The role of the original's operator does not allow it, and
   * nobody can grant what they have not.
   */
  readonly mayDeleteRequests: boolean
}

/** All that the manifests of a hub say differently from hub to hub. */
export interface HubConfig extends HubSurroundings {
  /** Of the ClusterManager, with which most names begin. */
  readonly name: string
  readonly namespace: string
  readonly spec: ClusterManagerSpec
  readonly gates: HubGates
  /** Of everything. */
  readonly labels: Readonly<Record<string, string>>
  /** `a=1,b=2`, of what the registration controller makes in turn. */
  readonly labelsText: string
  readonly resources: ResourceRequirements
  readonly nodePlacement: NodePlacement
  readonly registrationWebhook: WebhookPorts
  readonly workWebhook: WebhookPorts
  readonly addonWebhook: WebhookPorts
}

export function hubConfig(clusterManager: ClusterManager, surroundings: HubSurroundings): HubConfig {
  const { metadata, spec = {} } = clusterManager
  const bindings = spec.deployOption?.default
  const { enableSyncLabels } = surroundings
  return {
    ...surroundings,
    name: metadata.name ?? '',
    namespace: HUB_NAMESPACE,
    spec,
    gates: hubGates(spec),
    labels: labelsFor(clusterManager, HUB_LABEL, enableSyncLabels),
    labelsText: enableSyncLabels ? labelsText(syncableLabels(metadata.labels)) : '',
    resources: containerResources(spec.resourceRequirement),
    nodePlacement: spec.nodePlacement ?? {},
    registrationWebhook: webhookPorts(bindings?.registrationWebhookConfiguration),
    workWebhook: webhookPorts(bindings?.workWebhookConfiguration),
    addonWebhook: webhookPorts(bindings?.addonWebhookConfiguration),
  }
}

function webhookPorts(configuration: WebhookConfiguration | undefined): WebhookPorts {
  const {
    port = 9443,
    healthProbePort = 8000,
    metricsPort = 8080,
    hostNetwork = false,
  } = configuration?.bindConfiguration ?? {}
  return { port, healthProbePort, metricsPort, hostNetwork }
}
