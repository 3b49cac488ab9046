import type { Secret } from '../../apis/core/v1.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import {
  type Clock,
  type ObjectPatcher,
  type ReconcileContext,
  type ReconcileRequest,
  type ReconcileResult,
  setCondition,
} from '../../kube/index.ts'
import { BOOTSTRAP_KUBECONFIG_SECRET, HUB_KUBECONFIG_SECRET } from '../../manifests/klusterlet.ts'
import { isRegistrationGateEnabled } from './gates.ts'
import {
  type AgentSecrets,
  dependsOnHub,
  expiryOf,
  hubConnectionCondition,
  isStillWorking,
} from './hub-connection.ts'
import { changeStatus } from './klusterlet-status.ts'
import { agentNamespaceOf } from './names.ts'
import type { KlusterletSources } from './sources.ts'

/** A cluster that has just been accepted is seen to be soon; one that is not costs the hub little. */
const FIRST_RECHECK_MS = 1_000
const LAST_RECHECK_MS = 30_000

/** A hub does not tell when it goes, forgets a cluster, or takes its rights. One request finds that out. */
const WORKING_RECHECK_MS = 5 * 60_000
/** Everything that agents do is asked about again, of which each is a request. */
const WHOLE_RECHECK_MS = 60 * 60_000

/** Certificates know whole seconds, and are good throughout the last. */
const CERTIFICATE_TIME_MS = 1_000

export interface HubConnectionComponents {
  readonly sources: Pick<KlusterletSources, 'klusterlets' | 'bootstrapSecrets' | 'hubSecrets'>
  readonly patcher: ObjectPatcher<Klusterlet>
  readonly clock: Clock
}

/** By what, and since when, a connection works. */
interface Working {
  readonly hub: Secret | undefined
  readonly generation: number | undefined
  /** When everything is asked about again, by the monotonic clock. */
  readonly until: number
}

/**
 * Asks the hub, with what the agents show it, whether they may do what they do, and says so in the condition HubConnectionDegraded. Secrets
 * tell when they change; the hub does not, and is asked again, after a second at first, and every 30 seconds in the end. Where all is well,
 * it is asked one thing every five minutes, and everything when the certificate expires, and every hour.
 */
export class HubConnectionReconciler {
  readonly #sources: HubConnectionComponents['sources']
  readonly #patcher: ObjectPatcher<Klusterlet>
  readonly #clock: Clock
  readonly #nextRecheckMs = new Map<string, number>()
  readonly #working = new Map<string, Working>()

  constructor({ sources, patcher, clock }: HubConnectionComponents) {
    this.#sources = sources
    this.#patcher = patcher
    this.#clock = clock
  }

  // biome-ignore lint/suspicious/noConfusingVoidType: as in Reconcile
  async reconcile({ name }: ReconcileRequest, { signal }: ReconcileContext): Promise<ReconcileResult | void> {
    const { klusterlets } = this.#sources
    const klusterlet = klusterlets.store.get({ name })
    if (!klusterlet || klusterlet.metadata.deletionTimestamp) {
      this.#nextRecheckMs.delete(name)
      this.#working.delete(name)
      return
    }
    const secrets = this.#secretsOf(klusterlet)
    if (await this.#isStillWorking(klusterlet, secrets, signal))
      return { requeueAfterMs: this.#recheckWorkingAfterMs(secrets) }
    const { generation: observedGeneration } = klusterlet.metadata
    const condition = {
      ...(await hubConnectionCondition(secrets, signal)),
      ...(observedGeneration !== undefined && { observedGeneration }),
    }
    await changeStatus(
      this.#patcher,
      klusterlet,
      (status) => ({ ...status, conditions: setCondition(status.conditions, condition) }),
      signal,
    )
    if (dependsOnHub(condition)) return { requeueAfterMs: this.#recheckAfterMs(name) }
    this.#nextRecheckMs.delete(name)
    if (condition.status !== 'False') return
    const until = this.#clock.monotonic() + WHOLE_RECHECK_MS
    this.#working.set(name, { hub: secrets.hub, generation: observedGeneration, until })
    return { requeueAfterMs: this.#recheckWorkingAfterMs(secrets) }
  }

  /** As far as one request tells; not where anything else has changed, or it is time to ask about everything. */
  async #isStillWorking(
    { metadata: { name = '', generation } }: Klusterlet,
    secrets: AgentSecrets,
    signal: AbortSignal,
  ): Promise<boolean> {
    const working = this.#working.get(name)
    this.#working.delete(name)
    if (!working || working.hub !== secrets.hub || working.generation !== generation) return false
    if (this.#clock.monotonic() >= working.until || !(await isStillWorking(secrets, signal))) return false
    this.#working.set(name, working)
    return true
  }

  #recheckWorkingAfterMs({ hub }: AgentSecrets): number {
    const expiry = (hub && expiryOf(hub)) ?? Number.POSITIVE_INFINITY
    const leftMs = expiry + CERTIFICATE_TIME_MS - this.#clock.now()
    return leftMs > 0 ? Math.min(leftMs, WORKING_RECHECK_MS) : WORKING_RECHECK_MS
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
