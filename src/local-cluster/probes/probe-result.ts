/** How one probe ended. */
export interface ProbeResult {
  /** `unknown` when it could not be asked at all: such a result counts for nothing. */
  readonly outcome: 'success' | 'failure' | 'unknown'
  /** What was answered, or what went wrong, in kubelet's words. */
  readonly message: string
  /** It counts as a success, and yet somebody should be told. */
  readonly isWarning?: boolean
}

/** More of an answer is not read (kubernetes, pkg/probe). */
export const MOST_ANSWER_BYTES = 10 * 1024

/** Whom servers are probed by; the version is the control plane's. */
export const PROBE_USER_AGENT = 'kube-probe/1.36'
