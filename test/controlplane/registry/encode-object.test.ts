import { describe, expect, it } from 'vitest'
import { decodeItem, encodeObject } from '../../../src/controlplane/registry/encode-object.ts'
import type { KubeObject } from '../../../src/controlplane/registry/index.ts'

function throughTheStore(object: KubeObject): KubeObject {
  return decodeItem({ key: '/example', value: encodeObject(object), revision: 1 })
}

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
