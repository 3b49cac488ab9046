import { type Controller, objectPredicate } from '../../../kube/index.ts'
import { attemptAll } from '../../objects/attempt-all.ts'
import { patchStatus } from '../../objects/change-object.ts'
import { isManagedByUs } from '../lifecycle.ts'
import {
  BY_NAME,
  BY_PLACEMENT,
  enqueueByPlacement,
  enqueueName,
  type ManagerContext,
} from '../manager-context.ts'
import { addOnChanges } from './add-on-status.ts'
import { configurationGraph, type Decisions } from './configuration-graph.ts'
import { installProgressPatch } from './install-progress.ts'

/** Writes of one add-on at once. */
const CONCURRENCY = 8

/** Brings configurations to add-ons, as fast as the strategy of their Placement lets it: `addon-configuration-controller` of the original. */
export function addConfigurationController({ manager, informers }: ManagerContext): Controller {
  const { managements, addOns, placements, decisions } = informers
  const { clock } = manager.client
  const enqueue = enqueueByPlacement(informers)
  const decided: Decisions = {
    placement: (key) => placements.store.get(key),
    decisions: (key) => decisions.store.byIndex(BY_PLACEMENT, key),
  }
  return manager
    .controller({
      name: 'addon-configuration-controller',
      concurrency: 2,
      reconcile: async ({ name }, { signal }) => {
        const management = managements.store.get(name)
        if (!management || !isManagedByUs(management)) return
        const nowMs = clock.now()
        const graph = configurationGraph(management, addOns.store.byIndex(BY_NAME, name), decided, nowMs)
        await attemptAll(addOnChanges(graph), CONCURRENCY, ({ addOn, patch }) =>
          patchStatus(addOns.resource, addOn, (latest) => patch(latest, nowMs), signal),
        )
        await patchStatus(
          managements.resource,
          management,
          (latest) => installProgressPatch(latest, graph.placements, nowMs),
          signal,
        )
        const times = graph.placements.flatMap(({ result }) => result.againAtMs ?? [])
        return times.length > 0 ? { requeueAfterMs: Math.min(...times) - nowMs } : undefined
      },
    })
    .watch(managements, { predicates: [objectPredicate(isManagedByUs)] })
    .watch(addOns, { map: enqueueName })
    .watch(placements, { map: enqueue.ofPlacement })
    .watch(decisions, { map: enqueue.ofDecision })
}
