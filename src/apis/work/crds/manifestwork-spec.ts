import {
  boolean,
  embeddedResource,
  enumeration,
  int64,
  list,
  named,
  object,
  required,
  string,
} from '../../schema/builder.ts'
import { DNS_NAME_PATTERN } from '../../schema/kubernetes.ts'
import type { Infer } from '../../schema/schema.ts'
import { DEFAULT_FIELD_MANAGER } from '../constants.ts'

const resourceIdentifier = object('Names an object of the managed cluster.', {
  group: string('Its API group. Empty for the core group.'),
  resource: required(string('Its resource, such as deployments.')),
  name: required(string('Its name.')),
  namespace: string('Its namespace. Empty for objects of the cluster.'),
})
export interface ResourceIdentifier extends Infer<typeof resourceIdentifier> {}
export interface OrphaningRule extends ResourceIdentifier {}

const deleteOption = object('What becomes of applied objects when the work is deleted.', {
  propagationPolicy: enumeration(
    'Delete them, leave them, or leave some.',
    ['Foreground', 'Orphan', 'SelectivelyOrphan'],
    {
      default: 'Foreground',
    },
  ),
  selectivelyOrphans: object('What SelectivelyOrphan leaves.', {
    orphaningRules: list('Objects that are left.', named<OrphaningRule>(resourceIdentifier)),
  }),
  ttlSecondsAfterFinished: int64(
    'How long a complete work stays before it is deleted. Absent means forever.',
  ),
})
export interface DeleteOption extends Infer<typeof deleteOption> {}

const executor = object('As whom the agent applies. Absent means as itself.', {
  subject: object('The identity.', {
    type: required(enumeration('What kind of identity it is.', ['ServiceAccount'])),
    serviceAccount: object('A service account of the managed cluster.', {
      namespace: required(accountName('Its namespace.')),
      name: required(accountName('Its name.')),
    }),
  }),
})
export interface ManifestWorkExecutor extends Infer<typeof executor> {}

const jsonPath = object('A value of the status.', {
  name: required(string('What the value is reported as.')),
  version: string('In which version of its API the object is read. Absent means the agent chooses.'),
  path: required(string('The JSON path below status.')),
})
export interface JsonPath extends Infer<typeof jsonPath> {}

const feedbackRule = object('Which values of an object are reported.', {
  type: required(
    enumeration('Those known for the kind, or those at paths.', ['WellKnownStatus', 'JSONPaths']),
  ),
  jsonPaths: list('The values for JSONPaths.', named<JsonPath>(jsonPath), { mapKeys: ['name'] }),
})
export interface FeedbackRule extends Infer<typeof feedbackRule> {}

const ignoreField = object('Fields that are left to others.', {
  condition: required(
    enumeration(
      'OnSpokePresent: once the object is there. OnSpokeChange: once somebody has changed the field.',
      ['OnSpokePresent', 'OnSpokeChange'],
      { default: 'OnSpokePresent' },
    ),
  ),
  jsonPointers: list('Fields as JSON pointers (RFC 6901).', string('A pointer.')),
  jsonPaths: list('Fields as JSON paths.', string('A path.')),
  jqPathExpressions: list('Fields as jq paths.', string('A path.')),
})
export interface IgnoreField extends Infer<typeof ignoreField> {}

const serverSideApply = object('How ServerSideApply applies.', {
  force: boolean('Whether fields are taken from their managers.'),
  fieldManager: string('The name of the manager.', {
    default: DEFAULT_FIELD_MANAGER,
    pattern: '^work-agent',
  }),
  ignoreFields: list('Fields that are not applied.', named<IgnoreField>(ignoreField), {
    mapKeys: ['condition'],
  }),
})
export interface ServerSideApplyConfig extends Infer<typeof serverSideApply> {}

const updateStrategy = object('How an object is brought to its manifest.', {
  type: required(
    enumeration('The way.', ['Update', 'CreateOnly', 'ServerSideApply', 'ReadOnly'], { default: 'Update' }),
  ),
  serverSideApply: named<ServerSideApplyConfig>(serverSideApply),
})
export interface UpdateStrategy extends Infer<typeof updateStrategy> {}

const conditionRule = object(
  'Makes a condition out of the state of an object.',
  {
    condition: required(string('The type of the condition.')),
    type: required(
      enumeration('By what is known of the kind, or by expressions.', ['WellKnownConditions', 'CEL']),
    ),
    celExpressions: list('CEL expressions on `object`, all of which must hold.', string('An expression.')),
    message: string('The message of the condition.'),
    messageExpression: string('A CEL expression that makes the message. It goes before message.'),
  },
  {
    validations: [
      {
        rule: `self.type != 'CEL' || self.condition != ""`,
        message: 'Condition is required for CEL rules',
      },
    ],
  },
)
export interface ConditionRule extends Infer<typeof conditionRule> {}

const manifestConfig = object('How some of the manifests are dealt with.', {
  resourceIdentifier: required(named<ResourceIdentifier>(resourceIdentifier)),
  feedbackRules: list('What is reported.', named<FeedbackRule>(feedbackRule)),
  feedbackScrapeType: enumeration('Whether reports come from polling or watching.', ['Poll', 'Watch'], {
    default: 'Poll',
  }),
  updateStrategy: named<UpdateStrategy>(updateStrategy),
  conditionRules: list('Conditions of the manifest.', named<ConditionRule>(conditionRule), {
    mapKeys: ['condition'],
  }),
})
export interface ManifestConfigOption extends Infer<typeof manifestConfig> {}

/** The spec of a ManifestWork, which others have as a template. */
export const manifestWorkSpec = object('What is wanted on the managed cluster.', {
  workload: object('What is applied.', {
    manifests: list('Objects in the order of their ordinals.', embeddedResource('An object.')),
  }),
  deleteOption: named<DeleteOption>(deleteOption),
  manifestConfigs: list('How manifests are dealt with.', named<ManifestConfigOption>(manifestConfig)),
  executor: named<ManifestWorkExecutor>(executor),
})
export interface ManifestWorkSpec extends Infer<typeof manifestWorkSpec> {}

function accountName(description: string) {
  return string(description, { pattern: DNS_NAME_PATTERN, minLength: 1, maxLength: 253 })
}
