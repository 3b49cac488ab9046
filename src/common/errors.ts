/** Base of every error that this project throws on purpose: `code` is stable, messages are for people. */
export class AppError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** A bad flag, environment variable or file. The process prints it and exits before it starts anything. */
export class ConfigError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_CONFIG', message, options)
  }
}

/** Why a dial failed, in the label values of konnectivity's `dial_failure_total`. */
export type DialFailureReason =
  | 'timeout'
  | 'context'
  | 'endpoint'
  | 'dialclosed'
  | 'tunnelclosed'
  | 'tunnelstarted'
  | 'streamsetup'
  | 'unknown'

/** A dial through the tunnel did not end in a connection. */
export class DialError extends AppError {
  readonly reason: DialFailureReason

  constructor(reason: DialFailureReason, message: string, options?: ErrorOptions) {
    super('ERR_DIAL', message, options)
    this.reason = reason
  }
}

/** An established connection ended otherwise than by a clean close. `code` is Node's, so that callers can treat it as a socket's. */
export class ConnectionResetError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ECONNRESET', message, options)
  }
}

/** What to show of a thrown value that may be no Error. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
