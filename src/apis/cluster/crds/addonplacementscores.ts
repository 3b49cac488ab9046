import { int32, kind, list, named, object, required, string, timestamp } from '../../schema/builder.ts'
import type { CustomResource } from '../../schema/custom-resource.ts'
import { conditions } from '../../schema/kubernetes.ts'
import type { Infer } from '../../schema/schema.ts'
import { ADD_ON_PLACEMENT_SCORES } from '../v1alpha1.ts'

const score = object('A score of the cluster.', {
  name: required(string('What is scored.')),
  value: required(int32('More is better.', { minimum: -100, maximum: 100 })),
})
export interface AddOnPlacementScoreItem extends Infer<typeof score> {}

const status = object('The scores.', {
  conditions: conditions(),
  scores: list('The scores of the cluster.', named<AddOnPlacementScoreItem>(score), { mapKeys: ['name'] }),
  validUntil: timestamp('Until when they count. Absent means forever.'),
})
export interface AddOnPlacementScoreStatus extends Infer<typeof status> {}

const schema = kind('Scores of the cluster in whose namespace it is, for Placements.', {
  status: named<AddOnPlacementScoreStatus>(status),
})
/** Scores of the cluster in whose namespace it is, for Placements. */
export interface AddOnPlacementScore extends Infer<typeof schema> {}

export const ADD_ON_PLACEMENT_SCORE_RESOURCE: CustomResource = {
  resource: ADD_ON_PLACEMENT_SCORES,
  kind: 'AddOnPlacementScore',
  versions: [{ name: 'v1alpha1', schema }],
}
