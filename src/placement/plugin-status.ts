/** What a step of scheduling has to say, beside its result. The codes are the original's (placement/controllers/framework). */
export interface PluginProblem {
  /** `misconfigured` is a mistake in the Placement, which only an edit of it cures. */
  readonly code: 'warning' | 'misconfigured'
  /** The step; empty where the mistake is in what all steps share. */
  readonly plugin: string
  readonly message: string
}

/** Ends the scheduling of a Placement: it makes no sense as it is. */
export class MisconfiguredError extends Error {
  readonly problem: PluginProblem

  constructor(plugin: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.problem = { code: 'misconfigured', plugin, message }
  }
}
