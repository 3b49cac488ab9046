import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PodAddresses } from '../../../src/local-cluster/network/index.ts'

describe('PodAddresses', () => {
  it('gives each Pod an address of the range, the same until it is released', () => {
    const addresses = new PodAddresses('127.64.0.0/16')
    expect([addresses.take('a'), addresses.take('b'), addresses.take('a')]).toEqual([
      '127.64.0.2',
      '127.64.0.3',
      '127.64.0.2',
    ])
  })

  it('gives an address again only after all others', () => {
    const addresses = new PodAddresses('127.64.1.0/29')
    const first = addresses.take('a')
    addresses.release('a')
    const next = ['b', 'c', 'd', 'e'].map((uid) => addresses.take(uid))
    expect(next).not.toContain(first)
    expect(addresses.take('f')).toBe(first)
  })

  it('says when it has no more', () => {
    const addresses = new PodAddresses('127.64.1.0/30')
    addresses.take('a')
    expect(() => addresses.take('b')).toThrow('all 1 addresses of 127.64.1.0/30 are taken')
    addresses.release('a')
    addresses.release('a')
    expect(addresses.take('b')).toBe('127.64.1.2')
  })

  it.each(['127.64.0.0', '127.64.0.0/33', '127.300.0.0/16', '::1/64', '127.64.0.0/31', ''])(
    'refuses the range %j',
    (range) => {
      expect(() => new PodAddresses(range)).toThrow(range)
    },
  )

  it('never gives two Pods the same one', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 6 })), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (all) => {
        const addresses = new PodAddresses('127.64.1.0/28')
        const held = new Map<string, string>()
        for (const [isTaking, number] of all) {
          const uid = String(number)
          if (isTaking) held.set(uid, addresses.take(uid))
          else {
            addresses.release(uid)
            held.delete(uid)
          }
          expect(new Set(held.values()).size).toBe(held.size)
        }
      }),
    )
  })
})
