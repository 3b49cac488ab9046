import { AppError } from '../../common/errors.ts'
import { aggregateTexts } from '../rbac/rule-resolver.ts'

/** Credentials were presented and are not good. The message says why, for logs and reviews, and never quotes them. */
export class AuthenticationError extends AppError {
  /** One, unless several sources refused. */
  readonly reasons: readonly string[]

  constructor(reason: string | readonly string[], options?: ErrorOptions) {
    const reasons = typeof reason === 'string' ? [reason] : reason
    super('ERR_AUTHENTICATION', aggregateTexts(reasons), options)
    this.reasons = reasons
  }
}

/** Several refusals of one request, as the original lists them. */
export function aggregateErrors(errors: readonly AuthenticationError[]): AuthenticationError {
  return new AuthenticationError(errors.flatMap(({ reasons }) => reasons))
}
