import { describe, expect, it } from 'vitest'
import { requestInfo } from '../../../src/controlplane/api/request-info.ts'
import { RequestLimit } from '../../../src/controlplane/http/index.ts'

const PODS = new URL('http://apiserver/api/v1/pods')
const LIST = requestInfo('GET', PODS)
const CREATE = requestInfo('POST', PODS)
const WATCH = requestInfo('GET', new URL('?watch=1', PODS))
const USER = { name: 'alice', groups: ['system:authenticated'] }
const MASTER = { name: 'admin', groups: ['system:masters'] }

describe('RequestLimit', () => {
  it('refuses more of a kind than it allows, and says when to come again', async () => {
    const limit = new RequestLimit({ reading: 2, writing: 1 })
    const end = Promise.withResolvers<string>()
    const running = [1, 2].map(() => limit.run(USER, LIST, () => end.promise))

    await expect(limit.run(USER, LIST, async () => 'more')).rejects.toMatchObject({
      httpStatus: 429,
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 1 },
    })
    await expect(limit.run(USER, CREATE, async () => 'written')).resolves.toBe('written')

    end.resolve('read')
    await expect(Promise.all(running)).resolves.toEqual(['read', 'read'])
    await expect(limit.run(USER, LIST, async () => 'more')).resolves.toBe('more')
  })

  it('makes room when a request fails', async () => {
    const limit = new RequestLimit({ reading: 1, writing: 1 })
    const failure = new Error('failed')
    await expect(limit.run(USER, CREATE, () => Promise.reject(failure))).rejects.toBe(failure)
    await expect(
      limit.run(USER, CREATE, () => {
        throw failure
      }),
    ).rejects.toBe(failure)
    await expect(limit.run(USER, CREATE, async () => 'next')).resolves.toBe('next')
  })

  it.each([
    ['watches', USER, WATCH],
    ['system:masters', MASTER, LIST],
  ])('lets %s through', async (_, user, info) => {
    const limit = new RequestLimit({ reading: 0, writing: 0 })
    await expect(limit.run(user, info, async () => 'done')).resolves.toBe('done')
  })
})
