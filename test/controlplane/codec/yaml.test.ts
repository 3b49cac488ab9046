import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/controlplane/api/json.ts'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import { decodeBody, encodeBody } from '../../../src/controlplane/codec/index.ts'
import { parseYaml } from '../../../src/controlplane/codec/yaml.ts'
import { busyMs } from '../../support/processor-time.ts'

const WIDGET = { apiVersion: 'rec.io/v1', kind: 'Widget' }
const HEAD = 'apiVersion: rec.io/v1\nkind: Widget\n'

const decode = (text: string, validation?: 'Strict') =>
  decodeBody(Buffer.from(text), 'application/yaml; charset=utf-8', WIDGET, validation)

describe('a body in YAML', () => {
  it('is read by YAML 1.1', () => {
    const { spec } = decode(
      `${HEAD}spec: {a: yes, b: 0777, c: 0x10, d: 2026-01-01, e: 1:30, f: 1.0, g: ~, 1: x, on: y}`,
    ).object
    expect(spec).toEqual({
      a: true,
      b: 511,
      c: 16,
      d: '2026-01-01',
      e: '1:30',
      f: 1,
      g: null,
      '1': 'x',
      true: true,
    })
  })

  it('merges, and takes what anchors stand for', () => {
    expect(decode(`${HEAD}base: &b {p: 1, q: 2}\nspec:\n  <<: *b\n  q: 3\n  r: *b`).object.spec).toEqual({
      p: 1,
      q: 3,
      r: { p: 1, q: 2 },
    })
  })

  it('ends with its first document', () => {
    expect(decode(`${HEAD}---\na: 1`).object).toEqual({ ...WIDGET, metadata: {} })
  })

  it('is warned of keys that stand twice', () => {
    const text = `${HEAD}spec:\n  a: 1\n  a: 2\n`
    expect(decode(text)).toMatchObject({
      object: { spec: { a: 2 } },
      warnings: ['yaml: unmarshal errors:\n  line 5: key "a" already set in map'],
    })
    expect(() => decode(text, 'Strict')).toThrow('key "a" already set in map')
  })

  it.each(['a: [', 'a: b: c', '\t- x', 'a: *b', 'a: .inf', '? [a]\n: b'])('is refused: %j', (text) => {
    expect(() => decode(`${HEAD}${text}`)).toThrow(StatusError)
  })

  it('does not grow out of aliases', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`,
    )
    expect(() => decode(`${HEAD}l0: &l0 [x, x, x]\n${levels.join('\n')}`)).toThrow('excessive aliasing')
    expect(() => decode(`${HEAD}a: &a [*a]`)).toThrow(StatusError)
  })

  it.each([
    '['.repeat(100_000),
    '{a: '.repeat(20_000),
    '- '.repeat(5_000),
    Array.from({ length: 1_500 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
  ])('is not nested without bound (%#)', (text) => {
    expect(() => decode(text)).toThrow(StatusError)
  })

  const members = (count: number) => Array.from({ length: count }, (_, i) => `k${i}: v`).join('\n')

  it('is read in time that grows with its size', () => {
    const tookMs = busyMs(() => {
      expect(Object.keys(parseYaml(members(20_000)).value as object)).toHaveLength(20_000)
    })
    expect(tookMs).toBeLessThan(15_000)
  })

  it.each([members(50_000), '[a,'.repeat(100_000), '#\n'.repeat(500_000)])(
    'has no more elements than can be read soon (%#)',
    (text) => {
      expect(() => decode(text)).toThrow('send it as JSON')
    },
  )

  it('may be large where it has few, is JSON, or stands behind the first document', () => {
    const lines = '  some text\n'.repeat(50_000)
    expect(parseYaml(`text: |\n${lines}`).value).toEqual({ text: lines.replaceAll('  ', '') })
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`k${i}`, 'v']))
    expect(parseYaml(JSON.stringify(many)).value).toEqual(many)
    expect(parseYaml(`a: b\n---\n${members(50_000)}`).value).toEqual({ a: 'b' })
  })
})

describe('an answer in YAML', () => {
  it('has its keys in order, and quotes what YAML 1.1 would read otherwise', () => {
    const object: JsonObject = { kind: 'K', apiVersion: 'v1', data: { b: 'y', a: 'x\ny\n', c: ['1', 'no'] } }
    expect(encodeBody(object, 'yaml').toString()).toBe(
      'apiVersion: v1\ndata:\n  a: |\n    x\n    y\n  b: "y"\n  c:\n  - "1"\n  - "no"\nkind: K\n',
    )
  })
})
