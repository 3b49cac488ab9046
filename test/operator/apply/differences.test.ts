import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  contentOf,
  covers,
  coversMetadata,
  created,
  merged,
} from '../../../src/operator/apply/differences.ts'
import type { Manifest } from '../../../src/operator/apply/manifest.ts'

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>
const entries = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.string({ maxLength: 3 }))
const manifests = (kind: string): fc.Arbitrary<Manifest> =>
  fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.constant(kind),
    metadata: fc.record({ name: fc.constant('a'), labels: entries, annotations: entries }),
    spec: fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), json),
  })

describe('what is applied', () => {
  it.each(['Service', 'ConfigMap'])('is as wanted afterwards, whatever %s was there', (kind) => {
    fc.assert(
      fc.property(manifests(kind), manifests(kind), (existing, wanted) => {
        const result = merged(existing, wanted)
        expect(covers(contentOf(result), contentOf(wanted))).toBe(true)
        expect(coversMetadata(result.metadata, wanted.metadata)).toBe(true)
        // and a second time changes nothing
        expect(merged(result, wanted)).toEqual(result)
      }),
    )
  })

  it('keeps what others have put on the object', () => {
    const existing = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'a', labels: { theirs: '1' }, resourceVersion: '7' },
      secrets: [{ name: 'token' }],
    }
    const wanted = { ...existing, metadata: { name: 'a', labels: { ours: '2' } }, secrets: undefined }
    const { secrets: _, ...rest } = wanted
    expect(merged(existing, rest)).toEqual({
      ...existing,
      metadata: { name: 'a', labels: { theirs: '1', ours: '2' }, resourceVersion: '7' },
    })
  })

  it('keeps the address of a Service, and not another selector', () => {
    const service = (spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec })
    const ports = [{ name: 'webhook', port: 9443, targetPort: 9443 }]
    const wanted = service({ selector: { app: 'a' }, ports })
    const existing = service({
      selector: { app: 'b', more: 'c' },
      clusterIP: '10.0.0.1',
      ports: [{ ...ports[0], protocol: 'TCP', nodePort: 30_000 }],
    })
    expect(merged(existing, wanted)).toEqual(
      service({
        selector: { app: 'a' },
        clusterIP: '10.0.0.1',
        ports: [{ ...ports[0], protocol: 'TCP', nodePort: 30_000 }],
      }),
    )
  })

  it('takes labels away that end in a dash, and never makes them', () => {
    const wanted = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a', annotations: { 'role-': '', b: '1' } },
    }
    expect(created(wanted).metadata.annotations).toEqual({ b: '1' })
    const existing = { ...wanted, metadata: { name: 'a', annotations: { role: 'x', b: '1' } } }
    expect(coversMetadata(existing.metadata, wanted.metadata)).toBe(false)
    expect(merged(existing, wanted).metadata.annotations).toEqual({ b: '1' })
  })
})

describe('what is there', () => {
  it.each([
    ['more fields', { a: 1, b: 2 }, { a: 1 }, true],
    ['another value', { a: 2 }, { a: 1 }, false],
    ['a longer list', [1, 2], [1], false],
    ['defaults in a list', [{ name: 'a', protocol: 'TCP' }], [{ name: 'a' }], true],
    ['nothing where nothing is wanted', undefined, { a: false, b: [] }, true],
    ['nothing where something is wanted', undefined, { a: true }, false],
    ['a selector of more labels', { selector: { app: 'a', b: 'c' } }, { selector: { app: 'a' } }, false],
    ['a field named as one of every object', {}, { constructor: 'x' }, false],
  ])('may have %s: %j is as %j wants it: %s', (_name, existing, wanted, isAsWanted) => {
    expect(covers(existing, wanted)).toBe(isAsWanted)
  })
})
