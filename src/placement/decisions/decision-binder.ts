import { hostname } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import type { Placement, PlacementDecision } from '../../apis/cluster/v1beta1.ts'
import type { Event } from '../../apis/events/v1.ts'
import type { ObjectKey } from '../../apis/meta/v1.ts'
import {
  EVENTS,
  EventRecorder,
  isNotFound,
  type Manager,
  type ResourceClient,
  withController,
} from '../../kube/index.ts'
import type { PluginProblem } from '../plugin-status.ts'
import type { ClusterScores } from '../scheduling-view.ts'
import type { WantedDecision } from './wanted-decisions.ts'

const API_VERSION = 'cluster.open-cluster-management.io/v1beta1'

/** An Event's note is cut behind 1,024 characters. */
const LONGEST_SCORES = 1_000

/** Why decisions are as they are, for Events. */
export interface DecisionReasons {
  readonly sums: ClusterScores
  readonly problem: PluginProblem | undefined
}

/** Makes the PlacementDecisions of a Placement what they should be. */
export class DecisionBinder {
  readonly #decisions: ResourceClient<PlacementDecision>
  readonly #events: EventRecorder

  constructor(manager: Manager, decisions: ResourceClient<PlacementDecision>, instance: string) {
    this.#decisions = decisions
    const { client } = manager
    this.#events = new EventRecorder(
      { events: client.resource<Event>(EVENTS), clock: client.clock, log: client.log },
      { controller: 'placement-controller', instance: instance || hostname() },
    )
    manager.add({ start: () => {}, stop: () => this.#events.stop() })
  }

  /**
   * @param existing those of the Placement
   *
   * Goes on where one cannot be written, and rejects in the end with what was wrong with the first such.
   */
  async bind(
    placement: Placement,
    wanted: readonly WantedDecision[],
    existing: readonly PlacementDecision[],
    reasons: DecisionReasons,
  ): Promise<void> {
    const byName = new Map(existing.map((decision) => [decision.metadata.name ?? '', decision]))
    const names = new Set(wanted.map(({ name }) => name))
    const outcomes = await Promise.allSettled([
      ...wanted.map((decision) => this.#put(placement, decision, byName.get(decision.name), reasons)),
      ...existing
        .filter(({ metadata }) => !names.has(metadata.name ?? ''))
        .map((decision) => this.#delete(placement, decision)),
    ])
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failure) throw failure.reason
  }

  async #put(
    placement: Placement,
    wanted: WantedDecision,
    existing: PlacementDecision | undefined,
    reasons: DecisionReasons,
  ): Promise<void> {
    const decision = existing ?? (await this.#create(placement, wanted))
    const decisions = wanted.clusters.map((clusterName) => ({ clusterName, reason: '' }))
    const key = keyFrom(decision)
    if (!isDeepStrictEqual(decision.metadata.labels, wanted.labels)) {
      const kept = Object.keys(decision.metadata.labels ?? {}).map((label) => [label, null])
      const labels = { ...Object.fromEntries(kept), ...wanted.labels }
      await this.#decisions.patch(key, { type: 'merge', body: { metadata: { labels } } })
    }
    if (sameClusters(decision, wanted.clusters)) return
    await this.#decisions.patchStatus(key, { type: 'merge', body: { status: { decisions } } })
    this.#tellUpdate(placement, decision, reasons)
  }

  async #create(placement: Placement, { name, labels }: WantedDecision): Promise<PlacementDecision> {
    const { namespace = '' } = placement.metadata
    const owner = { ...placement, apiVersion: API_VERSION, kind: 'Placement' }
    const created = await this.#decisions.create({
      apiVersion: API_VERSION,
      kind: 'PlacementDecision',
      metadata: { ...withController({ metadata: { namespace, name } }, owner), labels },
    })
    this.#tell(placement, created, 'DecisionCreated', 'DecisionCreate', `is created with`)
    return created
  }

  async #delete(placement: Placement, decision: PlacementDecision): Promise<void> {
    try {
      await this.#decisions.delete(keyFrom(decision))
    } catch (error) {
      if (isNotFound(error)) return
      throw error
    }
    this.#tell(placement, decision, 'DecisionDeleted', 'DecisionDelete', `is deleted with`)
  }

  #tellUpdate(placement: Placement, decision: PlacementDecision, { sums, problem }: DecisionReasons): void {
    const why = problem?.code === 'warning' ? `: ${problem.message} in plugin ${problem.plugin}` : ''
    this.#tell(placement, decision, 'DecisionUpdated', 'DecisionUpdate', 'is updated with', why)
    if (sums.size === 0) return
    this.#events.record({
      regarding: placement,
      related: decision,
      reason: 'ScoreUpdated',
      action: 'ScoreUpdate',
      note: scoresText(sums),
    })
  }

  #tell(
    placement: Placement,
    decision: PlacementDecision,
    reason: string,
    action: string,
    what: string,
    why = '',
  ): void {
    const { namespace, name } = placement.metadata
    this.#events.record({
      regarding: placement,
      related: decision,
      type: why === '' ? 'Normal' : 'Warning',
      reason,
      action,
      note: `Decision ${decision.metadata.name} ${what} placement ${name} in namespace ${namespace}${why}`,
    })
  }
}

function keyFrom({ metadata: { namespace, name = '' } }: PlacementDecision): ObjectKey {
  return { namespace, name }
}

function sameClusters({ status }: PlacementDecision, clusters: readonly string[]): boolean {
  const existing = status?.decisions
  return (
    existing !== undefined &&
    isDeepStrictEqual(
      existing.map(({ clusterName }) => clusterName),
      clusters,
    )
  )
}

function scoresText(sums: ClusterScores): string {
  let text = ''
  for (const name of [...sums.keys()].sort()) {
    const score = `${name}:${sums.get(name)} `
    if (text.length + score.length > LONGEST_SCORES) return `${text}......`
    text += score
  }
  return text
}
