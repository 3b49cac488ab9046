import { describe, expect, it } from 'vitest'
import { connectionErrorText, dialErrorText, lookupErrorText } from '../../src/proxy-agent/go-net-errors.ts'

function nodeError(code: string, more: object = {}): Error {
  return Object.assign(new Error(`node says ${code}`), { code, ...more })
}

describe('errors in the words of Go', () => {
  it.each([
    ['ECONNREFUSED', 'dial tcp 10.0.0.1:80: connect: connection refused'],
    ['ECONNRESET', 'dial tcp 10.0.0.1:80: connect: connection reset by peer'],
    ['ENETUNREACH', 'dial tcp 10.0.0.1:80: connect: network is unreachable'],
    ['EHOSTUNREACH', 'dial tcp 10.0.0.1:80: connect: no route to host'],
    ['EACCES', 'dial tcp 10.0.0.1:80: connect: permission denied'],
    ['EADDRNOTAVAIL', 'dial tcp 10.0.0.1:80: connect: cannot assign requested address'],
    ['EMFILE', 'dial tcp 10.0.0.1:80: socket: too many open files'],
    ['ENFILE', 'dial tcp 10.0.0.1:80: socket: too many open files in system'],
    ['ETIMEDOUT', 'dial tcp 10.0.0.1:80: i/o timeout'],
    ['EWHATEVER', 'dial tcp 10.0.0.1:80: node says EWHATEVER'],
  ])('a dial that fails with %s', (code, text) => {
    const error = nodeError(code, { address: '10.0.0.1', port: 80 })
    expect(dialErrorText('tcp', 'name:80', error)).toBe(text)
  })

  it('reports the first of several addresses, with brackets where it needs them', () => {
    const errors = ['::1', '127.0.0.1'].map((address) => nodeError('ECONNREFUSED', { address, port: 1 }))
    const text = dialErrorText('tcp', 'localhost:1', new AggregateError(errors))
    expect(text).toBe('dial tcp [::1]:1: connect: connection refused')
  })

  it.each([
    ['ENOTFOUND', 'dial tcp: lookup x: no such host'],
    ['EAI_AGAIN', 'dial tcp: lookup x: server misbehaving'],
  ])('a lookup that fails with %s', (code, text) => {
    expect(lookupErrorText('tcp', 'x', nodeError(code))).toBe(text)
  })

  it.each([
    ['ECONNRESET', 'read', 'read tcp 10.0.0.2:3000->10.0.0.1:80: read: connection reset by peer'],
    ['EPIPE', 'write', 'write tcp 10.0.0.2:3000->10.0.0.1:80: write: broken pipe'],
    ['ETIMEDOUT', 'read', 'read tcp 10.0.0.2:3000->10.0.0.1:80: read: connection timed out'],
  ])('a connection that breaks with %s', (code, syscall, text) => {
    const endpoints = { local: '10.0.0.2:3000', remote: '10.0.0.1:80' }
    expect(connectionErrorText('tcp', endpoints, nodeError(code, { syscall }))).toBe(text)
  })
})
