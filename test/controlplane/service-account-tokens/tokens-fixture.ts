import {
  SigningKey,
  TokenIssuer,
  TokenRequests,
  TokenVerifier,
} from '../../../src/controlplane/service-account-tokens/index.ts'
import { generatePrivateKey } from '../../../src/pki/index.ts'
import { kubeObject, MemoryLookup } from '../authentication/memory-lookup.ts'

export const ISSUER = 'https://kubernetes.default.svc'

/** When the tokens of the recordings were issued. */
export const START = Date.parse('2026-11-22T11:55:58Z')

export const BOB = kubeObject('ServiceAccount', { name: 'bob', namespace: 'rec', uid: 'bob-uid' })

const options = { issuer: ISSUER, audiences: [ISSUER] }
const privateKey = await generatePrivateKey()

/** An issuer and a verifier with one key and one clock, and a service account `rec/bob`. */
export class TokenFixture {
  readonly lookup = new MemoryLookup()
  readonly key = new SigningKey(privateKey)
  readonly issuer: TokenIssuer
  readonly requests: TokenRequests
  readonly verifier: TokenVerifier
  now = START

  constructor() {
    const now = () => this.now
    const { key, lookup } = this
    this.issuer = new TokenIssuer({ key, now }, options)
    this.requests = new TokenRequests({ issuer: this.issuer, lookup, now }, options)
    this.verifier = new TokenVerifier({ key, lookup, now }, options)
    lookup.set('serviceaccounts', BOB)
  }

  /** A token of bob's, for ten minutes. */
  async token(): Promise<string> {
    const audiences = [ISSUER]
    const { token } = await this.issuer.issueToken({ serviceAccount: BOB, audiences, expirationSeconds: 600 })
    return token
  }

  sign(claims: unknown): Promise<string> {
    return this.key.sign(JSON.stringify(claims))
  }
}

/** Header and payload of a token, without looking at its signature. */
export function decoded(token: string): { readonly header: unknown; readonly claims: unknown } {
  const [header, claims] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  return { header, claims }
}
