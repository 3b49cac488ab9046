/** What one look has found. `cure` is what to do about it. */
export type Finding =
  | { readonly status: 'ok'; readonly message: string }
  | { readonly status: 'wrong'; readonly message: string; readonly cure: string }

/** One step on the way from a kubeconfig to a healthy cluster. What it needs was found to be right by those before it. */
export interface Check {
  /** Stable, for programs: `api-server`. */
  readonly id: string
  /** Rejects where it cannot be found out. */
  look(): Promise<Finding>
}

export const ok = (message: string): Finding => ({ status: 'ok', message })
export const wrong = (message: string, cure: string): Finding => ({ status: 'wrong', message, cure })

/** What helps where the clocks of hub and agent differ. */
export const SET_CLOCKS = 'set the clocks of both, such as by NTP'
