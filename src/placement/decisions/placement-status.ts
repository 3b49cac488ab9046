import { isDeepStrictEqual } from 'node:util'
import type { DecisionGroupStatus, Placement } from '../../apis/cluster/v1beta1.ts'
import type { Condition } from '../../apis/meta/v1.ts'
import { type NewCondition, type ResourceClient, setCondition } from '../../kube/index.ts'

export interface NewPlacementStatus {
  readonly decisionGroups: readonly DecisionGroupStatus[]
  readonly numberOfSelectedClusters: number
  readonly conditions: readonly NewCondition[]
}

/** Writes the status of Placements, where it is another one. */
export class PlacementStatusWriter {
  readonly #placements: ResourceClient<Placement>

  constructor(placements: ResourceClient<Placement>) {
    this.#placements = placements
  }

  async write(placement: Placement, wanted: NewPlacementStatus): Promise<void> {
    const { conditions: existing = [], ...rest } = placement.status ?? {}
    const conditions = wanted.conditions.reduce<readonly Condition[]>(
      (all, condition) => setCondition(all, condition),
      existing as readonly Condition[],
    )
    const status = { ...wanted, conditions }
    if (isDeepStrictEqual({ ...rest, conditions: existing }, { ...rest, ...status })) return
    const { namespace, name = '' } = placement.metadata
    await this.#placements.patchStatus({ namespace, name }, { type: 'merge', body: { status } })
  }
}
