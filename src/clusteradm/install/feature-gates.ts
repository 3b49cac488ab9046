import type { FeatureGateDefaults } from '../../apis/feature-gates.ts'
import type { FeatureGate } from '../../apis/operator/v1.ts'
import { parseGoBool } from '../../common/go-values.ts'
import { CommandError } from '../failure.ts'

/** All others are alpha, whatever their default. */
const BETA_GATES = ['ClusterClaim', 'AddonManagement', 'ResourceCleanup']

export type GateValues = ReadonlyMap<string, boolean>

/**
 * Reads `Gate=true,Other=false`. `AllAlpha` and `AllBeta` stand for all of their kind that are not named. Throws a CommandError for
 * a gate that no component has.
 */
export function parseFeatureGates(
  texts: readonly string[],
  components: readonly FeatureGateDefaults[],
): GateValues {
  const known = new Set(components.flatMap((gates) => Object.keys(gates)))
  const given = new Map(texts.filter((text) => text.trim() !== '').map((text) => parsePair(text, known)))
  const values = new Map<string, boolean>()
  for (const gate of known) {
    const value = given.get(gate) ?? given.get(BETA_GATES.includes(gate) ? 'AllBeta' : 'AllAlpha')
    if (value !== undefined) values.set(gate, value)
  }
  return values
}

function parsePair(text: string, known: ReadonlySet<string>): [string, boolean] {
  const [gate = '', value, ...rest] = text.trim().split('=')
  const context = `invalid argument ${JSON.stringify(text)} for "--feature-gates" flag`
  if (value === undefined || rest.length > 0) {
    throw new CommandError(`${context}: missing bool value for ${gate}; it is written ${gate}=true`)
  }
  if (!known.has(gate) && gate !== 'AllAlpha' && gate !== 'AllBeta') {
    throw new CommandError(
      `${context}: unrecognized feature gate: ${gate}; there are ${[...known].sort().join(', ')}`,
    )
  }
  try {
    return [gate, parseGoBool(value)]
  } catch (error) {
    throw new CommandError(`${context}: invalid value of ${gate}=${value}, it is true or false`, {
      cause: error,
    })
  }
}

/** As an operator's spec has them: those that are on, and those that are off although they are on by default. */
export function featureGatesFor(defaults: FeatureGateDefaults, values: GateValues): FeatureGate[] {
  return Object.entries(defaults).flatMap(([feature, isOnByDefault]): FeatureGate[] => {
    const isOn = values.get(feature) ?? isOnByDefault
    if (isOn) return [{ feature, mode: 'Enable' }]
    return isOnByDefault ? [{ feature, mode: 'Disable' }] : []
  })
}
