import { describe, expect, it } from 'vitest'
import type { StatusError } from '../../../src/controlplane/api/status.ts'
import { reviewToken, selfSubjectReview } from '../../../src/controlplane/authentication/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { ISSUER, TokenFixture } from '../service-account-tokens/tokens-fixture.ts'

interface Recorded {
  readonly spec: unknown
  readonly status: { readonly userInfo: Record<string, unknown> }
}

const fixture = new TokenFixture()

describe('a TokenReview', () => {
  it('of nonsense is answered as recorded', async () => {
    const { spec, status } = recordedExchange('token review').response.body as Recorded
    expect(JSON.stringify(await reviewToken(fixture.verifier, spec))).toBe(JSON.stringify(status))
  })

  it('says whose a token is, and for whom', async () => {
    const token = await fixture.token()
    const { userInfo } = (recordedExchange('self subject review').response.body as Recorded).status
    const { user, ...rest } = await reviewToken(fixture.verifier, { token, audiences: ['x', ISSUER] })
    expect(user).toEqual({ ...userInfo, uid: 'bob-uid', extra: user.extra })
    expect(rest).toEqual({ authenticated: true, audiences: [ISSUER] })
  })

  it('takes the server’s own audiences for those that are not said', async () => {
    const token = await fixture.token()
    expect((await reviewToken(fixture.verifier, { token, audiences: [] })).audiences).toEqual([ISSUER])
  })

  it('says why a token is not good, beside what the original always says', async () => {
    const token = await fixture.token()
    expect(await reviewToken(fixture.verifier, { token, audiences: ['x'] })).toEqual({
      user: {},
      error: `[invalid bearer token, token audiences ["${ISSUER}"] is invalid for the target audiences ["x"]]`,
    })
  })

  it.each([undefined, null, {}, { token: '' }, { token: 1 }, [], 'x'])(
    'of %j is a bad request',
    async (spec) => {
      const error = await reviewToken(fixture.verifier, spec).catch((each: unknown) => each)
      expect((error as StatusError).toStatus()).toMatchObject({
        code: 400,
        message: 'token is required for TokenReview in authentication',
      })
    },
  )
})

describe('a SelfSubjectReview', () => {
  it('is as recorded', () => {
    const { status } = recordedExchange('self subject review').response.body as {
      status: {
        userInfo: { username: string; uid: string; groups: string[]; extra: Record<string, string[]> }
      }
    }
    const { username: name, ...user } = status.userInfo
    expect(JSON.stringify(selfSubjectReview({ name, ...user }))).toBe(JSON.stringify(status))
  })

  it('leaves out what is empty', () => {
    expect(selfSubjectReview({ name: 'x', uid: '', groups: [], extra: {} })).toEqual({
      userInfo: { username: 'x' },
    })
  })
})
