import type { ResourceDefinition } from '../meta/resource-definition.ts'
import { WORK_GROUP } from './constants.ts'

export type {
  AppliedManifestResource,
  AppliedManifestWork,
  AppliedManifestWorkSpec,
  AppliedManifestWorkStatus,
} from './crds/appliedmanifestworks.ts'
export type {
  ConditionRule,
  DeleteOption,
  FeedbackRule,
  IgnoreField,
  JsonPath,
  ManifestConfigOption,
  ManifestWorkExecutor,
  ManifestWorkSpec,
  OrphaningRule,
  ResourceIdentifier,
  ServerSideApplyConfig,
  UpdateStrategy,
} from './crds/manifestwork-spec.ts'
export type {
  FeedbackValue,
  FieldValue,
  ManifestCondition,
  ManifestResourceMeta,
  ManifestWork,
  ManifestWorkStatus,
} from './crds/manifestworks.ts'

export const MANIFEST_WORKS = {
  group: WORK_GROUP,
  version: 'v1',
  plural: 'manifestworks',
  namespaced: true,
} as const satisfies ResourceDefinition

export const APPLIED_MANIFEST_WORKS = {
  group: WORK_GROUP,
  version: 'v1',
  plural: 'appliedmanifestworks',
  namespaced: false,
} as const satisfies ResourceDefinition
