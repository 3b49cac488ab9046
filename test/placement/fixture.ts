import type { ManagedCluster } from '../../src/apis/cluster/v1.ts'
import type { AddOnPlacementScore } from '../../src/apis/cluster/v1alpha1.ts'
import type { Placement, PlacementSpec } from '../../src/apis/cluster/v1beta1.ts'
import type { SchedulingView } from '../../src/placement/scheduling-view.ts'

export const NOW_MS = Date.parse('2026-01-01T12:00:00Z')

export interface ClusterFacts {
  readonly labels?: Record<string, string>
  readonly claims?: Record<string, string>
  readonly taints?: NonNullable<NonNullable<ManagedCluster['spec']>['taints']>
  readonly allocatable?: Record<string, string>
}

export function cluster(
  name: string,
  { labels = {}, claims = {}, taints = [], allocatable }: ClusterFacts = {},
): ManagedCluster {
  return {
    metadata: { name, labels },
    spec: { taints },
    status: {
      clusterClaims: Object.entries(claims).map(([claim, value]) => ({ name: claim, value })),
      ...(allocatable && { allocatable, capacity: allocatable }),
    },
  } as ManagedCluster
}

export function placement(spec: PlacementSpec = {}): Placement {
  return { metadata: { namespace: 'default', name: 'test' }, spec } as Placement
}

export interface ViewFacts {
  readonly spec?: PlacementSpec
  readonly decided?: readonly string[]
  readonly otherDecisions?: Readonly<Record<string, number>>
  /** By cluster, of the AddOnPlacementScore `usage`. */
  readonly scores?: Readonly<Record<string, AddOnPlacementScore['status']>>
}

export function view({
  spec = {},
  decided = [],
  otherDecisions = {},
  scores = {},
}: ViewFacts = {}): SchedulingView {
  return {
    placement: placement(spec),
    decided: new Set(decided),
    otherDecisions: new Map(Object.entries(otherDecisions)),
    scores: (namespace, name) =>
      name === 'usage' && Object.hasOwn(scores, namespace)
        ? ({ metadata: { namespace, name }, status: scores[namespace] } as AddOnPlacementScore)
        : undefined,
    nowMs: NOW_MS,
  }
}
