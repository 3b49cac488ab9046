import type { KubeObject } from '../../apis/meta/v1.ts'
import type { KubeClient } from '../client/kube-client.ts'

const ANSWERS_LAST_MS = 10_000
const MOST_ANSWERS = 1_000

interface TokenReviewAnswer extends KubeObject {
  readonly status?: {
    readonly authenticated?: boolean
    readonly user?: { readonly username?: string; readonly groups?: readonly string[] }
  }
}

interface AccessReviewAnswer extends KubeObject {
  readonly status?: { readonly allowed?: boolean }
}

export type Verdict = 'allowed' | 'unauthenticated' | 'forbidden'

/** What somebody wants to do: with a path that is no resource, such as `/metrics`, or with a resource. */
export type WantedAccess =
  | { readonly nonResourceAttributes: { readonly path: string; readonly verb: string } }
  | {
      readonly resourceAttributes: {
        readonly group: string
        readonly version: string
        readonly resource: string
        readonly verb: string
        readonly namespace?: string
      }
    }

/**
 * Asks the API whether who shows a token may do something: what Kubernetes' own components do (TokenReview, then
 * SubjectAccessReview). Answers are kept for ten seconds.
 */
export class DelegatedAuthorization {
  readonly #client: KubeClient
  readonly #answers = new Map<string, { readonly verdict: Promise<Verdict>; readonly untilMs: number }>()

  constructor(client: KubeClient) {
    this.#client = client
  }

  /**
   * @param header the request's `Authorization`
   *
   * Rejects with what the client rejects with when the API cannot be asked.
   */
  async judge(header: string | undefined, access: WantedAccess): Promise<Verdict> {
    const [, token] = /^bearer +(\S+)$/i.exec(header ?? '') ?? []
    if (!token) return 'unauthenticated'
    const nowMs = this.#client.clock.now()
    const key = `${JSON.stringify(access)} ${token}`
    const known = this.#answers.get(key)
    if (known && known.untilMs > nowMs) return known.verdict
    if (this.#answers.size >= MOST_ANSWERS) this.#answers.clear()
    const verdict = this.#ask(token, access)
    this.#answers.set(key, { verdict, untilMs: nowMs + ANSWERS_LAST_MS })
    return verdict.catch((error) => {
      this.#answers.delete(key)
      throw error
    })
  }

  async #ask(token: string, access: WantedAccess): Promise<Verdict> {
    const { status: review } = await this.#client.request<TokenReviewAnswer>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
    })
    if (!review?.authenticated) return 'unauthenticated'
    const { username: user, groups } = review.user ?? {}
    const { status } = await this.#client.request<AccessReviewAnswer>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user, groups, ...access },
      },
    })
    return status?.allowed ? 'allowed' : 'forbidden'
  }
}
