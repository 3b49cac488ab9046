import { describe, expect, it } from 'vitest'
import {
  decodeItem,
  encodeObject,
  revisionEncoder,
} from '../../../src/controlplane/registry/encode-object.ts'
import type { KubeObject } from '../../../src/controlplane/registry/index.ts'

function throughTheStore(object: KubeObject): KubeObject {
  return decodeItem({ key: '/example', value: encodeObject(object), revision: 1 })
}

// A part of Node's pool of 64 KiB keeps all of it, and thousands of changes are kept.
it.each([
  ['encodeObject', (object: KubeObject) => encodeObject(object, 7)],
  ['revisionEncoder', (object: KubeObject) => revisionEncoder(object)(7)],
])('%s takes as much memory as the object has bytes', (_, encode) => {
  const bytes = encode({
    kind: 'Example',
    apiVersion: 'example.com/v1',
    metadata: { name: 'a' },
    data: 'ä€😀',
  })
  expect(bytes.buffer.byteLength).toBe(bytes.length)
  expect(decodeItem({ key: '/example', value: bytes, revision: 7 })).toMatchObject({
    metadata: { resourceVersion: '7' },
    data: 'ä€😀',
  })
})

describe('decodeItem', () => {
  it('reads each object as it was written, whatever names were read before', () => {
    const withName = (name: string) => ({
      kind: 'Example',
      apiVersion: 'example.com/v1',
      metadata: { name: 'a' },
      data: { first: '1', [name]: '2' },
    })
    const kept = ['\\', '\n', '"', '\\n', 'k:{"name":"a"}', 'k:{\\"name\\"'].map((name) => {
      const read = throughTheStore(withName(name))
      expect(read).toEqual(withName(name))
      return read
    })
    expect(kept).toHaveLength(6)
  })
})
