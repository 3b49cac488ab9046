import fc from 'fast-check'
import type protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/controlplane/api/json.ts'
import {
  decodeBody,
  encodeBody,
  formatsOf,
  MEDIA_TYPE_BY_FORMAT,
} from '../../../src/controlplane/codec/index.ts'
import { normalize } from '../../../src/controlplane/codec/normalize.ts'
import { decodeMessage } from '../../../src/controlplane/codec/protobuf-decode.ts'
import { encodeMessage } from '../../../src/controlplane/codec/protobuf-encode.ts'
import { builtinApiVersions, kindsOf, typeOfKind } from '../../../src/controlplane/schema/builtin-types.ts'
import { arbitraryObject } from './arbitrary-object.ts'
import { messageName, protobufjsRoot, toWire } from './protobufjs-types.ts'

const KINDS = builtinApiVersions().flatMap((apiVersion) =>
  kindsOf(apiVersion).map((kind) => ({
    apiVersion,
    kind,
    typeId: typeOfKind(apiVersion, kind) ?? '',
    formats: formatsOf({ apiVersion, kind }),
  })),
)

const RUNS = { numRuns: 15 }
const root = protobufjsRoot()

const normalized = (typeId: string) => arbitraryObject(typeId).map((raw) => normalize(typeId, raw).object)

const wireObject = (type: protobuf.Type, bytes: Uint8Array) =>
  type.toObject(type.decode(bytes), { longs: Number, bytes: String, objects: false, arrays: false })

/** protobufjs gives names and values that an object has only by its own. */
const ownOnly = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe.each(KINDS)('$apiVersion $kind', ({ apiVersion, kind, typeId, formats }) => {
  it.each(formats)('comes back from %s as it was', (format) => {
    fc.assert(
      fc.property(normalized(typeId), (object) => {
        const complete: JsonObject = { kind, apiVersion, ...object }
        const body = encodeBody(complete, format)
        const decoded = decodeBody(body, MEDIA_TYPE_BY_FORMAT[format], { apiVersion, kind }, 'Strict')
        expect(decoded.object).toEqual(complete)
      }),
      { numRuns: format === 'yaml' ? 3 : RUNS.numRuns },
    )
  })

  it.runIf(formats.includes('protobuf'))('means the same to another implementation of protobuf', () => {
    const type = root.lookupType(messageName(typeId))
    fc.assert(
      fc.property(normalized(typeId), (object) => {
        const wire = toWire(typeId, object)
        const bytes = encodeMessage(typeId, object)
        expect(ownOnly(wireObject(type, bytes))).toEqual(ownOnly(wireObject(type, encodeWire(type, wire))))
        expect(decodeMessage(typeId, encodeWire(type, wire))).toEqual(object)
      }),
      RUNS,
    )
  })
})

function encodeWire(type: protobuf.Type, wire: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(wire)).finish())
}
