import type { FollowedObjects } from '../followed-objects.ts'
import type { ResourceVersions } from '../match/index.ts'
import type { NamespaceSource } from '../namespace-lifecycle.ts'
import type { ParamSource } from './params.ts'
import type { PolicyMetrics } from './policy-metrics.ts'

/** What policies of both kinds need. */
export interface PoliciesComponents {
  readonly objects: FollowedObjects & ParamSource
  readonly namespaces: NamespaceSource
  readonly versions: ResourceVersions
  /** @default nothing is counted */
  readonly metrics?: PolicyMetrics
}
