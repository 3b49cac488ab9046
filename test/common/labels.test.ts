import { describe, expect, it } from 'vitest'
import { parseLabels, verifyLabelSelector } from '../../src/common/labels.ts'

describe('parseLabels', () => {
  it('reads pairs, with or without space around them', () => {
    expect(parseLabels('app=myapp,env=prod,version=1.0')).toEqual({
      app: 'myapp',
      env: 'prod',
      version: '1.0',
    })
    expect(parseLabels(' key = value , another = test ')).toEqual({ key: 'value', another: 'test' })
  })

  it('refuses anything else', () => {
    expect(() => parseLabels('')).toThrow('empty string provided')
    expect(() => parseLabels('app=myapp,invalid')).toThrow('invalid label format: invalid')
    expect(() => parseLabels('a=b=c')).toThrow('invalid label format: a=b=c')
  })
})

describe('verifyLabelSelector', () => {
  it.each([
    '',
    'a',
    '!a',
    'a=b',
    'a==b',
    'a!=b',
    'a=',
    'x.io/a = b, c',
    'a in (b, c)',
    'a notin ()',
    'a>1,b<2',
    'a in (,b)',
  ])('takes %j', (text) => {
    expect(() => verifyLabelSelector(text)).not.toThrow()
  })

  it.each([
    '*notavalidlabel*',
    'a,',
    ',a',
    '=b',
    'a b',
    'a in b',
    'a in (b',
    'a=b c',
    'a>x',
    '-a',
    'a=-b',
    'A/b=c',
    `${'a'.repeat(64)}`,
  ])('refuses %j', (text) => {
    expect(() => verifyLabelSelector(text)).toThrow()
  })
})
