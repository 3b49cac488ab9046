import { beforeEach, describe, expect, it } from 'vitest'
import { Expectations } from '../../../src/kube-controllers/pods/expectations.ts'
import { ManualClock } from '../../support/manual-clock.ts'

let clock: ManualClock
let expectations: Expectations

beforeEach(() => {
  clock = new ManualClock()
  expectations = new Expectations(clock)
})

describe('expectations', () => {
  it('are met where there are none', () => {
    expect(expectations.areMet('a/b')).toBe(true)
    expectations.expect('a/b', {})
    expect(expectations.areMet('a/b')).toBe(true)
  })

  it('of creations are met when all were seen', () => {
    expectations.expect('a/b', { creations: 2 })
    expectations.creationSeen('a/b')
    expectations.creationSeen('a/other')
    expect(expectations.areMet('a/b')).toBe(false)
    expectations.creationSeen('a/b')
    expect(expectations.areMet('a/b')).toBe(true)
  })

  it('of deletions are met when each of the pods was seen to go, however often', () => {
    expectations.expect('a/b', { deletions: ['a/one', 'a/two'] })
    expectations.deletionSeen('a/b', 'a/one')
    expectations.deletionSeen('a/b', 'a/one')
    expectations.deletionSeen('a/b', 'a/other')
    expect(expectations.areMet('a/b')).toBe(false)
    expectations.deletionSeen('a/b', 'a/two')
    expect(expectations.areMet('a/b')).toBe(true)
  })

  it('are given up after five minutes', () => {
    expectations.expect('a/b', { creations: 1 })
    clock.advance(5 * 60_000)
    expect(expectations.areMet('a/b')).toBe(false)
    clock.advance(1)
    expect(expectations.areMet('a/b')).toBe(true)
  })

  it('go with their owner', () => {
    expectations.expect('a/b', { creations: 1 })
    expectations.forget('a/b')
    expect(expectations.areMet('a/b')).toBe(true)
  })
})
