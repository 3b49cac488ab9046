import type { Deployment, ReplicaSet } from '../../apis/apps/v1.ts'
import type { ObjectMeta } from '../../apis/meta/v1.ts'
import { rolloutBounds } from './rollout-bounds.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
/** On ReplicaSets: what the Deployment wanted when they were sized, and the most that there might be. */
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'

const HISTORY_LENGTH = 2000

/** Annotations of a Deployment that are of no concern to its ReplicaSets. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
])

type Annotations = Readonly<Record<string, string>>
type Annotated = { readonly metadata: Pick<ObjectMeta, 'annotations'> }

/** Undefined where there is none, or none that makes sense. */
export function numberIn({ metadata }: Annotated, annotation: string): number | undefined {
  const text = metadata.annotations?.[annotation] ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

export function latestRevision(sets: readonly ReplicaSet[]): number {
  return sets.reduce((latest, set) => Math.max(latest, numberIn(set, REVISION) ?? 0), 0)
}

export function sizeAnnotations(deployment: Deployment): Annotations {
  const { replicas, maxSurge } = rolloutBounds(deployment)
  return { [DESIRED_REPLICAS]: String(replicas), [MAX_REPLICAS]: String(replicas + maxSurge) }
}

/** The current ReplicaSet's annotations: the Deployment's, and which revision it is (SetNewReplicaSetAnnotations). */
export function currentAnnotations(
  deployment: Deployment,
  existing: Annotations | undefined,
  revision: number,
): Annotations {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key))
  const annotations = { ...existing, ...Object.fromEntries(copied) }
  const before = existing?.[REVISION]
  // It may have a later one than the rest: those that had it in between were deleted.
  if (before !== undefined && !(Number(before) < revision)) return annotations
  return {
    ...annotations,
    [REVISION]: String(revision),
    // An older template is back: it keeps the numbers that it had.
    ...(before !== undefined && { [REVISION_HISTORY]: history(existing?.[REVISION_HISTORY], before) }),
  }
}

/** The oldest are dropped where there are too many. */
function history(text = '', revision: string): string {
  const revisions = [...text.split(',').filter((each) => each !== ''), revision]
  while (revisions.join(',').length > HISTORY_LENGTH) revisions.shift()
  return revisions.join(',')
}
