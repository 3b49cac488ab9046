import {
  enumeration,
  int32,
  int64,
  intOrString,
  kind,
  list,
  named,
  narrowed,
  object,
  required,
  string,
  timestamp,
} from '../../schema/builder.ts'
import { type CustomResource, conditionColumn } from '../../schema/custom-resource.ts'
import {
  conditions,
  labelSelector,
  QUALIFIED_NAME_PATTERN,
  selectorRequirement,
} from '../../schema/kubernetes.ts'
import type { Infer } from '../../schema/schema.ts'
import { PLACEMENT_SATISFIED_CONDITION } from '../constants.ts'
import { PLACEMENTS } from '../v1beta1.ts'
import { TAINT_EFFECTS } from './taint-effects.ts'

/** Whether the configured prioritizers come on top of the default ones, or instead of them. */
export type PrioritizerPolicyMode = 'Additive' | 'Exact'

/** Means the same as QUALIFIED_NAME_PATTERN. The text is kept, as clients see it in messages. */
const TOPOLOGY_KEY_PATTERN =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$'

const claimSelector = object('Selects clusters by their claims.', {
  matchExpressions: list(
    'Requirements, all of which must hold.',
    selectorRequirement('A claim must meet this.'),
  ),
})
export interface ClusterClaimSelector extends Infer<typeof claimSelector> {}

const clusterSelector = object('Selects clusters that meet all of these.', {
  labelSelector: labelSelector('By labels.'),
  claimSelector: named<ClusterClaimSelector>(claimSelector),
  celSelector: object('By CEL expressions.', {
    celExpressions: list(
      'Expressions on `managedCluster`, all of which must hold.',
      string('An expression.'),
    ),
  }),
})
export interface ClusterSelector extends Infer<typeof clusterSelector> {}

const predicate = object('Lets clusters through.', {
  requiredClusterSelector: named<ClusterSelector>(clusterSelector),
})
export interface ClusterPredicate extends Infer<typeof predicate> {}

const addOnScore = object('A score that somebody else makes.', {
  resourceName: required(string("The AddOnPlacementScore in the clusters' namespaces.")),
  scoreName: required(string('Which of its scores.')),
})
export interface AddOnScore extends Infer<typeof addOnScore> {}

const scoreCoordinate = object('Where a score comes from.', {
  type: required(
    enumeration('From placement itself, or from somebody else.', ['BuiltIn', 'AddOn'], {
      default: 'BuiltIn',
    }),
  ),
  builtIn: string('For BuiltIn: the prioritizer.'),
  addOn: named<AddOnScore>(addOnScore),
})
export interface ScoreCoordinate extends Infer<typeof scoreCoordinate> {}

const prioritizer = object('A score and what it weighs.', {
  scoreCoordinate: required(named<ScoreCoordinate>(scoreCoordinate)),
  weight: int32('Its weight. 0 switches it off.', { default: 1, minimum: -10, maximum: 10 }),
})
export interface PrioritizerConfig extends Infer<typeof prioritizer> {}

const prioritizerPolicy = object('Which clusters are preferred.', {
  mode: narrowed<PrioritizerPolicyMode>(
    string('Additive: on top of the default prioritizers. Exact: instead of them.', { default: 'Additive' }),
  ),
  configurations: list('Scores and what they weigh.', named<PrioritizerConfig>(prioritizer)),
})
export interface PrioritizerPolicy extends Infer<typeof prioritizerPolicy> {}

const spreadConstraint = object('Clusters are spread over the values of a key.', {
  topologyKey: required(string('A label or claim.', { pattern: TOPOLOGY_KEY_PATTERN, maxLength: 316 })),
  topologyKeyType: required(enumeration('What the key is.', ['Label', 'Claim'])),
  maxSkew: int32('How much more clusters of one value there may be than of another.', {
    default: 1,
    minimum: 1,
  }),
  whenUnsatisfiable: enumeration(
    'Whether clusters are left out for it.',
    ['DoNotSchedule', 'ScheduleAnyway'],
    {
      default: 'ScheduleAnyway',
    },
  ),
})
export interface SpreadConstraint extends Infer<typeof spreadConstraint> {}

const spreadPolicy = object('How the chosen clusters are spread.', {
  spreadConstraints: list('The more important first.', named<SpreadConstraint>(spreadConstraint), {
    maxItems: 8,
  }),
})
export interface SpreadPolicy extends Infer<typeof spreadPolicy> {}

const toleration = object('A taint of clusters that is no obstacle.', {
  key: string('The taint. Absent means all.', { pattern: QUALIFIED_NAME_PATTERN, maxLength: 316 }),
  operator: narrowed<'Equal' | 'Exists'>(string('Equal or Exists.', { default: 'Equal' })),
  value: string('The value of the taint, for Equal.', { maxLength: 1024 }),
  effect: enumeration('The effect of the taint. Absent means all.', TAINT_EFFECTS),
  tolerationSeconds: int64('For how long it is tolerated. Absent means forever.'),
})
export interface PlacementToleration extends Infer<typeof toleration> {}

const groupSelector = object('Selects clusters for a group.', {
  labelSelector: labelSelector('By labels.'),
  claimSelector: named<ClusterClaimSelector>(claimSelector),
})
export interface GroupClusterSelector extends Infer<typeof groupSelector> {}

const group = object('A group of chosen clusters.', {
  groupName: required(string('Its name.', { pattern: '^[a-zA-Z0-9][-A-Za-z0-9_.]{0,61}[a-zA-Z0-9]$' })),
  groupClusterSelector: required(named<GroupClusterSelector>(groupSelector)),
})
export interface DecisionGroup extends Infer<typeof group> {}

const decisionStrategy = object('How decisions are divided.', {
  groupStrategy: object('Into groups.', {
    decisionGroups: list(
      'Groups by selectors. The other clusters come after them.',
      named<DecisionGroup>(group),
    ),
    clustersPerDecisionGroup: intOrString('How large groups are, as a number or percentage.', {
      default: '100%',
      pattern: '^((100|[1-9][0-9]{0,1})%|[1-9][0-9]*)$',
    }),
  }),
})
export interface DecisionStrategy extends Infer<typeof decisionStrategy> {}

const spec = object('Which clusters are wanted.', {
  clusterSets: list('Sets to choose from. Absent means all that are bound.', string('A set.')),
  numberOfClusters: int32('How many. Absent means all that there are.'),
  predicates: list('Clusters must meet one of them.', named<ClusterPredicate>(predicate)),
  prioritizerPolicy: named<PrioritizerPolicy>(prioritizerPolicy),
  spreadPolicy: named<SpreadPolicy>(spreadPolicy),
  tolerations: list('Taints of clusters that are no obstacle.', named<PlacementToleration>(toleration)),
  decisionStrategy: named<DecisionStrategy>(decisionStrategy),
  sortBy: enumeration('In which order decisions are written.', ['ClusterName', 'Score'], {
    default: 'ClusterName',
  }),
  scoreRateLimit: string('How often changes of scores alone make new decisions.', {
    default: '1m',
    pattern: '^[0-9]+[hms]$',
  }),
})
export interface PlacementSpec extends Infer<typeof spec> {}

const groupStatus = object('A group of decisions.', {
  decisionGroupIndex: int32('Its index, from 0.'),
  decisionGroupName: string('Its name.'),
  decisions: list('The PlacementDecisions that it consists of.', string('The name of one.')),
  clusterCount: int32('How many clusters are in it.', { default: 0 }),
})
export interface DecisionGroupStatus extends Infer<typeof groupStatus> {}

const status = object('What was chosen.', {
  numberOfSelectedClusters: int32('How many clusters.'),
  decisionGroups: list('The groups of decisions.', named<DecisionGroupStatus>(groupStatus)),
  conditions: conditions(),
  lastScoreUpdateTime: timestamp('When changes of scores alone made new decisions last.'),
})
export interface PlacementStatus extends Infer<typeof status> {}

const schema = kind('Chooses clusters from sets.', {
  spec: required(named<PlacementSpec>(spec)),
  status: named<PlacementStatus>(status),
})
/** Chooses clusters from sets. */
export interface Placement extends Infer<typeof schema> {}

export const PLACEMENT_RESOURCE: CustomResource = {
  resource: PLACEMENTS,
  kind: 'Placement',
  versions: [
    {
      name: 'v1beta1',
      schema,
      columns: [
        conditionColumn('Succeeded', PLACEMENT_SATISFIED_CONDITION),
        conditionColumn('Reason', PLACEMENT_SATISFIED_CONDITION, 'reason'),
        { name: 'SelectedClusters', type: 'integer', jsonPath: '.status.numberOfSelectedClusters' },
      ],
    },
  ],
}
