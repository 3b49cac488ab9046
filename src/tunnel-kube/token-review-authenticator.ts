import { z } from 'zod'
import { formatDuration } from '../common/duration.ts'
import { AppError, errorMessage } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import { withDeadline } from '../kube/index.ts'
import type { AgentAuthenticator } from '../proxy-server/index.ts'
import { type KubeClient, parseAnswer } from './kube-client.ts'
import { ApiRequestError } from './kube-errors.ts'

const REVIEWS_PATH = '/apis/authentication.k8s.io/v1/tokenreviews'

const DEFAULT_TIMEOUT_MS = 10_000

const reviewSchema = z.object({
  status: z
    .object({
      authenticated: z.boolean().optional(),
      error: z.string().optional(),
      audiences: z.array(z.string()).nullish(),
      user: z.object({ username: z.string().optional() }).optional(),
    })
    .default({}),
})
type ReviewStatus = z.infer<typeof reviewSchema>['status']

/** An agent's token is not good enough, or could not be checked. The message is konnectivity's, and goes to the agent. */
export class AuthenticationError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_AUTHENTICATION', message, options)
  }
}

export interface TokenReviewAuthenticatorComponents {
  readonly client: KubeClient
  readonly log: Logger
}

export interface TokenReviewAuthenticatorOptions {
  /** Namespace of the agents' service account. */
  readonly namespace: string
  readonly serviceAccount: string
  /** What the token must be made for. */
  readonly audience: string
  /** For one token, with the wait for its turn; an agent is not left hanging. @default 10_000 */
  readonly timeoutMs?: number
}

/** Lets the Kubernetes API judge an agent's token, which must be that of one service account. */
export class TokenReviewAuthenticator implements AgentAuthenticator {
  readonly #client: KubeClient
  readonly #log: Logger
  readonly #options: TokenReviewAuthenticatorOptions

  constructor({ client, log }: TokenReviewAuthenticatorComponents, options: TokenReviewAuthenticatorOptions) {
    this.#client = client
    this.#log = log.child({ component: 'token-review-authenticator' })
    this.#options = options
  }

  async authenticate(token: string): Promise<void> {
    try {
      const username = this.#verify(await this.#review(token))
      this.#log.debug({ username }, 'agent authenticated by its token')
    } catch (error) {
      throw new AuthenticationError(`Failed to validate authentication token, err:${errorMessage(error)}`, {
        cause: error,
      })
    }
  }

  async #review(token: string): Promise<ReviewStatus> {
    const { audience, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token, audiences: [audience] },
    }
    const error = () => new ApiRequestError(`no token review within ${formatDuration(timeoutMs)}`)
    try {
      const review = await withDeadline({ ms: timeoutMs, error }, (signal) =>
        this.#client.request({ method: 'POST', path: REVIEWS_PATH, body, signal }),
      )
      return parseAnswer(reviewSchema, review).status
    } catch (error) {
      throw new Error(`Failed to authenticate request. err:${errorMessage(error)}`, { cause: error })
    }
  }

  /** Returns the user's name, or throws an Error in konnectivity's words. */
  #verify({ error, authenticated, user, audiences }: ReviewStatus): string {
    const { namespace, serviceAccount, audience } = this.#options
    if (error) throw new Error(`lookup failed: ${error}`)
    if (authenticated !== true) throw new Error('lookup failed: service account jwt not valid')
    const username = user?.username ?? ''
    const parts = username.split(':')
    if (parts.length !== 4) throw new Error('lookup failed: unexpected username format')
    const [system, kind, ns, sa] = parts
    if (system !== 'system' || kind !== 'serviceaccount') {
      throw new Error('lookup failed: username returned is not a service account')
    }
    if (ns !== namespace) {
      throw new Error(
        `lookup failed: incoming request from ${JSON.stringify(ns)} namespace. Expected ${JSON.stringify(namespace)}`,
      )
    }
    if (sa !== serviceAccount) {
      throw new Error(
        `lookup failed: incoming request from ${JSON.stringify(sa)} service account. Expected ${JSON.stringify(serviceAccount)}`,
      )
    }
    // Authenticators that know no audiences leave them out, and konnectivity takes that.
    if (audiences && audiences.length > 0 && !audiences.includes(audience)) {
      throw new Error(`lookup failed: the token is not for audience ${JSON.stringify(audience)}`)
    }
    return username
  }
}
