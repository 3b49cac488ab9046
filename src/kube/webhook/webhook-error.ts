import { AppError } from '../../common/errors.ts'

/** A request to a webhook that is answered with an HTTP status, because it makes no sense. */
export class WebhookRequestError extends AppError {
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super('ERR_WEBHOOK_REQUEST', message, options)
    this.status = status
  }
}
