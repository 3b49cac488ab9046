import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FieldSet } from '../../../src/controlplane/apply/field-set.ts'
import { fromFieldsV1, toFieldsV1 } from '../../../src/controlplane/apply/fields-v1.ts'
import { fieldElement, keyElement, valueElement } from '../../../src/controlplane/apply/path-element.ts'
import { fieldSets, garbage } from './arbitraries.ts'
import { recordedWrites } from './replay.ts'

const data = fieldElement('data')
const a = fieldElement('a')

describe('FieldsV1', () => {
  it.each([
    ['a field', FieldSet.of([data]), '{"f:data":{}}'],
    ['a field in another', FieldSet.of([data, a]), '{"f:data":{"f:a":{}}}'],
    ['both', FieldSet.of([data, a], [data]), '{"f:data":{".":{},"f:a":{}}}'],
    [
      'the keys of an element, sorted',
      FieldSet.of([
        keyElement([
          ['protocol', 'TCP'],
          ['containerPort', 80],
        ]),
      ]),
      String.raw`{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{}}`,
    ],
    ['a value', FieldSet.of([valueElement('x.io/y')]), String.raw`{"v:\"x.io/y\"":{}}`],
    ['a value that Go escapes', FieldSet.of([valueElement('a<b')]), String.raw`{"v:\"a\\u003cb\"":{}}`],
    ['names that look like indices', FieldSet.of([fieldElement('1')], [a]), '{"f:1":{},"f:a":{}}'],
    ['nothing', FieldSet.EMPTY, '{}'],
  ])('writes and reads %s', (_, set, json) => {
    expect(JSON.stringify(toFieldsV1(set))).toBe(json)
    expect(fromFieldsV1(JSON.parse(json)).equals(set)).toBe(true)
  })

  it('takes a key for the same, whatever the order and the spaces', () => {
    const set = fromFieldsV1({ 'k:{ "b": 1, "a": "<" }': {} })
    expect(toFieldsV1(set)).toEqual({ 'k:{"a":"\\u003c","b":1}': {} })
  })

  it('leaves out steps of a kind that it does not know', () => {
    expect(toFieldsV1(fromFieldsV1({ 'z:what': { 'f:a': {} }, 'f:b': { 'y:z': {} } }))).toEqual({ 'f:b': {} })
  })

  it.each([
    { f: {} },
    { data: {} },
    { 'k:[]': {} },
    { 'k:{': {} },
    { 'v:': {} },
    { 'i:x': {} },
    { 'f:a': 1 },
    [],
    null,
  ])('is not %j', (json) => {
    expect(() => fromFieldsV1(json as never)).toThrow(SyntaxError)
  })

  it('comes back as it went', () => {
    fc.assert(fc.property(fieldSets, (set) => fromFieldsV1(toFieldsV1(set)).equals(set)))
  })

  it('comes back as a kube-apiserver wrote it, in its order', () => {
    for (const { answer } of recordedWrites()) {
      for (const { fieldsV1 } of answer.metadata.managedFields) {
        expect(JSON.stringify(toFieldsV1(fromFieldsV1(fieldsV1 as never)))).toBe(JSON.stringify(fieldsV1))
      }
    }
  })

  it('throws nothing but a SyntaxError', () => {
    fc.assert(
      fc.property(garbage, (json) => {
        try {
          fromFieldsV1(json)
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError)
        }
      }),
    )
    let deep = {}
    for (let i = 0; i < 20_000; i++) deep = { 'f:a': deep }
    expect(() => fromFieldsV1(deep)).toThrow(SyntaxError)
  })
})
