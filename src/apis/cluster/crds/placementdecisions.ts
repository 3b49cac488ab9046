import { int64, kind, list, named, object, required, string } from '../../schema/builder.ts'
import type { CustomResource } from '../../schema/custom-resource.ts'
import type { Infer } from '../../schema/schema.ts'
import { PLACEMENT_DECISIONS } from '../v1beta1.ts'

const decision = object('A cluster that was chosen.', {
  clusterName: required(string('Its name.')),
  reason: required(string('Why it was chosen.')),
  score: int64('Its total score.'),
})
export interface ClusterDecision extends Infer<typeof decision> {}

const status = object('What was decided.', {
  decisions: required(list('The chosen clusters, 100 at most.', named<ClusterDecision>(decision))),
})
export interface PlacementDecisionStatus extends Infer<typeof status> {}

const schema = kind('Some of the clusters that a Placement has chosen.', {
  status: named<PlacementDecisionStatus>(status),
})
/** Some of the clusters that a Placement has chosen. */
export interface PlacementDecision extends Infer<typeof schema> {}

export const PLACEMENT_DECISION_RESOURCE: CustomResource = {
  resource: PLACEMENT_DECISIONS,
  kind: 'PlacementDecision',
  versions: [{ name: 'v1beta1', schema }],
}
