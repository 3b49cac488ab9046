import type { FeatureGateDefaults } from '../apis/feature-gates.ts'
import type { FeatureGate } from '../apis/operator/v1.ts'
import type { NewCondition } from '../kube/index.ts'

/** The gates of one component, and whether they are on where nobody says otherwise. */
export interface ComponentGates {
  /** As conditions call it. */
  readonly component: string
  readonly defaults: FeatureGateDefaults
}

/** Gates that operators obey themselves, and no process that they start knows. */
const OPERATOR_GATES: ReadonlySet<string> = new Set(['NetworkPolicies'])

type Gates = readonly FeatureGate[] | undefined

/** Of several settings of one gate, the first counts. */
export function isGateEnabled(gates: Gates, { defaults }: ComponentGates, name: string): boolean {
  const gate = gates?.find(({ feature }) => feature === name)
  if (gate) return gate.mode === 'Enable'
  return Object.hasOwn(defaults, name) && defaults[name] === true
}

/** `--feature-gates=<name>=<bool>` for each gate that is other than its default. */
export function gateFlags(gates: Gates, { defaults }: ComponentGates): string[] {
  return (gates ?? [])
    .filter(({ feature }) => Object.hasOwn(defaults, feature))
    .filter(({ feature, mode }) => (mode === 'Enable') !== defaults[feature])
    .map(({ feature, mode }) => `--feature-gates=${feature}=${mode === 'Enable'}`)
}

/** Says which gates nobody knows; these are as if they were not there. */
export function featureGatesCondition(
  ...components: readonly (readonly [gates: Gates, known: ComponentGates])[]
): NewCondition {
  const invalid = components.map(([gates, { component, defaults }]) => {
    const unknown = (gates ?? [])
      .map(({ feature }) => feature)
      .filter((feature) => !Object.hasOwn(defaults, feature) && !OPERATOR_GATES.has(feature))
    return unknown.length === 0 ? '' : `${component}: [${unknown.join(' ')}]`
  })
  const type = 'ValidFeatureGates'
  if (invalid.every((text) => text === ''))
    return { type, status: 'True', reason: 'FeatureGatesAllValid', message: 'Feature gates are all valid' }
  return {
    type,
    status: 'False',
    reason: 'InvalidFeatureGatesExisting',
    message: `There are some invalid feature gates of [${invalid.join(' ')}], will process them with default values`,
  }
}
