export { applyJsonPatch } from './json-patch.ts'
export { applyMergePatch } from './merge-patch.ts'
export type { MergeField, MergeType } from './merge-type.ts'
export { applyStrategicMergePatch } from './strategic-merge-patch.ts'
