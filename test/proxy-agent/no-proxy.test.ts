import { describe, expect, it } from 'vitest'
import { bypassesProxy } from '../../src/proxy-agent/no-proxy.ts'

describe('NO_PROXY', () => {
  it.each([
    ['example.com', 'example.com', true],
    ['example.com', 'EXAMPLE.com.', true],
    ['example.com', 'sub.example.com', true],
    ['example.com', 'notexample.com', false],
    ['.example.com', 'sub.example.com', true],
    ['.example.com', 'example.com', false],
    ['.example.com', 'notexample.com', false],
    ['*.example.com', 'sub.example.com', true],
    ['*', 'anything.at.all', true],
    ['', 'example.com', false],
    [',,', 'example.com', false],
    ['a.example, b.example', 'b.example', true],
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/8', 'ten.example', false],
    ['10.0.0.0/99', '10.1.2.3', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.30', false],
    ['1.2.3', '0.1.2.3', false],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', '10.0.0.1', false],
    ['[fd00::1]', 'fd00:0::1', true],
    ['fd00::1', 'fd00::1', true],
    ['example.com:8091', 'example.com', true],
    ['example.com:443', 'example.com', false],
    ['10.1.2.3:8091', '10.1.2.3', true],
    ['[fd00::1]:443', 'fd00::1', false],
    ['', 'localhost', true],
    ['', '127.8.9.10', true],
    ['', '::1', true],
  ])('%j and %s', (noProxy, host, expected) => {
    expect(bypassesProxy({ host, port: 8091 }, noProxy)).toBe(expected)
  })
})
