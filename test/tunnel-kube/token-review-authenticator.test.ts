import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/common/log.ts'
import { bearerToken } from '../../src/proxy-server/agent-authenticator.ts'
import type { HttpKubeClient } from '../../src/tunnel-kube/kube-client.ts'
import { TokenReviewAuthenticator } from '../../src/tunnel-kube/token-review-authenticator.ts'
import { FakeKubeApi } from '../support/fake-kube-api.ts'
import { clientFor } from './kube-clients.ts'

const options = { namespace: 'test_ns', serviceAccount: 'test_sa', audience: 'tunnel' }
const PREFIX = 'Failed to validate authentication token, err:'
const reviewed = (username: string, more: object = {}) => ({
  authenticated: true,
  user: { username },
  ...more,
})
const agent = reviewed('system:serviceaccount:test_ns:test_sa')

let api: FakeKubeApi
let client: HttpKubeClient

beforeEach(async () => {
  api = await FakeKubeApi.start()
  client = await clientFor(api)
})
afterEach(async () => {
  await client.stop()
  await api.stop()
})

function authenticator(more: object = {}) {
  return new TokenReviewAuthenticator({ client, log: silentLogger }, { ...options, ...more })
}

describe('a token review authenticator', () => {
  it('asks for a review of the token for the audience', async () => {
    api.review = () => agent
    await authenticator().authenticate('token1')
    expect(api.requests).toHaveLength(1)
    expect(api.requests[0]).toMatchObject({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token: 'token1', audiences: ['tunnel'] },
      },
    })
  })

  it.each([
    ['is not authenticated', {}, { authenticated: false }, 'lookup failed: service account jwt not valid'],
    ['is not understood', {}, { error: 'invalid bearer token' }, 'lookup failed: invalid bearer token'],
    ['got no verdict', {}, {}, 'lookup failed: service account jwt not valid'],
    [
      'is of another namespace',
      { namespace: '_test_ns' },
      agent,
      'lookup failed: incoming request from "test_ns" namespace. Expected "_test_ns"',
    ],
    [
      'is of another service account',
      { serviceAccount: '_test_sa' },
      agent,
      'lookup failed: incoming request from "test_sa" service account. Expected "_test_sa"',
    ],
    ['is that of a person', {}, reviewed('jane'), 'lookup failed: unexpected username format'],
    [
      'is that of a node',
      {},
      reviewed('system:node:test_ns:test_sa'),
      'lookup failed: username returned is not a service account',
    ],
    [
      'is for another audience',
      {},
      { ...agent, audiences: ['https://kubernetes.default.svc'] },
      'lookup failed: the token is not for audience "tunnel"',
    ],
  ])('refuses a token that %s', async (_what, more, status, text) => {
    api.review = () => status
    await expect(authenticator(more).authenticate('token1')).rejects.toThrow(
      expect.objectContaining({ message: PREFIX + text, code: 'ERR_AUTHENTICATION' }),
    )
  })

  it('accepts a token whose review names the audience', async () => {
    api.review = (_token, audiences) => ({ ...agent, audiences })
    await authenticator().authenticate('token1')
  })

  it('refuses when the review itself is refused', async () => {
    api.troubleFor = () => ({ status: 500, reason: 'InternalError', message: 'some error' })
    await expect(authenticator().authenticate('token1')).rejects.toThrow(
      `${PREFIX}Failed to authenticate request. err:some error`,
    )
  })

  it('refuses when the review is nonsense', async () => {
    api.troubleFor = () => ({ status: 201, text: '{"status":"yes"}' })
    await expect(authenticator().authenticate('token1')).rejects.toThrow(
      /^Failed to validate authentication token, err:Failed to authenticate request. err:unexpected answer: /,
    )
  })

  it('does not let an agent hang when the API does', async () => {
    api.troubleFor = () => 'hang'
    await expect(authenticator({ timeoutMs: 20 }).authenticate('token1')).rejects.toThrow(
      `${PREFIX}Failed to authenticate request. err:no token review within 20ms`,
    )
  })

  it('never shows the token', async () => {
    api.troubleFor = () => 'break'
    const error = await authenticator()
      .authenticate('very-secret')
      .catch((thrown: unknown) => thrown)
    const inspected = JSON.stringify(error, Object.getOwnPropertyNames(error))
    expect(inspected).toContain(PREFIX)
    expect(inspected).not.toContain('very-secret')
  })
})

describe('the header of an agent', () => {
  const authenticate = async (...values: string[]) => authenticator().authenticate(bearerToken(values))

  beforeEach(() => {
    api.review = () => agent
  })

  it.each([
    ['is missing', [], 'Authentication context was not found in metadata'],
    ['has no prefix', ['token1'], 'received token does not have "Bearer " prefix'],
    ['stands twice', ['Bearer token1', 'Bearer token2'], 'too many (2) tokens are received'],
  ])('is refused when it %s', async (_what, values, text) => {
    await expect(authenticate(...values)).rejects.toThrow(text)
    expect(api.requests).toEqual([])
  })

  it('is accepted with one good token', async () => {
    await authenticate('Bearer token1')
    expect(api.requests[0]?.body).toMatchObject({ spec: { token: 'token1' } })
  })
})
