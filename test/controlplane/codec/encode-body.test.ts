import { describe, expect, it } from 'vitest'
import { decodeBody, encodeBody, encodeWatchFrame } from '../../../src/controlplane/codec/index.ts'
import { protobufjsRoot } from './protobufjs-types.ts'

const CONFIG_MAP = {
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { name: 'a' },
  data: { a: '<&>\u2028\u2029é"' },
}

describe('encodeBody', () => {
  it('writes JSON as Go does', () => {
    expect(encodeBody(CONFIG_MAP, 'json').toString()).toBe(
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"a":"\\u003c\\u0026\\u003e\\u2028\\u2029é\\""}}\n',
    )
  })

  it('has no protobuf of kinds that are not built in', () => {
    expect(() => encodeBody({ kind: 'Widget', apiVersion: 'rec.io/v1' }, 'protobuf')).toThrow(
      'has no form in protobuf',
    )
  })
})

describe('encodeWatchFrame', () => {
  it('writes a line of JSON', () => {
    expect(encodeWatchFrame('ADDED', { kind: 'ConfigMap' }, 'json').toString()).toBe(
      '{"type":"ADDED","object":{"kind":"ConfigMap"}}\n',
    )
  })

  it('writes a WatchEvent behind its length', () => {
    const frame = encodeWatchFrame('MODIFIED', CONFIG_MAP, 'protobuf')
    expect(frame.readUInt32BE()).toBe(frame.length - 4)

    const event = protobufjsRoot().lookupType('meta_v1_WatchEvent').decode(frame.subarray(4))
    const { f1: type, f2: object } = event as unknown as { f1: string; f2: { f1: Uint8Array } }
    expect(type).toBe('MODIFIED')
    expect(decodeBody(object.f1, 'application/vnd.kubernetes.protobuf', CONFIG_MAP).object).toEqual(
      CONFIG_MAP,
    )
  })
})
