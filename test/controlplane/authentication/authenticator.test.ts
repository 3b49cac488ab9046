import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import {
  AuthenticationError,
  Authenticator,
  ClientCertificateAuthenticator,
  type RequestCredentials,
  type RequestHeaders,
  unionTokenAuthenticator,
  withoutIdentity,
} from '../../../src/controlplane/authentication/index.ts'
import { forbidden } from '../../../src/controlplane/rbac/index.ts'
import { CertificateAuthority } from '../../../src/pki/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { AUTHORITY, unusualCertificate } from './client-certificates.ts'

const tokens = unionTokenAuthenticator([
  {
    async authenticateToken(token) {
      if (token === 'expired') throw new AuthenticationError('service account token has expired')
      return undefined
    },
  },
  {
    async authenticateToken(token) {
      return token === 'good' ? { user: { name: 'ann', groups: ['ops'] }, audiences: [] } : undefined
    },
  },
])

const certificates = new ClientCertificateAuthenticator({ caPem: AUTHORITY.certificatePem })
const authenticator = new Authenticator({ certificates, tokens })

const bearer = (token: string): RequestHeaders => ({ authorization: [`Bearer ${token}`] })

async function certificateOf(authority: CertificateAuthority): Promise<X509Certificate> {
  const { certificatePem } = await authority.issueClientCertificate({
    commonName: 'cert',
    organizations: ['o'],
  })
  return new X509Certificate(certificatePem)
}

/** The name of the user, or why there is none. */
async function nameOf(request: RequestCredentials): Promise<string> {
  try {
    return (await authenticator.authenticate(request)).name
  } catch (error) {
    if (error instanceof StatusError && error.cause instanceof AuthenticationError)
      return `401: ${error.cause.message}`
    throw error
  }
}

function webSocket(...protocols: readonly string[]): RequestHeaders {
  return { upgrade: ['websocket'], connection: ['keep-alive, Upgrade'], 'sec-websocket-protocol': protocols }
}

function bearerProtocol(token: string): string {
  return `base64url.bearer.authorization.k8s.io.${Buffer.from(token, 'latin1').toString('base64url')}`
}

describe('the answer to a request', () => {
  it('that shows nothing is the anonymous user’s, as recorded', async () => {
    const user = await authenticator.authenticate({ headers: {} })
    expect(user).toEqual({ name: 'system:anonymous', groups: ['system:unauthenticated'] })
    const list = { isResource: true, verb: 'list', group: '', resource: 'namespaces' } as const
    const refusal = forbidden(user, { ...list, subresource: '', namespace: '', name: '' })
    expect(refusal.toStatus()).toEqual(recordedExchange('anonymous').response.body)
  })

  it('that shows a bad token is as recorded, with nothing about why', async () => {
    const refusal = await authenticator.authenticate({ headers: bearer('secret') }).catch((error) => error)
    const { status, body } = recordedExchange('bad token').response
    expect([refusal.httpStatus, refusal.toStatus()]).toEqual([status, body])
    expect(refusal.cause.message).toBe('invalid bearer token')
  })
})

describe('a bearer token', () => {
  it('puts its user into system:authenticated', async () => {
    expect(await authenticator.authenticate({ headers: bearer('good') })).toEqual({
      name: 'ann',
      groups: ['ops', 'system:authenticated'],
    })
  })

  it.each<[authorization: string, expected: string]>([
    ['Bearer good', 'ann'],
    ['  bEARER good  ', 'ann'],
    ['Bearer good more', 'ann'],
    ['Bearer  good', 'system:anonymous'],
    ['Bearer', 'system:anonymous'],
    ['good', 'system:anonymous'],
    ['Basic good', 'system:anonymous'],
    ['Bearer\tgood', 'system:anonymous'],
    ['', 'system:anonymous'],
    ['Bearer bad', '401: invalid bearer token'],
    ['Bearer expired', '401: service account token has expired'],
  ])('in %j', async (authorization, expected) => {
    expect(await nameOf({ headers: { authorization: [authorization] } })).toBe(expected)
  })
})

describe('a client certificate', () => {
  it('goes before a token, which is then not looked at', async () => {
    const certificate = await certificateOf(AUTHORITY)
    expect(await nameOf({ certificate, headers: bearer('bad') })).toBe('cert')
  })

  it('that is not ours is refused, unless there is a good token', async () => {
    const certificate = await certificateOf(await CertificateAuthority.create({ commonName: 'other' }))
    expect(await nameOf({ certificate, headers: {} })).toMatch(/^401: .* signed by unknown authority$/)
    expect(await nameOf({ certificate, headers: bearer('bad') })).toMatch(
      /^401: \[.* signed by unknown authority, invalid bearer token\]$/,
    )
    expect(await nameOf({ certificate, headers: bearer('good') })).toBe('ann')
  })

  it('that names nobody is as good as none', async () => {
    const certificate = await unusualCertificate({ subject: [{ O: ['o'] }] })
    expect(await nameOf({ certificate, headers: {} })).toBe('system:anonymous')
  })

  it('of the anonymous user does not make it authenticated', async () => {
    const { certificatePem } = await AUTHORITY.issueClientCertificate({ commonName: 'system:anonymous' })
    const certificate = new X509Certificate(certificatePem)
    expect((await authenticator.authenticate({ certificate, headers: {} })).groups).toEqual([])
  })
})

describe('the token of a WebSocket', () => {
  it.each<[headers: RequestHeaders, expected: string]>([
    [webSocket(bearerProtocol('good'), 'v5.channel.k8s.io'), 'ann'],
    [webSocket(`v4.channel.k8s.io, ${bearerProtocol('good')}`), 'ann'],
    [webSocket('v4.channel.k8s.io'), 'system:anonymous'],
    [{ 'sec-websocket-protocol': [bearerProtocol('good'), 'x'] }, 'system:anonymous'],
    [webSocket(bearerProtocol(''), 'x'), 'system:anonymous'],
    [webSocket(bearerProtocol('bad'), 'x'), '401: invalid bearer token'],
    [webSocket(bearerProtocol('good')), '401: missing additional subprotocol'],
    [
      webSocket(bearerProtocol('good'), bearerProtocol('good'), 'x'),
      '401: multiple base64.bearer.authorization tokens specified',
    ],
    [
      webSocket(`${bearerProtocol('good')}==`, 'x'),
      '401: invalid base64.bearer.authorization token encoding',
    ],
    [webSocket(bearerProtocol('\xff'), 'x'), '401: invalid base64.bearer.authorization token'],
  ])('in %j', async (headers, expected) => {
    expect(await nameOf({ headers })).toBe(expected)
  })
})

describe('what is passed on', () => {
  it('says nothing of the sender', () => {
    const headers = withoutIdentity({
      ...webSocket('a', bearerProtocol('good'), 'b'),
      ...bearer('good'),
      'impersonate-user': ['u'],
      'impersonate-extra-scopes': ['s'],
      'x-remote-group': ['g'],
      'x-remote-extra-a': ['b'],
      accept: ['*/*'],
    })
    expect({ ...headers }).toEqual({
      upgrade: ['websocket'],
      connection: ['keep-alive, Upgrade'],
      'sec-websocket-protocol': ['a,b'],
      accept: ['*/*'],
    })
  })
})

it('never takes anything but the right token for it', async () => {
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('Bearer', 'bearer ', 'upgrade', 'websocket', '__proto__'),
  )
  const name = fc.constantFrom(
    'authorization',
    'upgrade',
    'connection',
    'sec-websocket-protocol',
    '__proto__',
  )
  const headers = fc.dictionary(name, fc.array(value, { maxLength: 3 }), { noNullPrototype: false })
  await fc.assert(
    fc.asyncProperty(headers, async (each) => {
      expect(await nameOf({ headers: each })).toMatch(/^(system:anonymous$|401: )/)
    }),
  )
  expect(await nameOf({ headers: bearer('x'.repeat(1 << 22)) })).toBe('401: invalid bearer token')
})
