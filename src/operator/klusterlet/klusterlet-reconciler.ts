import {
  DELETING_CONDITION,
  KLUSTERLET_CONDITION,
  KLUSTERLET_FINALIZER,
  KLUSTERLET_REASON,
} from '../../apis/operator/constants.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import { errorMessage } from '../../common/errors.ts'
import {
  isConflict,
  type NewCondition,
  type ObjectPatcher,
  type ReconcileContext,
  type ReconcileRequest,
  setCondition,
} from '../../kube/index.ts'
import { validFeatureGates } from './gates.ts'
import { asInstalled } from './installed-mode.ts'
import type { KlusterletCleanup } from './klusterlet-cleanup.ts'
import type { Installed, KlusterletInstaller } from './klusterlet-installer.ts'
import { changeStatus } from './klusterlet-status.ts'
import { type FindManagedCluster, type ManagedCluster, ManagedClusterError } from './managed-cluster.ts'
import type { KlusterletSources } from './sources.ts'
import { StageError, WaitingError } from './stage-error.ts'

export interface KlusterletReconcilerComponents {
  readonly sources: KlusterletSources
  readonly patcher: ObjectPatcher<Klusterlet>
  readonly installer: KlusterletInstaller
  readonly cleanup: KlusterletCleanup
  readonly findManagedCluster: FindManagedCluster
}

/** Installs what Klusterlets want, and removes it when they are deleted. Says in the conditions Applied, ValidFeatureGates and Deleting how it went. */
export class KlusterletReconciler {
  readonly #components: KlusterletReconcilerComponents

  constructor(components: KlusterletReconcilerComponents) {
    this.#components = components
  }

  async reconcile({ name }: ReconcileRequest, { signal }: ReconcileContext): Promise<void> {
    const { patcher, sources } = this.#components
    const { klusterlets } = sources
    const cached = klusterlets.store.get({ name })
    if (!cached) return
    if (cached.metadata.deletionTimestamp) return this.#clean(cached, signal)
    const klusterlet = await patcher.addFinalizer(cached, KLUSTERLET_FINALIZER, { signal })
    if (!klusterlet || klusterlet.metadata.deletionTimestamp) return // which its watch will tell of
    const managed = await this.#managedClusterOf(klusterlet, signal)
    if (managed) await this.#install(klusterlet, managed, signal)
  }

  async #clean(klusterlet: Klusterlet, signal: AbortSignal): Promise<void> {
    const { cleanup, patcher } = this.#components
    if (!klusterlet.metadata.finalizers?.includes(KLUSTERLET_FINALIZER)) return
    const installed = asInstalled(klusterlet)
    if (installed) {
      const managed = await this.#managedClusterOf(installed, signal)
      if (!managed) return // another operator has deployed its agents, and has to remove them
      try {
        await cleanup.clean(installed, managed, signal)
      } catch (error) {
        await this.#reportFailedDeletion(klusterlet, error, signal)
        throw error
      }
    }
    await patcher.removeFinalizer(klusterlet, KLUSTERLET_FINALIZER, { signal })
  }

  async #reportFailedDeletion(klusterlet: Klusterlet, error: unknown, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (isConflict(error)) return // it is gone at the next try
    const message = `What was made for it cannot be removed yet, and is tried again: ${errorMessage(error)}`
    const { type, error: reason } = DELETING_CONDITION
    await this.#write(klusterlet, [{ type, status: 'False', reason, message }], undefined, signal)
  }

  async #managedClusterOf(klusterlet: Klusterlet, signal: AbortSignal): Promise<ManagedCluster | undefined> {
    try {
      return await this.#components.findManagedCluster(klusterlet)
    } catch (error) {
      if (!(error instanceof ManagedClusterError)) throw error
      await this.#write(
        klusterlet,
        [
          {
            type: KLUSTERLET_CONDITION.readyToApply,
            status: 'False',
            reason: KLUSTERLET_REASON.prepareFailed,
            message: `Failed to build managed cluster clients: ${error.message}`,
          },
        ],
        undefined,
        signal,
      )
      return undefined
    }
  }

  async #install(klusterlet: Klusterlet, managed: ManagedCluster, signal: AbortSignal): Promise<void> {
    const type = KLUSTERLET_CONDITION.applied
    const gates = validFeatureGates(klusterlet)
    try {
      const installed = await this.#components.installer.install(klusterlet, managed, signal)
      const message = 'Klusterlet Component Applied'
      const applied: NewCondition = { type, status: 'True', reason: KLUSTERLET_REASON.applied, message }
      await this.#write(klusterlet, [gates, applied], installed, signal)
    } catch (error) {
      if (!(error instanceof StageError)) throw error
      const { reason, message } = error
      await this.#write(klusterlet, [gates, { type, status: 'False', reason, message }], undefined, signal)
      if (!(error instanceof WaitingError)) throw error
    }
  }

  async #write(
    klusterlet: Klusterlet,
    conditions: readonly NewCondition[],
    installed: Installed | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { generation: observedGeneration } = klusterlet.metadata
    await changeStatus(
      this.#components.patcher,
      klusterlet,
      (status) => ({
        ...status,
        ...(observedGeneration !== undefined && { observedGeneration }),
        conditions: conditions.reduce((all, each) => setCondition(all, each), status.conditions ?? []),
        ...installed,
      }),
      signal,
    )
  }
}
