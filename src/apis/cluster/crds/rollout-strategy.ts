import { enumeration, int32, intOrString, list, named, object, string } from '../../schema/builder.ts'
import type { Infer } from '../../schema/schema.ts'

const PERCENTAGE_OR_NUMBER_PATTERN = '^((100|[0-9]{1,2})%|[0-9]+)$'

const pace = {
  minSuccessTime: string('How long a success must last before the next clusters follow.', { default: '0' }),
  progressDeadline: string('After how long without success a cluster counts as failed.', {
    default: 'None',
    pattern: '^(([0-9])+[h|m|s])|None$',
  }),
  maxFailures: intOrString('How many clusters may fail, as a number or percentage.', {
    default: 0,
    pattern: PERCENTAGE_OR_NUMBER_PATTERN,
  }),
}

const mandatoryGroup = object('A decision group, by its name or its index.', {
  groupName: string('Its name.'),
  groupIndex: int32('Its index.'),
})
export interface MandatoryDecisionGroup extends Infer<typeof mandatoryGroup> {}
const mandatoryDecisionGroups = list(
  'Groups that come first and must not fail.',
  named<MandatoryDecisionGroup>(mandatoryGroup),
)

const all = object('For All.', pace)
export interface RolloutAll extends Infer<typeof all> {}

const progressive = object('For Progressive.', {
  ...pace,
  mandatoryDecisionGroups,
  maxConcurrency: intOrString('How many clusters at once, as a number or percentage.', {
    pattern: PERCENTAGE_OR_NUMBER_PATTERN,
  }),
})
export interface RolloutProgressive extends Infer<typeof progressive> {}

const progressivePerGroup = object('For ProgressivePerGroup.', { ...pace, mandatoryDecisionGroups })
export interface RolloutProgressivePerGroup extends Infer<typeof progressivePerGroup> {}

const strategy = object('In which order clusters get a change.', {
  type: enumeration(
    'All clusters at once, some at a time, or one decision group at a time.',
    ['All', 'Progressive', 'ProgressivePerGroup'],
    { default: 'All' },
  ),
  all: named<RolloutAll>(all),
  progressive: named<RolloutProgressive>(progressive),
  progressivePerGroup: named<RolloutProgressivePerGroup>(progressivePerGroup),
})
/** In which order clusters get a change. */
export interface RolloutStrategy extends Infer<typeof strategy> {}

export const rolloutStrategy = named<RolloutStrategy>(strategy)
