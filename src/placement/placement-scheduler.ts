import type { ManagedCluster } from '../apis/cluster/v1.ts'
import type { Placement, PlacementDecision } from '../apis/cluster/v1beta1.ts'
import type { ObjectKey } from '../apis/meta/v1.ts'
import { keyOf } from '../kube/index.ts'
import { BY_PLACEMENT, type PlacementInformers } from './placement-informers.ts'
import { type ScheduleMetrics, type ScheduleResult, schedule } from './schedule.ts'
import { countDecisions, type SchedulingView } from './scheduling-view.ts'
import { clustersOfSets, eligibleSets } from './selection/cluster-sets.ts'

/** What there is to choose from. */
export interface Candidates {
  /** Bindings in the Placement's namespace whose sets exist. */
  readonly bindings: number
  /** Names of the sets that may be chosen from. */
  readonly sets: readonly string[]
  readonly clusters: readonly ManagedCluster[]
}

/** Chooses clusters for Placements by what informers know of the hub. Writes nothing. */
export class PlacementScheduler {
  readonly #informers: PlacementInformers
  readonly #clock: { now(): number }
  readonly #metrics: ScheduleMetrics | undefined

  constructor(informers: PlacementInformers, clock: { now(): number }, metrics?: ScheduleMetrics) {
    this.#informers = informers
    this.#clock = clock
    this.#metrics = metrics
  }

  find(key: ObjectKey): Placement | undefined {
    return this.#informers.placements.store.get(key)
  }

  decisionsOf(placement: Placement): readonly PlacementDecision[] {
    return this.#informers.decisions.store.byIndex(BY_PLACEMENT, keyOf(placement))
  }

  candidatesFor(placement: Placement): Candidates {
    const { bindings, sets, clusters } = this.#informers
    const valid = bindings.store
      .list(placement.metadata.namespace ?? '')
      .filter(({ metadata }) => sets.store.get({ name: metadata.name ?? '' }))
    const eligible = eligibleSets(placement, valid)
    const members = eligible.flatMap((name) => sets.store.get({ name }) ?? [])
    return {
      bindings: valid.length,
      sets: eligible,
      clusters: clustersOfSets(members, clusters.store.list()),
    }
  }

  schedule(placement: Placement, { clusters } = this.candidatesFor(placement)): ScheduleResult {
    return schedule(clusters, this.#viewOf(placement), this.#metrics)
  }

  #viewOf(placement: Placement): SchedulingView {
    const own = this.decisionsOf(placement)
    const isOwn = new Set(own)
    return {
      placement,
      decided: new Set(
        own.flatMap(({ status }) => (status?.decisions ?? []).map(({ clusterName }) => clusterName)),
      ),
      otherDecisions: countDecisions(this.#informers.decisions.store.list(), (each) => isOwn.has(each)),
      scores: (namespace, name) => this.#informers.scores.store.get({ namespace, name }),
      nowMs: this.#clock.now(),
    }
  }
}
