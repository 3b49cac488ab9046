import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../src/common/json.ts'
import { configSpecHash } from '../../src/work/agent/apply/ignore-fields.ts'
import { goText } from '../../src/work/go-text.ts'

describe("JSON as Go's %v", () => {
  it.each<[JsonValue, string]>([
    [null, '<nil>'],
    [true, 'true'],
    ['a b', 'a b'],
    ['', ''],
    [1, '1'],
    [-0, '0'],
    [1.5, '1.5'],
    [1234567, '1234567'],
    [1700000000123456789n, '1700000000123456789'],
    [123456.5, '123456.5'],
    [1234567.5, '1.2345675e+06'],
    [1e20, '1e+20'],
    [1e21, '1e+21'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [[], '[]'],
    [['a', 1, null], '[a 1 <nil>]'],
    [{}, 'map[]'],
    [{ b: 1, a: { c: [true] } }, 'map[a:map[c:[true]] b:1]'],
    [{ '\u{1F600}': 1, '\uFF01': 2 }, 'map[\uFF01:2 \u{1F600}:1]'],
  ])('prints %o as %s', (value, text) => {
    expect(goText(value)).toBe(text)
  })

  it('is what the hash of a manifest is made of', () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } }
    // md5 of `&{map[apiVersion:v1 data:map[k:v] kind:ConfigMap metadata:map[name:a]]}`
    expect(configSpecHash(object)).toBe('2f7e72d2b2dca16dc52ab17c2ec7bcd1')
  })
})
