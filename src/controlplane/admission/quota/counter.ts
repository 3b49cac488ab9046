import type { KubeObject } from '../../registry/index.ts'
import type { Amounts } from '../amounts/index.ts'

/** One of the things that a quota says of the objects that it is about. */
export interface ScopeRequirement {
  readonly scopeName: string
  readonly operator: string
  readonly values: readonly string[]
}

/** How the objects of one resource are counted (k8s.io/apiserver, quota.Evaluator). */
export interface Counter {
  /** Whether it counts what a quota has under this name. */
  counts(name: string): boolean
  /** What an object takes; undefined where each takes just itself, whatever is in it. */
  readonly usage: ((object: KubeObject) => Amounts) | undefined
  /** An object can take more when it is changed. */
  readonly countsUpdates: boolean
  /** Undefined where no scope means anything, so that quotas which have some are not about it. */
  readonly isInScope: ((object: KubeObject, requirement: ScopeRequirement) => boolean) | undefined
  /** What an object has to say to be counted under these names; undefined when it says everything. */
  readonly missing: ((object: KubeObject, names: readonly string[]) => string | undefined) | undefined
}

export const ONE = '1'
