import { PLACEMENT_DISABLE_ANNOTATION } from '../apis/cluster/constants.ts'
import type { Placement } from '../apis/cluster/v1beta1.ts'
import type { Controller, Manager, ReconcileRequest, ReconcileResult } from '../kube/index.ts'
import { DecisionBinder } from './decisions/decision-binder.ts'
import { decisionGroups } from './decisions/decision-groups.ts'
import { misconfiguredCondition, satisfiedCondition } from './decisions/placement-conditions.ts'
import { PlacementStatusWriter } from './decisions/placement-status.ts'
import { wantedDecisions } from './decisions/wanted-decisions.ts'
import { ImpactedPlacements } from './impacted-placements.ts'
import { type PlacementInformers, placementInformers } from './placement-informers.ts'
import { PlacementScheduler } from './placement-scheduler.ts'
import { MisconfiguredError, type PluginProblem } from './plugin-status.ts'
import type { ScheduleMetrics, ScheduleResult } from './schedule.ts'

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
  const scheduler = new PlacementScheduler(informers, manager.client.clock, components.metrics)
  const reconciler = new PlacementReconciler(components, informers, scheduler)
  return manager
    .controller({ name: 'SchedulingController', reconcile: (request) => reconciler.reconcile(request) })
    .watch(informers.placements)
    .watch(informers.decisions, { map: (decision) => impacted.ofDecision(decision) })
    .watch(informers.clusters, { map: (cluster) => impacted.ofCluster(cluster) })
    .watch(informers.sets, { map: (set) => impacted.ofSet(set) })
    .watch(informers.bindings, { map: (binding) => impacted.ofBinding(binding) })
    .watch(informers.scores, { map: (score) => impacted.ofScore(score) })
}

class PlacementReconciler {
  readonly #scheduler: PlacementScheduler
  readonly #binder: DecisionBinder
  readonly #status: PlacementStatusWriter
  readonly #metrics: PlacementControllerMetrics | undefined
  readonly #clock: { now(): number }

  constructor(
    { manager, instance, metrics }: PlacementControllerComponents,
    informers: PlacementInformers,
    scheduler: PlacementScheduler,
  ) {
    this.#scheduler = scheduler
    this.#binder = new DecisionBinder(manager, informers.decisions.resource, instance)
    this.#status = new PlacementStatusWriter(informers.placements.resource)
    this.#metrics = metrics
    this.#clock = manager.client.clock
  }

  async reconcile(request: ReconcileRequest): Promise<ReconcileResult | undefined> {
    const placement = this.#scheduler.find(request)
    if (!placement || placement.metadata.deletionTimestamp) return undefined
    if (placement.metadata.annotations?.[PLACEMENT_DISABLE_ANNOTATION] === 'true') return undefined

    const candidates = this.#scheduler.candidatesFor(placement)
    const own = this.#scheduler.decisionsOf(placement)
    const begin = performance.now()
    const result = this.#scheduler.schedule(placement, candidates)
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
          eligibleSets: candidates.sets,
          bindings: candidates.bindings,
          availableClusters: candidates.clusters.length,
          chosenClusters: result.chosen.length,
          unscheduled: result.unscheduled,
        }),
      ],
    })
    if (result.againAtMs === undefined) return undefined
    return { requeueAfterMs: Math.max(0, result.againAtMs - this.#clock.now()) }
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
