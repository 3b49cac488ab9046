import type { X509Certificate } from 'node:crypto'
import { StatusError } from '../api/status.ts'
import type { User } from '../rbac/index.ts'
import { AuthenticationError, aggregateErrors } from './authentication-error.ts'
import { bearerToken, webSocketToken } from './bearer-token.ts'
import type { ClientCertificateAuthenticator } from './client-certificate-authenticator.ts'
import type { RequestHeaders } from './request-headers.ts'
import type { TokenAuthenticator } from './token-authenticator.ts'
import { ANONYMOUS_USER, asAuthenticated } from './well-known-users.ts'

/** What a request shows of its sender. */
export interface RequestCredentials {
  /** The peer's certificate, whose key the handshake has proven; it need not be verified otherwise. */
  readonly certificate?: X509Certificate | Uint8Array | undefined
  readonly headers: RequestHeaders
}

export interface AuthenticatorComponents {
  readonly certificates: Pick<ClientCertificateAuthenticator, 'authenticate'>
  readonly tokens: TokenAuthenticator
}

type Source = (request: RequestCredentials) => Promise<User | undefined>

/**
 * Finds out who asks (k8s.io/apiserver, pkg/authentication): by client certificate, by bearer token, by a token among a
 * WebSocket's subprotocols, in this order. Who shows nothing is anonymous; who only shows what is not good is refused, whatever
 * they ask for.
 */
export class Authenticator {
  readonly #sources: readonly Source[]

  constructor({ certificates, tokens }: AuthenticatorComponents) {
    this.#sources = [
      async ({ certificate }) => certificate && certificates.authenticate(certificate),
      ({ headers }) => userOfToken(tokens, bearerToken(headers)),
      async ({ headers }) => userOfToken(tokens, webSocketToken(headers)),
    ]
  }

  /** @throws StatusError Unauthorized, with an AuthenticationError that says why as its cause */
  async authenticate(request: RequestCredentials): Promise<User> {
    const errors: AuthenticationError[] = []
    for (const source of this.#sources) {
      try {
        const user = await source(request)
        if (user) return asAuthenticated(user)
      } catch (error) {
        if (!(error instanceof AuthenticationError)) throw error
        errors.push(error)
      }
    }
    if (errors.length === 0) return ANONYMOUS_USER
    throw new StatusError('Unauthorized', 'Unauthorized', undefined, { cause: aggregateErrors(errors) })
  }
}

async function userOfToken(tokens: TokenAuthenticator, token: string | undefined): Promise<User | undefined> {
  if (token === undefined) return undefined
  const authenticated = await tokens.authenticateToken(token)
  if (!authenticated) throw new AuthenticationError('invalid bearer token')
  return authenticated.user
}
