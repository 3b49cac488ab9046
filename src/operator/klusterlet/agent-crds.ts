import type { CustomResourceDefinition } from '../../apis/apiextensions/v1.ts'
import { clusterPropertyCrd, spokeCrds } from '../../apis/crds.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import { isRegistrationGateEnabled } from './gates.ts'

/** The kinds of the agents: what was applied, claims, and, with the gate ClusterProperty, properties. */
export function crdsOf(klusterlet: Klusterlet): readonly CustomResourceDefinition[] {
  const withProperties = isRegistrationGateEnabled(klusterlet, 'ClusterProperty')
  return withProperties ? [...spokeCrds(), clusterPropertyCrd()] : spokeCrds()
}
