import { PLACEMENT_DISABLE_ANNOTATION, PLACEMENT_LABEL } from '../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../apis/cluster/v1.ts'
import { ADD_ON_PLACEMENT_SCORES, type AddOnPlacementScore } from '../apis/cluster/v1alpha1.ts'
import {
  PLACEMENT_DECISIONS,
  PLACEMENTS,
  type Placement,
  type PlacementDecision,
} from '../apis/cluster/v1beta1.ts'
import {
  MANAGED_CLUSTER_SET_BINDINGS,
  MANAGED_CLUSTER_SETS,
  type ManagedClusterSet,
  type ManagedClusterSetBinding,
} from '../apis/cluster/v1beta2.ts'
import {
  type Controller,
  type Informer,
  keyOf,
  keyText,
  type Manager,
  type ReconcileRequest,
  type ReconcileResult,
} from '../kube/index.ts'
import { DecisionBinder } from './decisions/decision-binder.ts'
import { decisionGroups } from './decisions/decision-groups.ts'
import { misconfiguredCondition, satisfiedCondition } from './decisions/placement-conditions.ts'
import { PlacementStatusWriter } from './decisions/placement-status.ts'
import { wantedDecisions } from './decisions/wanted-decisions.ts'
import { BY_SCORE, BY_SET, ImpactedPlacements, scoresLookedAt } from './impacted-placements.ts'
import { MisconfiguredError, type PluginProblem } from './plugin-status.ts'
import { type ScheduleMetrics, type ScheduleResult, schedule } from './schedule.ts'
import { countDecisions, type SchedulingView } from './scheduling-view.ts'
import { clustersOfSets, eligibleSets } from './selection/cluster-sets.ts'

/** Index of PlacementDecisions by the Placement that they are of. */
const BY_PLACEMENT = 'placement'

/** The original's: what expires without anybody's word, such as a score, is noticed by then. */
const RESYNC_MS = 10 * 60_000

/** How long it all takes. */
export interface PlacementControllerMetrics extends ScheduleMetrics {
  observeScheduling(seconds: number): void
  observeBinding(seconds: number): void
}

export interface PlacementControllerComponents {
  readonly manager: Manager
  /** Of this process: a Pod's name. */
  readonly instance: string
  readonly metrics?: PlacementControllerMetrics
}

/** Keeps PlacementDecisions as Placements and clusters want them (placement/controllers/scheduling). */
export function addPlacementController(components: PlacementControllerComponents): Controller {
  const { manager } = components
  const informers = placementInformers(manager)
  const impacted = new ImpactedPlacements({
    placements: informers.placements.store,
    bindings: informers.bindings.store,
    sets: informers.sets.store,
    clusters: informers.clusters.store,
  })
  const reconciler = new PlacementReconciler(components, informers)
  return manager
    .controller({ name: 'SchedulingController', reconcile: (request) => reconciler.reconcile(request) })
    .watch(informers.placements)
    .watch(informers.decisions, { map: (decision) => impacted.ofDecision(decision) })
    .watch(informers.clusters, { map: (cluster) => impacted.ofCluster(cluster) })
    .watch(informers.sets, { map: (set) => impacted.ofSet(set) })
    .watch(informers.bindings, { map: (binding) => impacted.ofBinding(binding) })
    .watch(informers.scores, { map: (score) => impacted.ofScore(score) })
}

interface PlacementInformers {
  readonly placements: Informer<Placement>
  readonly decisions: Informer<PlacementDecision>
  readonly clusters: Informer<ManagedCluster>
  readonly sets: Informer<ManagedClusterSet>
  readonly bindings: Informer<ManagedClusterSetBinding>
  readonly scores: Informer<AddOnPlacementScore>
}

function placementInformers({ informers }: Manager): PlacementInformers {
  return {
    placements: informers.for<Placement>(PLACEMENTS, {
      resyncMs: RESYNC_MS,
      indexers: { [BY_SCORE]: scoresLookedAt },
    }),
    decisions: informers.for<PlacementDecision>(PLACEMENT_DECISIONS, {
      indexers: { [BY_PLACEMENT]: placementOf },
    }),
    clusters: informers.for<ManagedCluster>(MANAGED_CLUSTERS),
    sets: informers.for<ManagedClusterSet>(MANAGED_CLUSTER_SETS),
    bindings: informers.for<ManagedClusterSetBinding>(MANAGED_CLUSTER_SET_BINDINGS, {
      indexers: { [BY_SET]: ({ metadata }) => [metadata.name ?? ''] },
    }),
    scores: informers.for<AddOnPlacementScore>(ADD_ON_PLACEMENT_SCORES),
  }
}

function placementOf({ metadata }: PlacementDecision): readonly string[] {
  const name = metadata.labels?.[PLACEMENT_LABEL]
  return name ? [keyText({ namespace: metadata.namespace, name })] : []
}

class PlacementReconciler {
  readonly #informers: PlacementInformers
  readonly #binder: DecisionBinder
  readonly #status: PlacementStatusWriter
  readonly #metrics: PlacementControllerMetrics | undefined
  readonly #clock: { now(): number }

  constructor({ manager, instance, metrics }: PlacementControllerComponents, informers: PlacementInformers) {
    this.#informers = informers
    this.#binder = new DecisionBinder(manager, informers.decisions.resource, instance)
    this.#status = new PlacementStatusWriter(informers.placements.resource)
    this.#metrics = metrics
    this.#clock = manager.client.clock
  }

  async reconcile(request: ReconcileRequest): Promise<ReconcileResult | undefined> {
    const placement = this.#informers.placements.store.get(request)
    if (!placement || placement.metadata.deletionTimestamp) return undefined
    if (placement.metadata.annotations?.[PLACEMENT_DISABLE_ANNOTATION] === 'true') return undefined

    const { bindings, sets, clusters } = this.#candidates(placement)
    const own = this.#informers.decisions.store.byIndex(BY_PLACEMENT, keyOf(placement))
    const begin = performance.now()
    const result = schedule(clusters, this.#view(placement, own), this.#metrics)
    const { groups, problem } = grouped(placement, result)
    const scheduled = performance.now()
    this.#metrics?.observeScheduling((scheduled - begin) / 1_000)
    const { decisions, status } = wantedDecisions(request.name, groups)
    await this.#binder.bind(placement, decisions, own, { sums: result.sums, problem })
    this.#metrics?.observeBinding((performance.now() - scheduled) / 1_000)
    await this.#status.write(placement, {
      decisionGroups: status,
      numberOfSelectedClusters: result.chosen.length,
      conditions: [
        misconfiguredCondition(problem),
        satisfiedCondition({
          wantedSets: placement.spec?.clusterSets ?? [],
          eligibleSets: sets,
          bindings,
          availableClusters: clusters.length,
          chosenClusters: result.chosen.length,
          unscheduled: result.unscheduled,
        }),
      ],
    })
    if (result.againAtMs === undefined) return undefined
    return { requeueAfterMs: Math.max(0, result.againAtMs - this.#clock.now()) }
  }

  /** What there is to choose from. */
  #candidates(placement: Placement) {
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

  #view(placement: Placement, own: readonly PlacementDecision[]): SchedulingView {
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

function grouped({ spec = {} }: Placement, { chosen, problem }: ScheduleResult) {
  try {
    return { groups: decisionGroups(spec, chosen), problem }
  } catch (error) {
    if (!(error instanceof MisconfiguredError)) throw error
    const misconfigured: PluginProblem = error.problem
    return { groups: [{ name: '', clusters: [] }], problem: misconfigured }
  }
}
