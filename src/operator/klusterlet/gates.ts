import { SPOKE_REGISTRATION_GATES, SPOKE_WORK_GATES } from '../../apis/feature-gates.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import type { NewCondition } from '../../kube/index.ts'
import { type ComponentGates, featureGatesCondition, gateFlags, isGateEnabled } from '../feature-gates.ts'

const REGISTRATION: ComponentGates = { component: 'Registration', defaults: SPOKE_REGISTRATION_GATES }
const WORK: ComponentGates = { component: 'Work', defaults: SPOKE_WORK_GATES }

/** NetworkPolicies is the operator's own: Pods in the agents' namespace reach only what they need. */
type RegistrationGate = keyof typeof SPOKE_REGISTRATION_GATES | 'NetworkPolicies'

export function isRegistrationGateEnabled({ spec }: Klusterlet, gate: RegistrationGate): boolean {
  return isGateEnabled(spec?.registrationConfiguration?.featureGates, REGISTRATION, gate)
}

export function registrationGateFlags({ spec }: Klusterlet): string[] {
  return gateFlags(spec?.registrationConfiguration?.featureGates, REGISTRATION)
}

export function workGateFlags({ spec }: Klusterlet): string[] {
  return gateFlags(spec?.workConfiguration?.featureGates, WORK)
}

export function validFeatureGates({ spec }: Klusterlet): NewCondition {
  return featureGatesCondition(
    [spec?.registrationConfiguration?.featureGates, REGISTRATION],
    [spec?.workConfiguration?.featureGates, WORK],
  )
}
