import { describe, expect, it } from 'vitest'
import { WatchLimit } from '../../../src/controlplane/http/index.ts'

const ALICE = { name: 'alice', groups: ['system:authenticated'] }
const BOB = { name: 'bob', groups: ['system:authenticated'] }
const CAROL = { name: 'carol', groups: ['system:authenticated'] }
const MASTER = { name: 'admin', groups: ['system:masters'] }

const begun = async () => 'begun'

describe('WatchLimit', () => {
  it('refuses more than one user may have, and says when to come again', async () => {
    const limit = new WatchLimit({ inAll: 10, perUser: 2 })
    const client = new AbortController()
    for (let count = 0; count < 2; count++) await limit.run(ALICE, client.signal, begun)

    await expect(limit.run(ALICE, client.signal, begun)).rejects.toMatchObject({
      httpStatus: 429,
      message:
        'Too many watches, please try again later: the limit is 2 at once of one user, and "alice" has as many.',
      details: { retryAfterSeconds: 10 },
    })
    await expect(limit.run(BOB, client.signal, begun)).resolves.toBe('begun')

    client.abort()
    await expect(limit.run(ALICE, new AbortController().signal, begun)).resolves.toBe('begun')
  })

  it('refuses more than there may be in all, but of those who may do everything', async () => {
    const limit = new WatchLimit({ inAll: 2, perUser: 2 })
    const { signal } = new AbortController()
    await limit.run(ALICE, signal, begun)
    await limit.run(BOB, signal, begun)
    await expect(limit.run(CAROL, signal, begun)).rejects.toThrow(
      'the limit is 2 at once of all users together',
    )
    await expect(limit.run(MASTER, signal, begun)).resolves.toBe('begun')
  })

  it('makes room when a watch fails, or its client has gone before it began', async () => {
    const limit = new WatchLimit({ inAll: 1, perUser: 1 })
    const { signal } = new AbortController()
    const failure = new Error('failed')
    await expect(limit.run(ALICE, signal, () => Promise.reject(failure))).rejects.toBe(failure)
    await expect(limit.run(ALICE, AbortSignal.abort(), begun)).resolves.toBe('begun')
    await expect(limit.run(ALICE, signal, begun)).resolves.toBe('begun')
  })
})
