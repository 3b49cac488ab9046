import type { Pod, ServiceAccountTokenProjection } from '../../apis/core/v1.ts'
import type { KubeClient } from '../../kube/index.ts'

/** What is asked for where a Pod does not say. */
const DEFAULT_LIFETIME_SECONDS = 3600

/** A token is renewed after this part of its life, or after a day (kubelet's token manager). */
const USED_PART = 0.8
const LONGEST_USE_MS = 24 * 3_600_000

interface Token {
  readonly text: string
  /** By the wall clock, in ms. */
  readonly renewAt: number
}

interface TokenAnswer {
  readonly status?: { readonly token?: string; readonly expirationTimestamp?: string }
}

/** A Pod's service account tokens, each bound to the Pod, so that it is worth nothing once that is gone. */
export class PodTokens {
  readonly #client: KubeClient
  readonly #tokens = new Map<string, Token>()

  constructor(client: KubeClient) {
    this.#client = client
  }

  /** When the first of them is to be renewed, by the wall clock in ms. Infinity where there are none. */
  get renewAt(): number {
    return Math.min(...Array.from(this.#tokens.values(), (token) => token.renewAt))
  }

  /** The token, a new one where it is time for that. Rejects as a KubeClient does. */
  async take(pod: Pod, projection: ServiceAccountTokenProjection, signal?: AbortSignal): Promise<string> {
    const { audience = '', expirationSeconds = DEFAULT_LIFETIME_SECONDS } = projection
    const id = JSON.stringify([audience, expirationSeconds])
    const known = this.#tokens.get(id)
    if (known && known.renewAt > this.#client.clock.now()) return known.text
    const token = await this.#request(pod, audience, expirationSeconds, signal)
    this.#tokens.set(id, token)
    return token.text
  }

  async #request(
    { metadata, spec }: Pod,
    audience: string,
    expirationSeconds: number,
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    const { name = '', namespace = '', uid } = metadata
    const account = spec?.serviceAccountName || 'default'
    const now = this.#client.clock.now()
    const { status } = await this.#client.request<TokenAnswer>({
      method: 'POST',
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(account)}/token`,
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {
          ...(audience !== '' && { audiences: [audience] }),
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      },
      ...(signal && { signal }),
    })
    const lifetimeMs =
      (Date.parse(status?.expirationTimestamp ?? '') || now + expirationSeconds * 1_000) - now
    return { text: status?.token ?? '', renewAt: now + Math.min(lifetimeMs * USED_PART, LONGEST_USE_MS) }
  }
}
