import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import {
  escapeFieldValue,
  FieldSelector,
  type FieldTerm,
  METADATA_FIELDS,
  parseFieldSelector,
  selectableFields,
} from '../../../src/controlplane/selectors/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'

const queryOf = (name: string) => {
  const url = new URL(recordedExchange(name).request.path, 'https://localhost')
  return url.searchParams.get('fieldSelector') ?? ''
}

describe('a field selector', () => {
  it.each<[text: string, terms: FieldTerm[]]>([
    ['', []],
    [',,', []],
    ['a=b', [{ field: 'a', operator: '=', value: 'b' }]],
    ['a==b', [{ field: 'a', operator: '=', value: 'b' }]],
    ['a!=b', [{ field: 'a', operator: '!=', value: 'b' }]],
    ['a=', [{ field: 'a', operator: '=', value: '' }]],
    ['=b', [{ field: '', operator: '=', value: 'b' }]],
    ['!a=b', [{ field: '!a', operator: '=', value: 'b' }]],
    [' a = b ', [{ field: ' a ', operator: '=', value: ' b ' }]],
    ['a=b!c', [{ field: 'a', operator: '=', value: 'b!c' }]],
    [
      'b!=1,a==2',
      [
        { field: 'a', operator: '=', value: '2' },
        { field: 'b', operator: '!=', value: '1' },
      ],
    ],
    ['a=b\\,c\\=d\\\\e', [{ field: 'a', operator: '=', value: 'b,c=d\\e' }]],
    [
      'a=\\\\,b=1',
      [
        { field: 'a', operator: '=', value: '\\' },
        { field: 'b', operator: '=', value: '1' },
      ],
    ],
  ])('%j has the terms %j', (text, terms) => {
    expect(parseFieldSelector(text).terms).toEqual(terms)
  })

  it.each<[text: string, message: string]>([
    ['a', "invalid selector: 'a'; can't understand 'a'"],
    ['b=1,a', "invalid selector: 'b=1,a'; can't understand 'a'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=\\b', 'invalid field selector: invalid escape sequence: \\b'],
    ['a=b\\', 'invalid field selector: invalid escape sequence: \\'],
    ['a=\\😀', 'invalid field selector: invalid escape sequence: \\😀'],
  ])('%j is refused as Kubernetes does', (text, message) => {
    expect(refusal(() => parseFieldSelector(text)).message).toBe(message)
  })

  it('is refused when it asks for an unknown field, as a kube-apiserver does', () => {
    const name = 'list field selector unsupported'
    const error = refusal(() => parseFieldSelector(queryOf(name)).check(METADATA_FIELDS))
    expect(error.toStatus()).toEqual(recordedExchange(name).response.body)
  })

  it('is refused in fewer words by kinds that have fields of their own', () => {
    const fields = selectableFields(['metadata.name', 'spec.nodeName', 'status.phase'])
    parseFieldSelector(queryOf('pod field selector')).check(fields)
    expect(refusal(() => parseFieldSelector('spec.x=1').check(fields)).message).toBe(
      'field label not supported: spec.x',
    )
  })

  it.each<[text: string, expected: boolean]>([
    ['metadata.name=a', true],
    ['metadata.name!=a', false],
    ['metadata.name=a,metadata.namespace=b', false],
    ['spec.nodeName=', true],
    ['spec.nodeName!=n', true],
    ['', true],
  ])('%j of an object named a is %j', (text, expected) => {
    const extract = (field: string) => (field === 'metadata.name' ? 'a' : undefined)
    expect(parseFieldSelector(text).matches(extract)).toBe(expected)
  })

  it('knows the one value that a field may have', () => {
    const selector = parseFieldSelector('metadata.name=a,spec.x!=b')
    expect(selector.exactValue('metadata.name')).toBe('a')
    expect(selector.exactValue('spec.x')).toBeUndefined()
    expect(selector.isEmpty).toBe(false)
    expect(parseFieldSelector('').isEmpty).toBe(true)
  })

  it('is read back as it is printed', () => {
    const term: fc.Arbitrary<FieldTerm> = fc.record({
      field: fc.stringMatching(/^[a-z.]*$/),
      operator: fc.constantFrom('=' as const, '!=' as const),
      value: fc.oneof(fc.stringMatching(/^[\\,=!a]*$/), fc.string({ unit: 'grapheme' })),
    })
    fc.assert(
      fc.property(fc.array(term, { maxLength: 4 }), (terms) => {
        const text = new FieldSelector(terms).toString()
        const parsed = parseFieldSelector(text)
        expect(new Set(parsed.terms)).toEqual(new Set(terms))
        expect(parseFieldSelector(parsed.toString()).toString()).toBe(parsed.toString())
      }),
    )
  })

  it('takes any value once it is escaped', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(parseFieldSelector(`a=${escapeFieldValue(value)}`).exactValue('a')).toBe(value)
      }),
    )
  })
})

function refusal(act: () => unknown): StatusError {
  try {
    act()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('it was not refused')
}
