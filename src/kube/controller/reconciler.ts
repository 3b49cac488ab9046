import type { ObjectKey } from '../../apis/meta/v1.ts'
import type { Logger } from '../../common/log.ts'

/** Which object to look at; never what happened to it. */
export type ReconcileRequest = ObjectKey

export interface ReconcileContext {
  /** Aborted when the controller is to stop. */
  readonly signal: AbortSignal
  /** Says which object it is about. */
  readonly log: Logger
}

export interface ReconcileResult {
  /** Look again in so many ms, though nothing may have happened. */
  readonly requeueAfterMs?: number
}

/**
 * Brings the world towards one object's spec. Level-triggered: the request says which object, never what happened to it.
 * Throwing requeues with back-off, except for a TerminalError.
 */
export type Reconcile = (
  request: ReconcileRequest,
  context: ReconcileContext,
  // biome-ignore lint/suspicious/noConfusingVoidType: most reconcilers have nothing to say, and say nothing
) => Promise<ReconcileResult | void>
