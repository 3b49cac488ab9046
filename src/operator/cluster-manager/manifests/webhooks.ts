import type { Manifest } from '../../apply/manifest.ts'
import type { HubConfig } from '../hub-config.ts'
import { REGISTRATION_WEBHOOK_SERVICE, WORK_WEBHOOK_SERVICE } from '../hub-names.ts'

const CLUSTER_GROUP = 'cluster.open-cluster-management.io'
const WORK_GROUP = 'work.open-cluster-management.io'

interface WebhookOptions {
  readonly kind: 'ValidatingWebhookConfiguration' | 'MutatingWebhookConfiguration'
  readonly name: string
  readonly service: string
  readonly port: number
  readonly path: string
  readonly group: string
  /** @default all */
  readonly version?: string
  readonly plural: string
}

/** What API servers are to ask the hub's webhook servers. */
export function webhookConfigurations(config: HubConfig): Manifest[] {
  const registration = {
    service: REGISTRATION_WEBHOOK_SERVICE,
    port: config.registrationWebhook.port,
    group: CLUSTER_GROUP,
  }
  return [
    webhookConfiguration(config, {
      ...registration,
      kind: 'ValidatingWebhookConfiguration',
      name: 'managedclustervalidators.admission.cluster.open-cluster-management.io',
      path: '/validate-cluster-open-cluster-management-io-v1-managedcluster',
      plural: 'managedclusters',
    }),
    webhookConfiguration(config, {
      ...registration,
      kind: 'MutatingWebhookConfiguration',
      name: 'managedclustermutators.admission.cluster.open-cluster-management.io',
      path: '/mutate-cluster-open-cluster-management-io-v1-managedcluster',
      plural: 'managedclusters',
    }),
    webhookConfiguration(config, {
      ...registration,
      kind: 'ValidatingWebhookConfiguration',
      name: 'managedclustersetbindingvalidators.admission.cluster.open-cluster-management.io',
      path: '/validate-cluster-open-cluster-management-io-v1beta2-managedclustersetbinding',
      version: 'v1beta2',
      plural: 'managedclustersetbindings',
    }),
    webhookConfiguration(config, {
      kind: 'ValidatingWebhookConfiguration',
      name: 'manifestworkvalidators.admission.work.open-cluster-management.io',
      service: WORK_WEBHOOK_SERVICE,
      port: config.workWebhook.port,
      path: '/validate-work-open-cluster-management-io-v1-manifestwork',
      group: WORK_GROUP,
      plural: 'manifestworks',
    }),
  ]
}

function webhookConfiguration(config: HubConfig, options: WebhookOptions): Manifest {
  const { kind, name, service, port, path, group, version = '*', plural } = options
  const { namespace, labels } = config
  const webhook = {
    name,
    failurePolicy: 'Fail',
    clientConfig: {
      service: { namespace, name: service, path, port },
      caBundle: Buffer.from(config.caBundle).toString('base64'),
    },
    rules: [
      {
        operations: ['CREATE', 'UPDATE'],
        apiGroups: [group],
        apiVersions: [version],
        resources: [plural],
      },
    ],
    admissionReviewVersions: ['v1', 'v1beta1'], // the first that an API server knows is what it speaks
    sideEffects: 'None',
    timeoutSeconds: 10,
  }
  const configuration = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name, labels },
    webhooks: [webhook],
  }
  return configuration
}

/** A Service of a webhook server. */
export function webhookService(config: HubConfig, name: string, app: string, port: number): Manifest {
  const { namespace, labels } = config
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels },
    spec: { selector: { app }, ports: [{ name: 'webhook', port, targetPort: port }] },
  }
  return service
}
