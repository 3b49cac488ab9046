import { describe, expect, it } from 'vitest'
import { ServerCount } from '../../src/proxy-agent/server-count.ts'

const leases = (count: number) => ({ leases: { count: () => count } })

describe('the count of servers', () => {
  it('is one before anybody has answered', () => {
    expect(new ServerCount({}, 'default').current).toBe(1)
  })

  it('is the largest of the latest answers', () => {
    const count = new ServerCount({}, 'default')
    count.learn('a', 2)
    count.learn('b', 3)
    expect(count.current).toBe(3)
    count.learn('b', 2)
    expect(count.current).toBe(2)
  })

  it('shrinks with a server that believed in more and is gone', () => {
    const count = new ServerCount({}, 'default')
    count.learn('a', 2)
    count.learn('b', 5)
    count.forget('b')
    expect(count.current).toBe(2)
  })

  it('stays when the last server is gone', () => {
    const count = new ServerCount({}, 'default')
    count.learn('a', 3)
    count.forget('a')
    expect(count.current).toBe(3)
  })

  it('never falls below one', () => {
    const count = new ServerCount({}, 'default')
    count.learn('a', 0)
    expect(count.current).toBe(1)
  })

  it.each([
    ['default', 2, 5, 2],
    ['default', 5, 2, 5],
    ['max', 2, 5, 5],
    ['max', 5, 2, 5],
  ] as const)(
    'with source %s, %d leases and an answer of %d is %d',
    (source, leaseCount, answer, expected) => {
      const count = new ServerCount(leases(leaseCount), source)
      count.learn('a', answer)
      expect(count.current).toBe(expected)
    },
  )
})
