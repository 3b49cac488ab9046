export { labelKeyProblems, labelValueProblems } from '../../common/label-syntax.ts'
export {
  escapeFieldValue,
  FieldSelector,
  type FieldTerm,
  METADATA_FIELDS,
  parseFieldSelector,
  type SelectableFields,
  selectableFields,
  valueAt,
} from './field-selector.ts'
export type { LabelOperator, LabelRequirement, Labels } from './label-requirement.ts'
export { EVERYTHING, LabelSelector, NOTHING } from './label-selector.ts'
export { parseLabelSelector } from './parse-label-selector.ts'
export {
  compileLabelSelector,
  labelSelectorErrors,
  labelsErrors,
  type StructuredLabelRequirement,
  type StructuredLabelSelector,
} from './structured-label-selector.ts'
