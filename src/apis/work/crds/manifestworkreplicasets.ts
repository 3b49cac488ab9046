import { rolloutStrategy } from '../../cluster/crds/rollout-strategy.ts'
import {
  enumeration,
  integer,
  kind,
  list,
  named,
  object,
  required,
  string,
  withDefault,
} from '../../schema/builder.ts'
import { type CustomResource, conditionColumn } from '../../schema/custom-resource.ts'
import { conditions } from '../../schema/kubernetes.ts'
import type { Infer } from '../../schema/schema.ts'
import { REPLICA_SET_CONDITION } from '../constants.ts'
import { MANIFEST_WORK_REPLICA_SETS } from '../v1alpha1.ts'
import { type ManifestWorkSpec, manifestWorkSpec } from './manifestwork-spec.ts'

const placementRef = object('A Placement of the same namespace.', {
  name: required(string('Its name.', { minLength: 1 })),
  rolloutStrategy: withDefault(rolloutStrategy, {
    type: 'All',
    all: { progressDeadline: 'None' },
  }),
})
export interface PlacementReference extends Infer<typeof placementRef> {}

const spec = object('What is wanted on which clusters.', {
  manifestWorkTemplate: named<ManifestWorkSpec>(manifestWorkSpec),
  placementRefs: required(
    list('The Placements that choose the clusters.', named<PlacementReference>(placementRef), {
      minItems: 1,
    }),
  ),
  cascadeDeletionPolicy: required(
    enumeration('Whether deletion waits for the ManifestWorks.', ['Background', 'Foreground'], {
      default: 'Background',
    }),
  ),
})
export interface ManifestWorkReplicaSetSpec extends Infer<typeof spec> {}

const summary = object('Counts ManifestWorks.', {
  total: integer('Those that there are.'),
  desiredTotal: integer('Those that are wanted.'),
  available: integer('Those whose condition Available is True.'),
  progressing: integer('Those whose condition Progressing is True.'),
  degraded: integer('Those whose condition Degraded is True.'),
  applied: integer('Those whose condition Applied is True.'),
  updated: integer('Those that have the present template.'),
})
export interface ManifestWorkReplicaSetSummary extends Infer<typeof summary> {}

const placementSummary = object('The state for one Placement.', {
  name: string('The Placement.'),
  availableDecisionGroups: string('How many of its decision groups have the template.'),
  summary: named<ManifestWorkReplicaSetSummary>(summary),
})
export interface PlacementSummary extends Infer<typeof placementSummary> {}

const status = object('What became of it.', {
  conditions: conditions(),
  summary: named<ManifestWorkReplicaSetSummary>(summary),
  placementSummary: list('The state for each Placement.', named<PlacementSummary>(placementSummary)),
})
export interface ManifestWorkReplicaSetStatus extends Infer<typeof status> {}

const schema = kind('Makes a ManifestWork for each cluster that Placements have chosen.', {
  spec: named<ManifestWorkReplicaSetSpec>(spec),
  status: named<ManifestWorkReplicaSetStatus>(status),
})
/** Makes a ManifestWork for each cluster that Placements have chosen. */
export interface ManifestWorkReplicaSet extends Infer<typeof schema> {}

const { placementVerified, manifestworkApplied } = REPLICA_SET_CONDITION

export const MANIFEST_WORK_REPLICA_SET_RESOURCE: CustomResource = {
  resource: MANIFEST_WORK_REPLICA_SETS,
  kind: 'ManifestWorkReplicaSet',
  shortNames: ['mwrs'],
  versions: [
    {
      name: 'v1alpha1',
      schema,
      columns: [
        conditionColumn('Placement', placementVerified, 'reason'),
        conditionColumn('Found', placementVerified),
        conditionColumn('ManifestWorks', manifestworkApplied, 'reason'),
        conditionColumn('Applied', manifestworkApplied),
      ],
    },
  ],
}
