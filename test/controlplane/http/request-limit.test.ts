import { describe, expect, it } from 'vitest'
import { requestInfo } from '../../../src/controlplane/api/request-info.ts'
import { RequestLimit } from '../../../src/controlplane/http/index.ts'

const { signal } = new AbortController()
const request = (method: string, path: string) => ({
  info: requestInfo(method, new URL(path, 'http://apiserver')),
  signal,
})
const PODS = '/api/v1/pods'
const LIST = request('GET', PODS)
const CREATE = request('POST', PODS)
const WATCH = request('GET', `${PODS}?watch=1`)
const REVIEW = request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews')
const HEALTH = request('GET', '/readyz')
const POD = '/api/v1/namespaces/a/pods/a'
const LOG = request('GET', `${POD}/log?follow=true`)
const EXEC = request('POST', `${POD}/exec?command=sh`)
const PROXY = request('GET', '/api/v1/namespaces/a/services/a/proxy/page')
const USER = { name: 'alice', groups: ['system:authenticated'] }
const OTHER = { name: 'bob', groups: ['system:authenticated'] }
const MASTER = { name: 'admin', groups: ['system:masters'] }
const NOBODY_WAITS = { partPerUser: 1, mostWaitingPerUser: 0, mostWaiting: 0, longestWaitMs: 60_000 }
const MANY_WAIT = { partPerUser: 1, mostWaitingPerUser: 10, mostWaiting: 20, longestWaitMs: 60_000 }

describe('RequestLimit', () => {
  it('refuses more of a kind than it allows, and says when to come again', async () => {
    const limit = new RequestLimit({ reading: 2, writing: 1, ...NOBODY_WAITS })
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

  it('lets what is too much wait, and a user with one request not for all of one with many', async () => {
    const limit = new RequestLimit({ reading: 1, writing: 1, ...MANY_WAIT })
    const order: string[] = []
    const end = Promise.withResolvers<void>()
    const all = [limit.run(USER, CREATE, () => end.promise)]
    for (const name of ['second', 'third'])
      all.push(limit.run(USER, CREATE, async () => void order.push(name)))
    all.push(limit.run(OTHER, CREATE, async () => void order.push('other')))
    expect(order).toEqual([])
    end.resolve()
    await Promise.all(all)
    expect(order).toEqual(['second', 'other', 'third'])
  })

  it('has room for others however many slow requests a user has', async () => {
    const limit = new RequestLimit({ reading: 3, writing: 3, ...MANY_WAIT, partPerUser: 0.5 })
    const end = Promise.withResolvers<void>()
    const slow = [1, 2, 3, 4].map(() => limit.run(USER, CREATE, () => end.promise))
    await expect(limit.run(OTHER, CREATE, async () => 'other')).resolves.toBe('other')
    expect(limit.waiting).toEqual({ reading: 0, writing: 2 })
    end.resolve()
    await Promise.all(slow)
    expect(limit.waiting).toEqual({ reading: 0, writing: 0 })
  })

  it('has a seat for the review that a write waits for', async () => {
    const limit = new RequestLimit({ reading: 1, writing: 1, ...MANY_WAIT })
    const webhook = () => limit.run(OTHER, REVIEW, async () => 'allowed')
    await expect(limit.run(USER, CREATE, webhook)).resolves.toBe('allowed')
  })

  it('makes room when a request fails', async () => {
    const limit = new RequestLimit({ reading: 1, writing: 1, ...NOBODY_WAITS })
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
    ['probes', USER, HEALTH],
    ['logs', USER, LOG],
    ['commands in Pods', USER, EXEC],
    ['what a backend answers in its own time', USER, PROXY],
    ['system:masters', MASTER, LIST],
  ])('lets %s through', async (_, user, through) => {
    const limit = new RequestLimit({ reading: 0, writing: 0, ...NOBODY_WAITS })
    await expect(limit.run(user, through, async () => 'done')).resolves.toBe('done')
  })
})
