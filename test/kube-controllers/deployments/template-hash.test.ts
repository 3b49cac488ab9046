import { describe, expect, it } from 'vitest'
import { isSameTemplate, templateHash } from '../../../src/kube-controllers/deployments/template-hash.ts'

const template = (image: string, labels: Record<string, string> = { app: 'web' }) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'main', image }] },
})

describe('the hash of a template', () => {
  it('is short, safe in a name, and always the same', () => {
    const hash = templateHash(template('app:1'))
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/)
    expect(templateHash(JSON.parse(JSON.stringify(template('app:1'))))).toBe(hash)
  })

  it('differs between templates, and with collisions', () => {
    const hashes = [
      templateHash(template('app:1')),
      templateHash(template('app:2')),
      templateHash(template('app:1'), 0),
      templateHash(template('app:1'), 1),
    ]
    expect(new Set(hashes).size).toBe(4)
  })
})

describe('templates', () => {
  it.each([
    ['whatever the order of their members', { spec: { a: 1, b: 2 } }, { spec: { b: 2, a: 1 } }, true],
    [
      'but for the label with the hash',
      template('app:1'),
      template('app:1', { app: 'web', 'pod-template-hash': 'x' }),
      true,
    ],
    [
      'without what is null',
      { metadata: { creationTimestamp: null }, spec: {} },
      { metadata: { labels: {} }, spec: { volumes: null } },
      true,
    ],
    ['but not with other labels', template('app:1'), template('app:1', { app: 'other' }), false],
    ['but not with another image', template('app:1'), template('app:2'), false],
    ['but not with more in a list', { spec: { args: ['a'] } }, { spec: { args: ['a', 'b'] } }, false],
    [
      'but not with a member of another name',
      { spec: { __proto__: null, a: {} } },
      { spec: { b: {} } },
      false,
    ],
  ])('are the same, %s', (_, one, other, expected) => {
    expect(isSameTemplate(one as object, other as object)).toBe(expected)
  })
})
