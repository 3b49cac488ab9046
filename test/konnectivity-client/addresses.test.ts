import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinHostPort, splitHostPort } from '../../src/konnectivity-client/host-port.ts'
import { parseServerAddresses } from '../../src/konnectivity-client/server-address.ts'
import { mayBecome, type StreamState, transitions } from '../../src/konnectivity-client/stream-state.ts'

describe('an address', () => {
  it.each([
    ['localhost:80', { host: 'localhost', port: 80 }],
    ['10.0.0.1:443', { host: '10.0.0.1', port: 443 }],
    ['[fd00::1]:443', { host: 'fd00::1', port: 443 }],
    ['[localhost]:80', { host: 'localhost', port: 80 }],
    ['fd00::1:443', undefined],
    ['localhost', undefined],
    ['localhost:', undefined],
    ['[fd00::1]', undefined],
    ['[fd00::1:443', undefined],
    ['a b:80', undefined],
    ['a:65536', undefined],
    ['a:-1', undefined],
    ['', undefined],
  ])('%j is %j', (address, expected) => {
    expect(splitHostPort(address)).toEqual(expected)
  })

  it('is put together as it was taken apart', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain())
    fc.assert(
      fc.property(host, fc.integer({ min: 0, max: 65_535 }), (name, port) => {
        expect(splitHostPort(joinHostPort(name, port))).toEqual({ host: name, port })
      }),
    )
  })
})

describe('a proxy server’s address', () => {
  it.each([
    ['proxy:8090', { host: 'proxy', port: 8090 }],
    ['[::1]:8090', { host: '::1', port: 8090 }],
    ['unix:///run/proxy.sock', { path: '/run/proxy.sock' }],
    ['unix:/run/proxy.sock', { path: '/run/proxy.sock' }],
    ['unix:proxy.sock', { path: 'proxy.sock' }],
  ])('%s is %j', (address, endpoint) => {
    expect(parseServerAddresses({ address })).toEqual([endpoint])
  })

  it.each(['proxy', 'https://proxy:8090', 'unix:', ''])('%j is none', (address) => {
    expect(() => parseServerAddresses({ address })).toThrow('invalid proxy server address')
  })
})

describe('the states of a stream', () => {
  const states = Object.keys(transitions) as StreamState[]

  it('all lead to closed, and nothing leads out of it', () => {
    for (const state of states) {
      expect(mayBecome('closed', state)).toBe(false)
      if (state !== 'closed') expect(mayBecome(state, 'closed')).toBe(true)
    }
  })

  it('never lead back', () => {
    for (const from of states) {
      for (const to of states) {
        if (mayBecome(from, to)) expect(states.indexOf(to)).toBeGreaterThan(states.indexOf(from))
      }
    }
  })
})
