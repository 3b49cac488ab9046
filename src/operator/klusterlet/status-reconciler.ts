import { KLUSTERLET_CONDITION } from '../../apis/operator/constants.ts'
import {
  findCondition,
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

  constructor({ sources }: { readonly sources: KlusterletSources }) {
    this.#sources = sources
  }

  async reconcile({ name }: ReconcileRequest, { signal }: ReconcileContext): Promise<void> {
    const { klusterlets, deployments } = this.#sources
    const klusterlet = klusterlets.store.get({ name })
    if (!klusterlet || !findCondition(klusterlet.status?.conditions, KLUSTERLET_CONDITION.applied)) return
    const conditions = agentConditions(klusterlet, (key) => deployments.store.get(key))
    await changeStatus(
      klusterlets.resource,
      klusterlet,
      (status) => ({
        ...status,
        conditions: conditions.reduce((all, each) => setCondition(all, each), status.conditions ?? []),
      }),
      signal,
    )
  }
}
