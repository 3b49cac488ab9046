import { type KindEntry, KindTable } from '../strategy/index.ts'
import {
  MUTATING_BINDING_STRATEGY,
  MUTATING_POLICY_STRATEGY,
  VALIDATING_BINDING_STRATEGY,
  VALIDATING_POLICY_STATUS_STRATEGY,
  VALIDATING_POLICY_STRATEGY,
} from './policies.ts'
import { MUTATING_WEBHOOK_STRATEGY, VALIDATING_WEBHOOK_STRATEGY } from './webhooks.ts'

export type { ClientConfig } from './client-config.ts'
export type { MatchCondition, MatchResources, Rule, Selector } from './rules.ts'

const admission = new KindTable('admissionregistration.k8s.io')

export const ADMISSION_REGISTRATION_KINDS: readonly KindEntry[] = [
  admission.clusterScoped(
    'validatingwebhookconfigurations',
    'ValidatingWebhookConfiguration',
    VALIDATING_WEBHOOK_STRATEGY,
  ),
  admission.clusterScoped(
    'mutatingwebhookconfigurations',
    'MutatingWebhookConfiguration',
    MUTATING_WEBHOOK_STRATEGY,
  ),
  admission.clusterScoped(
    'validatingadmissionpolicies',
    'ValidatingAdmissionPolicy',
    VALIDATING_POLICY_STRATEGY,
    { subresources: { status: VALIDATING_POLICY_STATUS_STRATEGY } },
  ),
  admission.clusterScoped(
    'validatingadmissionpolicybindings',
    'ValidatingAdmissionPolicyBinding',
    VALIDATING_BINDING_STRATEGY,
  ),
  admission.clusterScoped('mutatingadmissionpolicies', 'MutatingAdmissionPolicy', MUTATING_POLICY_STRATEGY),
  admission.clusterScoped(
    'mutatingadmissionpolicybindings',
    'MutatingAdmissionPolicyBinding',
    MUTATING_BINDING_STRATEGY,
  ),
]
