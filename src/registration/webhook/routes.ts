import { type Clock, type KubeClient, systemClock } from '../../kube/index.ts'
import { admissionReviews, type ReviewHandler } from '../../kube/webhook/index.ts'
import { clusterSetBindingValidator } from './cluster-set-binding-validator.ts'
import { type ManagedClusterMutatorOptions, managedClusterMutator } from './managed-cluster-mutator.ts'
import { managedClusterValidator } from './managed-cluster-validator.ts'

/** Where the hub's webhook configurations expect each webhook. */
export const REGISTRATION_WEBHOOK_PATHS = {
  managedClusterMutator: '/mutate-cluster-open-cluster-management-io-v1-managedcluster',
  managedClusterValidator: '/validate-cluster-open-cluster-management-io-v1-managedcluster',
  clusterSetBindingValidator: '/validate-cluster-open-cluster-management-io-v1beta2-managedclustersetbinding',
} as const

export interface RegistrationWebhookComponents {
  /** Of the hub. */
  readonly client: KubeClient
  /** @default systemClock */
  readonly clock?: Pick<Clock, 'now'>
}

/** The webhooks of the registration webhook server, by path. */
export function registrationWebhookRoutes(
  { client, clock = systemClock }: RegistrationWebhookComponents,
  options: ManagedClusterMutatorOptions,
): Readonly<Record<string, ReviewHandler>> {
  const paths = REGISTRATION_WEBHOOK_PATHS
  return {
    [paths.managedClusterMutator]: admissionReviews(managedClusterMutator({ clock }, options)),
    [paths.managedClusterValidator]: admissionReviews(managedClusterValidator({ client })),
    [paths.clusterSetBindingValidator]: admissionReviews(clusterSetBindingValidator({ client })),
  }
}
