import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { badRequest, StatusError, type StatusReason } from '../../api/status.ts'

/** A webhook could not be asked, or its answer is none; what that means is for its failure policy to say. */
export class WebhookCallError extends Error {
  /** HTTP status of what was answered; where nothing was that makes sense, that of a service which is not there. */
  readonly code: number

  constructor(
    message: string,
    { code = 503, cause }: { readonly code?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.code = code
  }
}

/** The answer to a request of which a webhook could not be asked that must be. */
export function callFailed(webhookName: string, { message }: WebhookCallError): StatusError {
  return internalError(`failed calling webhook ${JSON.stringify(webhookName)}: ${message}`)
}

/** Something that has nothing to do with what the client has sent. */
export function internalError(message: string): StatusError {
  return new StatusError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
}

export function dryRunUnsupported(webhookName: string): StatusError {
  return badRequest(`admission webhook ${JSON.stringify(webhookName)} does not support dry run`)
}

const LOWEST_CODE = 400
const HIGHEST_CODE = 599

const REASONS: Readonly<Record<number, StatusReason>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  422: 'Invalid',
}

/** A webhook has refused a request, in words, and with a status, of its own (k8s.io/apiserver, webhook/errors). */
export class WebhookDenial extends StatusError {
  readonly #status: JsonObject
  readonly #code: number

  constructor(webhookName: string, status: JsonObject) {
    const own = (name: string) => (Object.hasOwn(status, name) ? status[name] : undefined)
    const text = (name: string) => {
      const value = own(name)
      return typeof value === 'string' && value !== '' ? value : undefined
    }
    const code = own('code')
    const usable = typeof code === 'number' && Number.isInteger(code) && code <= HIGHEST_CODE ? code : 0
    const deniedBy = `admission webhook ${JSON.stringify(webhookName)} denied the request`
    const why = text('message') ?? text('reason')
    const message = why === undefined ? `${deniedBy} without explanation` : `${deniedBy}: ${why}`
    const httpStatus = Math.max(usable, LOWEST_CODE)
    super(REASONS[httpStatus] ?? 'BadRequest', message)
    const details = own('details')
    const reason = text('reason')
    this.#code = httpStatus
    this.#status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(isJsonObject(details) ? { details } : {}),
      code: httpStatus,
    }
  }

  override get httpStatus(): number {
    return this.#code
  }

  override toStatus(): JsonObject {
    return this.#status
  }
}
