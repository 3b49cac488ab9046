import { type Authenticator, impersonate } from '../authentication/index.ts'
import { type Authorizer, forbidden, type User } from '../rbac/index.ts'
import type { Answer, UpgradeAnswer } from './answer.ts'
import { AnswerLimit } from './answer-limit.ts'
import type { ApiRequest } from './api-request.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { RequestLimit } from './request-limit.ts'
import { WatchLimit } from './watch-limit.ts'

export interface AccessControlComponents {
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  readonly handle: (request: ApiRequest) => Promise<Answer | UpgradeAnswer>
  /** @default as many as the original allows */
  readonly limit?: RequestLimit
  /** @default as many as are reasonable */
  readonly watchLimit?: WatchLimit
  /** @default as much as is reasonable */
  readonly answerLimit?: AnswerLimit
}

/** Finds out who asks and whether they may, and only then hands a request on. */
export class AccessControl {
  readonly #authenticator: Authenticator
  readonly #authorizer: Authorizer
  readonly #handle: AccessControlComponents['handle']
  readonly #limit: RequestLimit
  readonly #watchLimit: WatchLimit
  readonly #answerLimit: AnswerLimit

  constructor(components: AccessControlComponents) {
    this.#authenticator = components.authenticator
    this.#authorizer = components.authorizer
    this.#handle = components.handle
    this.#limit = components.limit ?? new RequestLimit()
    this.#watchLimit = components.watchLimit ?? new WatchLimit()
    this.#answerLimit = components.answerLimit ?? new AnswerLimit()
  }

  /** @throws StatusError Unauthorized, TooManyRequests, Forbidden, BadRequest, and what the handler throws */
  async handle(request: IncomingRequest): Promise<Answer | UpgradeAnswer> {
    const { headerValues: headers, certificate, signal } = request
    const sender = await this.#authenticator.authenticate({ certificate, headers })
    const answer = await this.handleAs(sender, request)
    if ('body' in answer) this.#answerLimit.add(sender, answer.body, signal)
    return answer
  }

  /**
   * A request of somebody who is known, such as a part of this process.
   *
   * @throws StatusError TooManyRequests, Forbidden, BadRequest, and what the handler throws
   */
  handleAs(sender: User, request: IncomingRequest): Promise<Answer | UpgradeAnswer> {
    const { method, url, info, headers, headerValues, signal, readBody, warn } = request
    const user = impersonate(this.#authorizer, { user: sender, attributes: info, headers: headerValues })
    return this.#limit.run(user, request, () => {
      const { allowed, reason } = this.#authorizer.authorize(user, info)
      if (!allowed) throw forbidden(user, info, reason)
      const answer = () => this.#handle({ method, url, headers, info, user, signal, readBody, warn })
      return info.verb === 'watch' ? this.#watchLimit.run(user, signal, answer) : answer()
    })
  }
}
