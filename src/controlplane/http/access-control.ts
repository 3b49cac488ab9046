import { requestInfo } from '../api/request-info.ts'
import { StatusError } from '../api/status.ts'
import { type Authenticator, impersonate } from '../authentication/index.ts'
import { type Authorizer, forbidden } from '../rbac/index.ts'
import type { Answer } from './answer.ts'
import type { ApiRequest } from './api-request.ts'
import type { IncomingRequest } from './incoming-request.ts'

export interface AccessControlComponents {
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  readonly handle: (request: ApiRequest) => Promise<Answer>
}

/** Finds out who asks and whether they may, and only then hands a request on. */
export class AccessControl {
  readonly #authenticator: Authenticator
  readonly #authorizer: Authorizer
  readonly #handle: AccessControlComponents['handle']

  constructor({ authenticator, authorizer, handle }: AccessControlComponents) {
    this.#authenticator = authenticator
    this.#authorizer = authorizer
    this.#handle = handle
  }

  /** @throws StatusError Unauthorized, Forbidden, BadRequest, and what the handler throws */
  async handle(request: IncomingRequest): Promise<Answer> {
    const { method, url, headers, headerValues, certificate, signal } = request
    const info = requestInfo(method, url)
    const sender = await this.#authenticator.authenticate({ certificate, headers: headerValues })
    const user = impersonate(this.#authorizer, { user: sender, attributes: info, headers: headerValues })
    const { allowed, reason } = this.#authorizer.authorize(user, info)
    if (!allowed) throw forbidden(user, info, reason)
    return this.#handle({
      method,
      url,
      headers,
      info,
      user,
      signal,
      readBody: request.readBody,
      warn: request.warn,
    })
  }
}

/** Requests that are being carried out, bounded so that a flood of them is refused and not queued. */
export class RequestLimit {
  readonly #limits = { reading: 400, writing: 200 }
  readonly #running = { reading: 0, writing: 0 }

  /**
   * Carries a request out unless there are too many; those that go on for ever do not count.
   *
   * @throws StatusError TooManyRequests, and what `work` throws
   */
  async run<T>(method: string, work: () => Promise<T>): Promise<T> {
    const kind = method === 'GET' || method === 'HEAD' ? 'reading' : 'writing'
    if (this.#running[kind] >= this.#limits[kind]) {
      throw new StatusError('TooManyRequests', 'Too many requests, please try again later.', {
        retryAfterSeconds: 1,
      })
    }
    this.#running[kind]++
    try {
      return await work()
    } finally {
      this.#running[kind]--
    }
  }
}
