import { beforeEach, describe, expect, it } from 'vitest'
import {
  type AuthenticatedToken,
  AuthenticationError,
  CachedTokenAuthenticator,
} from '../../../src/controlplane/authentication/index.ts'

let now = 0
let looks: string[] = []
let answer: (token: string) => AuthenticatedToken | undefined
let cached: CachedTokenAuthenticator

const good = (token: string): AuthenticatedToken => ({ user: { name: token, groups: [] }, audiences: [] })

beforeEach(() => {
  now = 0
  looks = []
  answer = good
  cached = new CachedTokenAuthenticator({
    authenticator: {
      async authenticateToken(token, audiences) {
        looks.push([token, ...(audiences ?? [])].join(' '))
        return answer(token)
      },
    },
    now: () => now,
  })
})

describe('a token that was good', () => {
  it('is not looked at again for ten seconds', async () => {
    await cached.authenticateToken('a')
    now = 9_999
    answer = () => undefined
    expect(await cached.authenticateToken('a')).toEqual(good('a'))
    now = 10_000
    expect(await cached.authenticateToken('a')).toBeUndefined()
    expect(looks).toEqual(['a', 'a'])
  })

  it('is looked at for each audience', async () => {
    await cached.authenticateToken('a', ['x'])
    await cached.authenticateToken('a', ['x'])
    await cached.authenticateToken('a', ['x', 'y'])
    await cached.authenticateToken('a')
    await cached.authenticateToken('a', [])
    expect(looks).toEqual(['a x', 'a x y', 'a', 'a'])
  })

  it('is looked at once when it comes twice at a time', async () => {
    expect(await Promise.all([cached.authenticateToken('a'), cached.authenticateToken('a')])).toEqual([
      good('a'),
      good('a'),
    ])
    expect(looks).toEqual(['a'])
  })

  it('makes way for newer ones when there are too many', async () => {
    for (let index = 0; index <= 4_096; index++) await cached.authenticateToken(`t${index}`)
    looks = []
    await cached.authenticateToken('t4096')
    await cached.authenticateToken('t1')
    await cached.authenticateToken('t0')
    expect(looks).toEqual(['t0'])
  })
})

describe('a token that was not good', () => {
  it('is looked at each time', async () => {
    answer = () => {
      throw new AuthenticationError('no')
    }
    for (const _ of [1, 2]) await expect(cached.authenticateToken('a')).rejects.toThrow('no')
    answer = () => undefined
    expect(await cached.authenticateToken('a')).toBeUndefined()
    answer = good
    expect(await cached.authenticateToken('a')).toEqual(good('a'))
    expect(looks).toHaveLength(4)
  })
})
