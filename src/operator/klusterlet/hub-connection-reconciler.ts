import type { Klusterlet } from '../../apis/operator/v1.ts'
import {
  type ReconcileContext,
  type ReconcileRequest,
  type ReconcileResult,
  setCondition,
} from '../../kube/index.ts'
import { BOOTSTRAP_KUBECONFIG_SECRET, HUB_KUBECONFIG_SECRET } from '../../manifests/klusterlet.ts'
import { isRegistrationGateEnabled } from './gates.ts'
import { type AgentSecrets, dependsOnHub, hubConnectionCondition } from './hub-connection.ts'
import { changeStatus } from './klusterlet-status.ts'
import { agentNamespaceOf } from './names.ts'
import type { KlusterletSources } from './sources.ts'

/** A cluster that has just been accepted is seen to be soon; one that is not costs the hub little. */
const FIRST_RECHECK_MS = 1_000
const LAST_RECHECK_MS = 30_000

/**
 * Asks the hub, with what the agents show it, whether they may do what they do, and says so in the condition HubConnectionDegraded. Secrets
 * tell when they change; the hub does not, and is asked again, after a second at first, and every 30 seconds in the end.
 */
export class HubConnectionReconciler {
  readonly #sources: KlusterletSources
  readonly #nextRecheckMs = new Map<string, number>()

  constructor({ sources }: { readonly sources: KlusterletSources }) {
    this.#sources = sources
  }

  // biome-ignore lint/suspicious/noConfusingVoidType: as in Reconcile
  async reconcile({ name }: ReconcileRequest, { signal }: ReconcileContext): Promise<ReconcileResult | void> {
    const { klusterlets } = this.#sources
    const klusterlet = klusterlets.store.get({ name })
    if (!klusterlet || klusterlet.metadata.deletionTimestamp) {
      this.#nextRecheckMs.delete(name)
      return
    }
    const { generation: observedGeneration } = klusterlet.metadata
    const condition = {
      ...(await hubConnectionCondition(this.#secretsOf(klusterlet), signal)),
      ...(observedGeneration !== undefined && { observedGeneration }),
    }
    await changeStatus(
      klusterlets.resource,
      klusterlet,
      (status) => ({ ...status, conditions: setCondition(status.conditions, condition) }),
      signal,
    )
    if (dependsOnHub(condition)) return { requeueAfterMs: this.#recheckAfterMs(name) }
    this.#nextRecheckMs.delete(name)
  }

  #secretsOf(klusterlet: Klusterlet): AgentSecrets {
    const namespace = agentNamespaceOf(klusterlet)
    const { bootstrapSecrets, hubSecrets } = this.#sources
    return {
      namespace,
      clusterName: klusterlet.spec?.clusterName ?? '',
      bootstrap: bootstrapSecrets.store.get({ namespace, name: BOOTSTRAP_KUBECONFIG_SECRET }),
      hub: hubSecrets.store.get({ namespace, name: HUB_KUBECONFIG_SECRET }),
      hasSeveralHubs: isRegistrationGateEnabled(klusterlet, 'MultipleHubs'),
    }
  }

  #recheckAfterMs(name: string): number {
    const waitMs = this.#nextRecheckMs.get(name) ?? FIRST_RECHECK_MS
    this.#nextRecheckMs.set(name, Math.min(waitMs * 2, LAST_RECHECK_MS))
    return waitMs
  }
}
