import type { KubeObject } from '../registry/index.ts'
import type { ObjectLookup } from './object-lookup.ts'
import { sameSecret, secretValue } from './secrets.ts'
import type { AuthenticatedToken, TokenAuthenticator } from './token-authenticator.ts'

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const NAMESPACE = 'kube-system'
const SECRET_TYPE = 'bootstrap.kubernetes.io/token'
const DEFAULT_GROUP = 'system:bootstrappers'
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

export interface BootstrapTokenComponents {
  readonly lookup: ObjectLookup
  /** In ms since the epoch. @default Date.now */
  readonly now?: () => number
}

/**
 * Tokens by which nodes and clusters join, `id.secret`, that are kept in Secrets of kube-system (kubernetes,
 * plugin/pkg/auth/authenticator/token/bootstrap). A token that is not good is nobody's rather than an error, so that answers do
 * not tell which ids there are.
 */
export class BootstrapTokenAuthenticator implements TokenAuthenticator {
  readonly #lookup: ObjectLookup
  readonly #now: () => number
  readonly #audiences: readonly string[]

  /** `audiences` are the server's own, which these tokens are for. */
  constructor(
    { lookup, now = Date.now }: BootstrapTokenComponents,
    options: { readonly audiences: readonly string[] },
  ) {
    this.#lookup = lookup
    this.#now = now
    this.#audiences = options.audiences
  }

  async authenticateToken(
    token: string,
    wanted: readonly string[] = this.#audiences,
  ): Promise<AuthenticatedToken | undefined> {
    const audiences = this.#audiences.filter((each) => wanted.includes(each))
    const [, id, secretPart] = TOKEN.exec(token) ?? []
    if (audiences.length === 0 || id === undefined || secretPart === undefined) return undefined
    const secret = this.#lookup.get('secrets', NAMESPACE, `bootstrap-token-${id}`)
    if (!secret || !isGood(secret, id, secretPart, this.#now())) return undefined
    const groups = groupsOf(secret)
    return groups && { user: { name: `system:bootstrap:${id}`, groups }, audiences }
  }
}

function isGood(secret: KubeObject, id: string, secretPart: string, now: number): boolean {
  return (
    secret.metadata.deletionTimestamp === undefined &&
    secret.type === SECRET_TYPE &&
    sameSecret(secretValue(secret, 'token-secret'), secretPart) &&
    secretValue(secret, 'token-id') === id &&
    !hasExpired(secretValue(secret, 'expiration'), now) &&
    secretValue(secret, 'usage-bootstrap-authentication') === 'true'
  )
}

/** What is no time has expired; without one a token is good for ever. */
function hasExpired(expiration: string, now: number): boolean {
  if (expiration === '') return false
  return !RFC_3339.test(expiration) || !(now < Date.parse(expiration))
}

/** Sorted, each once; undefined when one of them is not for bootstrapping. */
function groupsOf(secret: KubeObject): string[] | undefined {
  const extra = secretValue(secret, 'auth-extra-groups')
  const groups = extra === '' ? [] : extra.split(',')
  if (!groups.every((group) => EXTRA_GROUP.test(group))) return undefined
  return [...new Set([DEFAULT_GROUP, ...groups])].sort()
}
