import {
  Authenticator,
  BootstrapTokenAuthenticator,
  CachedTokenAuthenticator,
  ClientCertificateAuthenticator,
  type TokenAuthenticator,
  unionTokenAuthenticator,
} from '../authentication/index.ts'
import type { ControlPlaneCredentials } from '../credentials/index.ts'
import { SigningKey, TokenIssuer, TokenRequests, TokenVerifier } from '../service-account-tokens/index.ts'
import type { ObjectSource } from './object-source.ts'

/** What the tokens of service accounts say of whom they are from and for. */
export const SERVICE_ACCOUNTS = {
  issuer: 'https://kubernetes.default.svc',
  audiences: ['https://kubernetes.default.svc'],
}

/** How it is found out who somebody is, and how service accounts get what they show. */
export interface Identities {
  readonly authenticator: Authenticator
  readonly tokens: TokenAuthenticator
  readonly key: SigningKey
  readonly issuer: TokenIssuer
  readonly tokenRequests: TokenRequests
}

export function identitiesOf(components: {
  readonly credentials: ControlPlaneCredentials
  readonly objects: ObjectSource
  readonly now: () => number
}): Identities {
  const { credentials, objects: lookup, now } = components
  const key = new SigningKey(credentials.serviceAccountKey)
  const tokens = new CachedTokenAuthenticator({
    authenticator: unionTokenAuthenticator([
      new TokenVerifier({ key, lookup, now }, SERVICE_ACCOUNTS),
      new BootstrapTokenAuthenticator({ lookup, now }, SERVICE_ACCOUNTS),
    ]),
    now,
  })
  const certificates = new ClientCertificateAuthenticator({
    caPem: credentials.authority.certificatePem,
    now,
  })
  const issuer = new TokenIssuer({ key, now }, SERVICE_ACCOUNTS)
  return {
    authenticator: new Authenticator({ certificates, tokens }),
    tokens,
    key,
    issuer,
    tokenRequests: new TokenRequests({ issuer, lookup, now }, SERVICE_ACCOUNTS),
  }
}
