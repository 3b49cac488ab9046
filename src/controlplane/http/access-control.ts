import { type Authenticator, impersonate } from '../authentication/index.ts'
import { type Authorizer, forbidden, type User } from '../rbac/index.ts'
import type { Answer } from './answer.ts'
import type { ApiRequest } from './api-request.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { RequestLimit } from './request-limit.ts'

export interface AccessControlComponents {
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  readonly handle: (request: ApiRequest) => Promise<Answer>
  /** @default as many as the original allows */
  readonly limit?: RequestLimit
}

/** Finds out who asks and whether they may, and only then hands a request on. */
export class AccessControl {
  readonly #authenticator: Authenticator
  readonly #authorizer: Authorizer
  readonly #handle: AccessControlComponents['handle']
  readonly #limit: RequestLimit

  constructor({ authenticator, authorizer, handle, limit = new RequestLimit() }: AccessControlComponents) {
    this.#authenticator = authenticator
    this.#authorizer = authorizer
    this.#handle = handle
    this.#limit = limit
  }

  /** @throws StatusError Unauthorized, TooManyRequests, Forbidden, BadRequest, and what the handler throws */
  async handle(request: IncomingRequest): Promise<Answer> {
    const { headerValues: headers, certificate } = request
    return this.handleAs(await this.#authenticator.authenticate({ certificate, headers }), request)
  }

  /**
   * A request of somebody who is known, such as a part of this process.
   *
   * @throws StatusError TooManyRequests, Forbidden, BadRequest, and what the handler throws
   */
  handleAs(sender: User, request: IncomingRequest): Promise<Answer> {
    const { method, url, info, headers, headerValues, signal, readBody, warn } = request
    const user = impersonate(this.#authorizer, { user: sender, attributes: info, headers: headerValues })
    return this.#limit.run(user, info, () => {
      const { allowed, reason } = this.#authorizer.authorize(user, info)
      if (!allowed) throw forbidden(user, info, reason)
      return this.#handle({ method, url, headers, info, user, signal, readBody, warn })
    })
  }
}
