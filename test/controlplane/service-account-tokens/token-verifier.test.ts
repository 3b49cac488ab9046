import { createHmac, createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { AuthenticationError } from '../../../src/controlplane/authentication/index.ts'
import { type BoundObject, SigningKey } from '../../../src/controlplane/service-account-tokens/index.ts'
import { generatePrivateKey } from '../../../src/pki/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { kubeObject } from '../authentication/memory-lookup.ts'
import { BOB, decoded, ISSUER, START, TokenFixture } from './tokens-fixture.ts'

const GONE = 'service account token has been invalidated'
const LONG_AGO = '2026-11-22T11:00:00Z'

let fixture: TokenFixture

beforeEach(() => {
  fixture = new TokenFixture()
})

async function refusal(token: string, audiences?: readonly string[]): Promise<string | undefined> {
  try {
    const authenticated = await fixture.verifier.authenticateToken(token, audiences)
    return authenticated ? 'is good' : undefined
  } catch (error) {
    if (error instanceof AuthenticationError) return error.message
    throw error
  }
}

function segment(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

describe('a token of a service account', () => {
  it('is its user, as recorded', async () => {
    const token = await fixture.token()
    const { jti } = decoded(token).claims as { readonly jti: string }
    const { body } = recordedExchange('self subject review').response
    const { userInfo } = (body as { status: { userInfo: { username: string; groups: string[] } } }).status
    expect(await fixture.verifier.authenticateToken(token)).toEqual({
      user: {
        name: userInfo.username,
        uid: 'bob-uid',
        groups: userInfo.groups.filter((each) => each !== 'system:authenticated'),
        extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${jti}`] },
      },
      audiences: [ISSUER],
    })
  })

  it.each<[afterSeconds: number, expected: string]>([
    [-61, 'service account token is not valid yet'],
    [-60, 'is good'],
    [660, 'is good'],
    [661, 'service account token has expired'],
  ])('that is good for 600 s, after %i s: %s', async (afterSeconds, expected) => {
    const token = await fixture.token()
    fixture.now = START + afterSeconds * 1_000
    expect(await refusal(token)).toBe(expected)
  })

  it.each<[audiences: readonly string[], expected: string]>([
    [['x', ISSUER], 'is good'],
    [['x', 'y'], `token audiences ["${ISSUER}"] is invalid for the target audiences ["x" "y"]`],
  ])('for the audiences %j: %s', async (audiences, expected) => {
    expect(await refusal(await fixture.token(), audiences)).toBe(expected)
  })

  it.each<[metadata: object | undefined, expected: string]>([
    [undefined, 'serviceaccounts "bob" not found'],
    [{ uid: 'new' }, 'service account UID (new) does not match claim (bob-uid)'],
    [{ deletionTimestamp: LONG_AGO }, 'service account rec/bob has been deleted'],
    [{ deletionTimestamp: '2026-11-22T11:55:00Z' }, 'is good'],
  ])('whose account is %j: %s', async (metadata, expected) => {
    const token = await fixture.token()
    fixture.lookup.delete('serviceaccounts', 'rec', 'bob')
    if (metadata)
      fixture.lookup.set('serviceaccounts', { ...BOB, metadata: { ...BOB.metadata, ...metadata } })
    expect(await refusal(token)).toBe(expected)
  })

  describe.each<[resource: string, bound: BoundObject, extra: object]>([
    [
      'pods',
      {
        kind: 'Pod',
        object: kubeObject('Pod', { name: 'o', namespace: 'rec', uid: 'u' }),
        node: { name: 'n', uid: 'v' },
      },
      { 'pod-name': ['o'], 'pod-uid': ['u'], 'node-name': ['n'], 'node-uid': ['v'] },
    ],
    [
      'nodes',
      { kind: 'Node', object: kubeObject('Node', { name: 'o', uid: 'u' }) },
      { 'node-name': ['o'], 'node-uid': ['u'] },
    ],
    [
      'secrets',
      { kind: 'Secret', object: kubeObject('Secret', { name: 'o', namespace: 'rec', uid: 'u' }) },
      {},
    ],
  ])('bound to one of %s', (resource, bound, extra) => {
    const { kind, object } = bound
    let token: string

    beforeEach(async () => {
      const audiences = [ISSUER]
      const asked = { serviceAccount: BOB, bound, audiences, expirationSeconds: 600 }
      token = (await fixture.issuer.issueToken(asked)).token
    })

    it('says so in extra', async () => {
      fixture.lookup.set(resource, object)
      const found = (await fixture.verifier.authenticateToken(token))?.user.extra ?? {}
      const { 'credential-id': _, ...others } = Object.fromEntries(
        Object.entries(found).map(([key, value]) => [
          key.replace('authentication.kubernetes.io/', ''),
          value,
        ]),
      )
      expect(others).toEqual(extra)
    })

    it('ends with it', async () => {
      expect(await refusal(token)).toBe(GONE)
      fixture.lookup.set(resource, {
        ...object,
        metadata: { ...object.metadata, deletionTimestamp: LONG_AGO },
      })
      expect(await refusal(token)).toBe(GONE)
      fixture.lookup.set(resource, { ...object, metadata: { ...object.metadata, uid: 'new' } })
      const noun = kind.toLowerCase()
      expect(await refusal(token)).toBe(
        `${noun} UID (new) does not match service account ${noun} ref claim (u)`,
      )
    })
  })
})

describe('what is no good token', () => {
  it('is nobody else’s business when another has issued it, or it is none', async () => {
    const claims = segment({ iss: 'https://other' })
    for (const token of ['', 'nonsense', 'a.b.c', `${segment({})}.${claims}.AA`, 'x'.repeat(1 << 20)])
      expect(await refusal(token)).toBeUndefined()
  })

  it.each<[name: string, header: object]>([
    ['no algorithm', { alg: 'none' }],
    ['an unknown algorithm', { alg: 'XX' }],
    ['an algorithm of another type', { alg: ['ES256'] }],
    ['another algorithm', { alg: 'RS256' }],
    ['a critical extension', { alg: 'ES256', crit: ['exp'], exp: 1 }],
    ['a key of its own', { alg: 'ES256', jwk: { kty: 'EC' } }],
  ])('is refused with %s', async (_, header) => {
    const [, payload, signature] = (await fixture.token()).split('.')
    expect(await refusal(`${segment(header)}.${payload}.${signature}`)).toBe('invalid signature')
  })

  it('is refused when the public key was its secret', async () => {
    const [, payload] = (await fixture.token()).split('.')
    const secret = createPublicKey(await generatePrivateKey()).export({ type: 'spki', format: 'pem' })
    const signed = `${segment({ alg: 'HS256', kid: fixture.key.id })}.${payload}`
    const mac = createHmac('sha256', secret).update(signed).digest('base64url')
    expect(await refusal(`${signed}.${mac}`)).toBe('invalid signature')
  })

  it('is refused when it names another key, or was signed with another', async () => {
    const other = new SigningKey(await generatePrivateKey())
    const payload = JSON.stringify(decoded(await fixture.token()).claims)
    const token = await other.sign(payload)
    expect(await refusal(token)).toBe('invalid signature, no keys found')
    const [, claims, signature] = token.split('.')
    expect(await refusal(`${segment({ alg: 'ES256' })}.${claims}.${signature}`)).toBe('invalid signature')
  })

  it('is refused when anything in it was changed, and never quoted', async () => {
    const token = await fixture.token()
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'Aq3_-.{"\u{1F600}'), async (at, by) => {
        // The last character of a segment has bits that say nothing.
        fc.pre(token[at] !== by && token[at + 1] !== undefined && token[at + 1] !== '.')
        const reason = await refusal(token.slice(0, at) + by + token.slice(at + 1))
        expect(reason).not.toBe('is good')
        expect(reason ?? '').not.toContain(token.slice(-20))
      }),
    )
  })

  it('never crashes the verifier, whatever has been signed', async () => {
    const about = fc.record({ namespace: fc.json(), serviceaccount: fc.anything(), pod: fc.anything() })
    const claims = fc.record({
      iss: fc.constantFrom(ISSUER, 'kubernetes/serviceaccount'),
      aud: fc.oneof(fc.constant(ISSUER), fc.jsonValue()),
      exp: fc.oneof(fc.constant(1e308), fc.jsonValue()),
      nbf: fc.jsonValue(),
      sub: fc.jsonValue(),
      'kubernetes.io': fc.oneof(fc.jsonValue(), about),
    })
    await fc.assert(
      fc.asyncProperty(claims, async (each) => {
        expect(await refusal(await fixture.sign(each))).not.toBe('is good')
      }),
    )
  })

  it('has expired when it never says when', async () => {
    const { exp: _, ...claims } = decoded(await fixture.token()).claims as Record<string, unknown>
    expect(await refusal(await fixture.sign(claims))).toBe('service account token has expired')
  })
})

describe('the token of a Secret', () => {
  const SECRET = kubeObject(
    'Secret',
    { name: 's', namespace: 'rec' },
    { type: 'kubernetes.io/service-account-token' },
  )

  async function issue(changes: object = {}): Promise<string> {
    const filled = await fixture.issuer.fillTokenSecret(SECRET, BOB, 'PEM')
    fixture.lookup.set('secrets', { ...filled, metadata: { ...filled.metadata, ...changes } })
    return Buffer.from((filled.data as { token: string }).token, 'base64').toString()
  }

  it('is the account, for the server alone and for ever', async () => {
    const token = await issue()
    fixture.now += 1e12
    expect(await fixture.verifier.authenticateToken(token)).toEqual({
      user: {
        name: 'system:serviceaccount:rec:bob',
        uid: 'bob-uid',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:rec'],
      },
      audiences: [ISSUER],
    })
    expect(await refusal(token, ['vault'])).toContain('is invalid for the target audiences ["vault"]')
  })

  it('ends with the Secret', async () => {
    const token = await issue({ deletionTimestamp: LONG_AGO })
    expect(await refusal(token)).toBe('Token has been invalidated')
    fixture.lookup.delete('secrets', 'rec', 's')
    expect(await refusal(token)).toBe('Token has been invalidated')
  })

  it('must be the one that is kept', async () => {
    const token = await issue()
    await issue()
    expect(await refusal(token)).toBe("Token does not match server's copy")
  })

  it('can be marked invalid', async () => {
    const token = await issue({ labels: { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' } })
    expect(await refusal(token)).toMatch(
      /^the token in secret rec\/s for service account rec\/bob has been marked invalid/,
    )
  })

  it.each<[metadata: object | undefined, expected: string]>([
    [undefined, 'serviceaccounts "bob" not found'],
    [{ uid: 'new' }, 'ServiceAccount UID (new) does not match claim (bob-uid)'],
    [{ deletionTimestamp: LONG_AGO }, 'ServiceAccount rec/bob has been deleted'],
  ])('whose account is %j: %s', async (metadata, expected) => {
    const token = await issue()
    fixture.lookup.delete('serviceaccounts', 'rec', 'bob')
    if (metadata)
      fixture.lookup.set('serviceaccounts', { ...BOB, metadata: { ...BOB.metadata, ...metadata } })
    expect(await refusal(token)).toBe(expected)
  })

  it('must name the account that its subject names', async () => {
    const claims = decoded(await issue()).claims as object
    const sub = 'system:serviceaccount:rec:eve'
    expect(await refusal(await fixture.sign({ ...claims, sub }))).toBe('sub claim is invalid')
    expect(await refusal(await fixture.sign({ ...claims, sub: '' }))).toBe('sub claim is missing')
  })
})
