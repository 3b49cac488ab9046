import type { PlacementStrategy } from '../../../apis/addon/v1alpha1.ts'
import { keyText } from '../../../kube/index.ts'
import { type AddOnInformers, BY_PLACEMENT } from '../manager-context.ts'

/** Clusters that any of the Placements has chosen. One that is not there chooses none, whatever decisions it has left. */
export function wantedClusters(
  strategies: readonly PlacementStrategy[],
  { placements, decisions }: StoresOf<'placements' | 'decisions'>,
): ReadonlySet<string> {
  const chosen = strategies.flatMap(({ namespace, name }) => {
    const key = keyText({ namespace, name })
    if (!placements.store.get(key)) return []
    return decisions.store.byIndex(BY_PLACEMENT, key).flatMap(({ status }) => status?.decisions ?? [])
  })
  return new Set(chosen.map(({ clusterName }) => clusterName))
}

type StoresOf<K extends keyof AddOnInformers> = { readonly [N in K]: Pick<AddOnInformers[N], 'store'> }
