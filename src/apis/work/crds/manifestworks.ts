import {
  boolean,
  enumeration,
  int32,
  int64,
  kind,
  list,
  named,
  object,
  required,
  string,
} from '../../schema/builder.ts'
import type { CustomResource } from '../../schema/custom-resource.ts'
import { conditions } from '../../schema/kubernetes.ts'
import type { Infer } from '../../schema/schema.ts'
import { MANIFEST_WORKS } from '../v1.ts'
import { type ManifestWorkSpec, manifestWorkSpec } from './manifestwork-spec.ts'

const resourceMeta = object('Which object the manifest is.', {
  ordinal: required(int32('Its place in the spec, from 0.')),
  group: string('Its API group.'),
  version: string('Its API version.'),
  kind: string('Its kind.'),
  resource: string('Its resource.'),
  name: string('Its name.'),
  namespace: string('Its namespace.'),
})
export interface ManifestResourceMeta extends Infer<typeof resourceMeta> {}

const fieldValue = object('A value, in the field of its type.', {
  type: required(enumeration('Its type.', ['Integer', 'String', 'Boolean', 'JsonRaw'])),
  integer: int64('For Integer.'),
  string: string('For String.'),
  boolean: boolean('For Boolean.'),
  jsonRaw: string('For JsonRaw, as JSON.', { maxLength: 1024 }),
})
export interface FieldValue extends Omit<Infer<typeof fieldValue>, 'integer'> {
  /** A bigint where a number would not hold it exactly. */
  readonly integer?: number | bigint
}

const feedbackValue = object('A value that was asked for.', {
  name: required(string('As what it was asked for.')),
  fieldValue: required(named<FieldValue>(fieldValue)),
})
export interface FeedbackValue extends Infer<typeof feedbackValue> {}

const manifestCondition = object('The state of one manifest.', {
  resourceMeta: required(named<ManifestResourceMeta>(resourceMeta)),
  statusFeedback: object('Reported values.', {
    values: list('Values that were asked for.', named<FeedbackValue>(feedbackValue), { mapKeys: ['name'] }),
  }),
  conditions: required(conditions()),
})
export interface ManifestCondition extends Infer<typeof manifestCondition> {}

const status = object('What became of it.', {
  conditions: conditions(),
  resourceStatus: object('The state of the manifests.', {
    manifests: list('The state of each.', named<ManifestCondition>(manifestCondition)),
  }),
})
export interface ManifestWorkStatus extends Infer<typeof status> {}

const schema = kind('Objects for the managed cluster in whose namespace on the hub it is.', {
  spec: named<ManifestWorkSpec>(manifestWorkSpec),
  status: named<ManifestWorkStatus>(status),
})
/** Objects for the managed cluster in whose namespace on the hub it is. */
export interface ManifestWork extends Infer<typeof schema> {}

export const MANIFEST_WORK_RESOURCE: CustomResource = {
  resource: MANIFEST_WORKS,
  kind: 'ManifestWork',
  versions: [{ name: 'v1', schema }],
}
