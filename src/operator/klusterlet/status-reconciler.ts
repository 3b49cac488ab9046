import { KLUSTERLET_CONDITION } from '../../apis/operator/constants.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import {
  findCondition,
  type ObjectPatcher,
  type ReconcileContext,
  type ReconcileRequest,
  setCondition,
} from '../../kube/index.ts'
import { agentConditions } from './agent-conditions.ts'
import { changeStatus } from './klusterlet-status.ts'
import type { KlusterletSources } from './sources.ts'

/** Says in the conditions of Klusterlets how their agents are. */
export class KlusterletStatusReconciler {
  readonly #sources: KlusterletSources
  readonly #patcher: ObjectPatcher<Klusterlet>

  constructor(components: {
    readonly sources: KlusterletSources
    readonly patcher: ObjectPatcher<Klusterlet>
  }) {
    this.#sources = components.sources
    this.#patcher = components.patcher
  }

  async reconcile({ name }: ReconcileRequest, { signal }: ReconcileContext): Promise<void> {
    const { klusterlets, deployments } = this.#sources
    const klusterlet = klusterlets.store.get({ name })
    if (!klusterlet || !findCondition(klusterlet.status?.conditions, KLUSTERLET_CONDITION.applied)) return
    const conditions = agentConditions(klusterlet, (key) => deployments.store.get(key))
    await changeStatus(
      this.#patcher,
      klusterlet,
      (status) => ({
        ...status,
        conditions: conditions.reduce((all, each) => setCondition(all, each), status.conditions ?? []),
      }),
      signal,
    )
  }
}
