import { describe, expect, it } from 'vitest'
import { OwnWrites } from '../../../src/kube/index.ts'

const at = (resourceVersion: string) => ({ metadata: { name: 'a', resourceVersion } })

describe('own writes', () => {
  it('count as long as a cache shows what they were based on', () => {
    const writes = new OwnWrites()
    writes.remember('a', at('1'), at('2'))
    expect(writes.latest('a', at('1'))).toEqual(at('2'))
    expect(writes.latest('a', at('3'))).toEqual(at('3'))
    // and never again after that
    expect(writes.latest('a', at('1'))).toEqual(at('1'))
  })

  it('count as long as a cache shows any of the states that they were based on, one after the other', () => {
    const writes = new OwnWrites()
    writes.remember('a', at('1'), at('2'))
    writes.remember('a', at('1'), at('3'))
    expect(writes.latest('a', at('2'))).toEqual(at('3'))
    writes.remember('a', at('2'), at('4'))
    expect(writes.latest('a', at('3'))).toEqual(at('4'))
    expect(writes.latest('a', at('4'))).toEqual(at('4'))
    expect(writes.latest('a', at('1'))).toEqual(at('1'))
  })

  it('count as long as a cache shows what was read for them, since it was behind', () => {
    const writes = new OwnWrites()
    writes.remember('a', at('1'), at('4'), at('3'))
    expect(writes.latest('a', at('1'))).toEqual(at('4'))
    expect(writes.latest('a', at('3'))).toEqual(at('4'))
  })

  it('leave open whether an object is there that a cache does not show', () => {
    const writes = new OwnWrites()
    expect(writes.mayBeThere('a')).toBe(false)
    writes.remember('a', undefined, at('1'))
    expect(writes.mayBeThere('a')).toBe(true)
    expect(writes.latest('a', at('1'))).toEqual(at('1'))
    expect(writes.mayBeThere('a')).toBe(false)
  })
})
