import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import { decodeBody, encodeBody } from '../../../src/controlplane/codec/index.ts'
import { normalize } from '../../../src/controlplane/codec/normalize.ts'
import { busyMs } from '../../support/processor-time.ts'
import { arbitraryObject } from './arbitrary-object.ts'

const PROTOBUF = 'application/vnd.kubernetes.protobuf'
const CRD = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }
const KINDS = [
  { apiVersion: 'v1', kind: 'Pod', typeId: 'core/v1.Pod' },
  { apiVersion: 'v1', kind: 'ConfigMap', typeId: 'core/v1.ConfigMap' },
  { ...CRD, typeId: 'apiextensions/v1.CustomResourceDefinition' },
  { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', typeId: 'coordination/v1.Lease' },
]

/** Decoding either succeeds, to what can be encoded, or says why not. */
function decodeSafely(body: Uint8Array, contentType: string, kind: (typeof KINDS)[number]): void {
  try {
    const { object } = decodeBody(body, contentType, kind, 'Warn')
    encodeBody(object, 'json')
    encodeBody(object, 'protobuf')
  } catch (error) {
    expect(error).toBeInstanceOf(StatusError)
  }
}

describe.each(KINDS)('a hostile $kind', (kind) => {
  const objects = arbitraryObject(kind.typeId).map((raw) => ({
    kind: kind.kind,
    apiVersion: kind.apiVersion,
    ...normalize(kind.typeId, raw).object,
  }))

  it('in random protobuf ends in a Status', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        decodeSafely(wrap(kind, Buffer.from(bytes)), PROTOBUF, kind)
        decodeSafely(Buffer.concat([Buffer.from('k8s\0'), bytes]), PROTOBUF, kind)
      }),
      { numRuns: 1_500 },
    )
  })

  it('in protobuf with a few bytes changed ends in a Status', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(objects, changes, fc.nat(20), (object, places, cut) => {
        const body = Buffer.from(encodeBody(object, 'protobuf'))
        for (const [at, byte] of places) body[at % body.length] = byte
        decodeSafely(cut < 5 ? body.subarray(0, -cut) : body, PROTOBUF, kind)
      }),
      { numRuns: 300 },
    )
  })

  it('in JSON of any shape ends in a Status', () => {
    const names = fc.constantFrom(
      'metadata',
      'spec',
      'data',
      'labels',
      'containers',
      'name',
      'versions',
      'schema',
      'openAPIV3Schema',
      'items',
      'renewTime',
      '__proto__',
      'toString',
    )
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 6, withCrossShrink: true },
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(names, tie('value'), { maxKeys: 4 }),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    })).value
    fc.assert(
      fc.property(json, (value) => {
        decodeSafely(Buffer.from(JSON.stringify(value)), 'application/json', kind)
        decodeSafely(Buffer.from(JSON.stringify(value)), 'application/yaml', kind)
      }),
      { numRuns: 300 },
    )
  })

  it('in text of any kind ends in a Status', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.uint8Array()),
        fc.constantFrom('application/json', 'application/yaml'),
        (body, type) => {
          decodeSafely(Buffer.from(body as string), type, kind)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a body that is large', () => {
  const within = (ms: number, run: () => void) => expect(busyMs(run)).toBeLessThan(ms)
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap' }
  const keys = (count: number, name: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => `${JSON.stringify(name(i))}:"v"`).join(',')

  it.each([
    ['different', (i: number) => `k${(i * 7919) % 100_000}`],
    ['equal', () => 'k'],
    ['backslashed', (i: number) => `\\${i}`],
  ])('takes time in proportion to its %s keys', (_, name) => {
    const body = Buffer.from(`{"data":{${keys(100_000, name)}},${keys(100_000, name)}}`)
    within(15_000, () => {
      const { object, warnings } = decodeBody(body, 'application/json', configMap)
      expect(warnings.length).toBeLessThanOrEqual(100)
      decodeBody(encodeBody(object, 'protobuf'), PROTOBUF, configMap)
    })
  })

  it('is not nested without bound in protobuf', () => {
    // not, a JSONSchemaProps in a JSONSchemaProps
    let schema: Buffer = Buffer.alloc(0)
    for (let i = 0; i < 5_000; i++) schema = field(28, schema)
    const version = field(4, field(1, schema))
    const raw = field(2, field(7, version))
    expect(() => decodeBody(wrap(CRD, raw), PROTOBUF, CRD)).toThrow('exceeded max depth')
  })
})

function wrap({ apiVersion, kind }: { apiVersion: string; kind: string }, raw: Buffer): Buffer {
  const typeMeta = Buffer.concat([field(1, Buffer.from(apiVersion)), field(2, Buffer.from(kind))])
  return Buffer.concat([Buffer.from('k8s\0'), field(1, typeMeta), field(2, raw)])
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([tag(number), length(content.length), content])
}

function tag(number: number): Buffer {
  return length(number * 8 + 2)
}

function length(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, rest])
}
