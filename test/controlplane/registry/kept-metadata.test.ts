import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeObject, type KubeObject, keptMetadata } from '../../../src/controlplane/registry/index.ts'

describe('keptMetadata', () => {
  it('is the metadata of what is kept, whatever stands in it and behind it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.string()),
        fc.jsonValue(),
        fc.string(),
        (annotations, data, kind) => {
          const metadata = { name: 'a', annotations, finalizers: ['"}', '{\\'] }
          const object = { kind, apiVersion: 'v1', metadata, data } as unknown as KubeObject
          const bytes = encodeObject(object, 7)
          const expected = (JSON.parse(bytes.toString()) as KubeObject).metadata
          expect(JSON.parse(String(keptMetadata(bytes)))).toEqual(expected)
        },
      ),
    )
  })

  it.each(['', '{"kind":"Pod"}', '{"metadata":{"name":"a', '{"metadata":{"name":"a\\'])(
    'is not found in %j',
    (text) => {
      expect(keptMetadata(Buffer.from(text))).toBeUndefined()
    },
  )
})
