import { CLUSTER_SET_LABEL, PLACEMENT_LABEL } from '../apis/cluster/constants.ts'
import type { ManagedCluster } from '../apis/cluster/v1.ts'
import type { AddOnPlacementScore } from '../apis/cluster/v1alpha1.ts'
import type { Placement, PlacementDecision } from '../apis/cluster/v1beta1.ts'
import type { ManagedClusterSet, ManagedClusterSetBinding } from '../apis/cluster/v1beta2.ts'
import type { ObjectKey } from '../apis/meta/v1.ts'
import { enqueueSelf, type ObjectReader } from '../kube/index.ts'
import { isMember } from './selection/cluster-sets.ts'

/** Index of bindings by the set that they bind. */
export const BY_SET = 'set'
/** Index of Placements by the AddOnPlacementScores that they look at. */
export const BY_SCORE = 'score'

export interface ImpactStores {
  readonly placements: ObjectReader<Placement>
  /** With the index BY_SET. */
  readonly bindings: ObjectReader<ManagedClusterSetBinding>
  readonly sets: ObjectReader<ManagedClusterSet>
  readonly clusters: ObjectReader<ManagedCluster>
}

/** Which Placements have to be looked at again when something else changes. */
export class ImpactedPlacements {
  readonly #stores: ImpactStores

  constructor(stores: ImpactStores) {
    this.#stores = stores
  }

  ofCluster(cluster: ManagedCluster): readonly ObjectKey[] {
    const exclusive = cluster.metadata.labels?.[CLUSTER_SET_LABEL]
    const sets = this.#stores.sets.list().filter((set) => isMember(set, cluster))
    const names = new Set(sets.map(({ metadata }) => metadata.name ?? ''))
    if (exclusive) names.add(exclusive)
    return [...names].flatMap((name) => this.#ofSetNamed(name))
  }

  ofSet({ metadata }: ManagedClusterSet): readonly ObjectKey[] {
    return this.#ofSetNamed(metadata.name ?? '')
  }

  /** All of its namespace: to those that ask for other sets, too, it makes a difference whether anything is bound. */
  ofBinding({ metadata }: ManagedClusterSetBinding): readonly ObjectKey[] {
    return this.#stores.placements.list(metadata.namespace ?? '').flatMap(enqueueSelf)
  }

  ofDecision({ metadata }: PlacementDecision): readonly ObjectKey[] {
    const name = metadata.labels?.[PLACEMENT_LABEL]
    return name ? [{ namespace: metadata.namespace, name }] : []
  }

  /** Those that look at the score and may choose the cluster in whose namespace it is. */
  ofScore({ metadata }: AddOnPlacementScore): readonly ObjectKey[] {
    const cluster = this.#stores.clusters.get(metadata.namespace ?? '')
    if (!cluster) return []
    const impacted = new Set(this.ofCluster(cluster).map(({ namespace, name }) => `${namespace}/${name}`))
    return this.#stores.placements
      .byIndex(BY_SCORE, metadata.name ?? '')
      .filter(({ metadata: { namespace, name } }) => impacted.has(`${namespace}/${name}`))
      .flatMap(enqueueSelf)
  }

  #ofSetNamed(set: string): readonly ObjectKey[] {
    return this.#stores.bindings
      .byIndex(BY_SET, set)
      .flatMap(({ metadata }) => this.#stores.placements.list(metadata.namespace ?? ''))
      .filter((placement) => asksFor(placement, set))
      .flatMap(enqueueSelf)
  }
}

function asksFor({ spec }: Placement, set: string): boolean {
  const wanted = spec?.clusterSets ?? []
  return wanted.length === 0 || wanted.includes(set)
}

/** What BY_SCORE finds a Placement by: names in its prioritizers and, as expressions may look at any score, in the texts of those. */
export function scoresLookedAt({ spec }: Placement): readonly string[] {
  const configured = (spec?.prioritizerPolicy?.configurations ?? []).flatMap(({ scoreCoordinate }) =>
    scoreCoordinate?.addOn ? [scoreCoordinate.addOn.resourceName] : [],
  )
  const expressions = (spec?.predicates ?? []).flatMap(
    ({ requiredClusterSelector }) => requiredClusterSelector?.celSelector?.celExpressions ?? [],
  )
  const inExpressions = expressions.flatMap((text) =>
    [...text.matchAll(/scores\(\s*(['"])([^'"]*)\1\s*\)/g)].map(([, , name = '']) => name),
  )
  return [...new Set([...configured, ...inExpressions])]
}
