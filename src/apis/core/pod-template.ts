import type { ObjectMeta } from '../meta/v1.ts'
import type { PodSpec } from './pod.ts'

/** What a workload makes its pods of. */
export interface PodTemplateSpec {
  readonly metadata?: ObjectMeta
  readonly spec?: PodSpec
}
