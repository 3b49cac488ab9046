import type { UnknownFields } from '../wire/index.ts'

/** Why a dial came to nothing, in the label values of konnectivity's `dial_failure_count`. */
export type DialFailureReason =
  | 'no_agent'
  | 'error_response'
  | 'backend_close'
  | 'backend_dial_timeout'
  | 'frontend_close'

export interface DialFailure {
  readonly reason: DialFailureReason
  /** For the frontend: the agent's own text, or ours. */
  readonly message: string
  /** What the agent's answer held that this version does not know. */
  readonly unknown?: UnknownFields | undefined
}

export const NO_AGENT: DialFailure = { reason: 'no_agent', message: 'No agent available' }
export const DIAL_TIMED_OUT: DialFailure = {
  reason: 'backend_dial_timeout',
  message: 'timed out waiting for backend dial',
}
export const SHUTTING_DOWN: DialFailure = {
  reason: 'backend_close',
  message: 'the proxy server is shutting down',
}
