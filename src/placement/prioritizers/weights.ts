import type { PlacementSpec, ScoreCoordinate } from '../../apis/cluster/v1beta1.ts'
import { MisconfiguredError } from '../plugin-status.ts'
import { addOnScore, allocatable, balance, type Prioritizer, steady } from './scores.ts'

export interface WeightedPrioritizer {
  /** `Balance`, `Steady`, `AddOn/<resource>/<score>`, ... */
  readonly name: string
  readonly weight: number
  readonly prioritize: Prioritizer
}

const BUILT_IN: Readonly<Record<string, Prioritizer>> = {
  Balance: balance,
  Steady: steady,
  ResourceAllocatableCPU: allocatable('cpu'),
  ResourceAllocatableMemory: allocatable('memory'),
}

const DEFAULT_WEIGHTS: readonly (readonly [name: string, weight: number])[] = [
  ['Balance', 1],
  ['Steady', 1],
]

/** What counts for a Placement and how much; what weighs nothing is left out. @throws MisconfiguredError */
export function weightedPrioritizers({ prioritizerPolicy }: PlacementSpec): readonly WeightedPrioritizer[] {
  const { mode, configurations = [] } = prioritizerPolicy ?? {}
  if (mode && mode !== 'Additive' && mode !== 'Exact')
    throw new MisconfiguredError('', `incorrect prioritizer policy mode: ${mode}`)
  const weights = new Map(mode === 'Exact' ? [] : DEFAULT_WEIGHTS)
  const prioritizers = new Map(Object.entries(BUILT_IN))
  for (const { scoreCoordinate, weight = 1 } of configurations) {
    const { name, prioritize } = prioritizerOf(scoreCoordinate, weight)
    prioritizers.set(name, prioritize)
    weights.set(name, weight)
  }
  return [...weights].flatMap(([name, weight]) => {
    const prioritize = prioritizers.get(name)
    return prioritize && weight !== 0 ? [{ name, weight, prioritize }] : []
  })
}

function prioritizerOf(
  { type, builtIn = '', addOn }: ScoreCoordinate,
  weight: number,
): { readonly name: string; readonly prioritize: Prioritizer } {
  if (type === 'BuiltIn') {
    const prioritize = Object.hasOwn(BUILT_IN, builtIn) ? BUILT_IN[builtIn] : undefined
    if (!prioritize && weight !== 0)
      throw new MisconfiguredError('', `incorrect builtin prioritizer: ${builtIn}`)
    return { name: builtIn, prioritize: prioritize ?? steady }
  }
  if (!addOn) throw new MisconfiguredError('', 'addOn should not be empty')
  const { resourceName, scoreName } = addOn
  return { name: `AddOn/${resourceName}/${scoreName}`, prioritize: addOnScore(resourceName, scoreName) }
}
