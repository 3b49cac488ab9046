import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import {
  compileLabelSelector,
  EVERYTHING,
  type LabelRequirement,
  LabelSelector,
  type Labels,
  labelKeyProblems,
  labelSelectorErrors,
  labelsErrors,
  labelValueProblems,
  NOTHING,
  parseLabelSelector,
} from '../../../src/controlplane/selectors/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'

const queryOf = (name: string) => {
  const url = new URL(recordedExchange(name).request.path, 'https://localhost')
  return url.searchParams.get('labelSelector') ?? ''
}

const NAME_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

describe('a label selector as text', () => {
  it.each<[text: string, canonical: string]>([
    ['', ''],
    [' ', ''],
    ['x=a', 'x=a'],
    ['x==a', 'x==a'],
    ['x = a , y != b', 'x=a,y!=b'],
    ['\tx\n=\r a', 'x=a'],
    ['y,x', 'x,y'],
    ['!x', '!x'],
    ['! x', '!x'],
    ['x=', 'x='],
    ['x=,y=b', 'x=,y=b'],
    ['x!=', 'x!='],
    ['x in (b,a,b)', 'x in (a,b)'],
    ['x in(a)', 'x in (a)'],
    ['x notin ( b , a )', 'x notin (a,b)'],
    ['x in ()', 'x in ()'],
    ['x in (,)', 'x in ()'],
    ['x in (,a)', 'x in (,a)'],
    ['x in (a,)', 'x in (,a)'],
    ['x in (a,,b)', 'x in (,a,b)'],
    ['x>1', 'x>1'],
    ['x < 12', 'x<12'],
    ['in in (in,notin)', 'in in (in,notin)'],
    ['in', 'in'],
    ['notin=in', 'notin=in'],
    ['in=1', 'in=1'],
    ['example.com/x=a', 'example.com/x=a'],
  ])('%j is the same as %j', (text, canonical) => {
    expect(parseLabelSelector(text).toString()).toBe(canonical)
    expect(parseLabelSelector(canonical).toString()).toBe(canonical)
  })

  it.each<[text: string, message: string]>([
    [queryOf('list label selector bad'), messageOf('list label selector bad')],
    ['=', "found '=', expected: !, identifier, or 'end of string'"],
    [',', "found ',', expected: !, identifier, or 'end of string'"],
    ['x,', "found '', expected: identifier after ','"],
    ['x,=', "found '=', expected: identifier after ','"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['!!x', "unable to parse requirement: found '!', expected: identifier"],
    ['x!', "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"],
    ['!x=a', "found '=', expected: ',' or 'end of string'"],
    ['x=a b', "found 'b', expected: ',' or 'end of string'"],
    ['x===a', "unable to parse requirement: found '=', expected: identifier"],
    ['x=(a)', "unable to parse requirement: found '(', expected: identifier"],
    ['x in a', "unable to parse requirement: found 'a' expected: '('"],
    ['x in', "unable to parse requirement: found '' expected: '('"],
    ['x in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
    ['x in (a', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['x in (a b)', "unable to parse requirement: found 'b', expected: ',' or ')'"],
    ['x in (a,', "unable to parse requirement: found '', expected: ',', or identifier"],
    ['x in (a,,)', "unable to parse requirement: found ')', expected: ',', or identifier"],
    ['x in (=)', "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
    [
      'x>a',
      "unable to parse requirement: values[0]: Invalid value: \"a\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    ['-x', `unable to parse requirement: <nil>: Invalid value: "-x": name part ${NAME_RULE}`],
    [
      'a/b/c',
      `unable to parse requirement: <nil>: Invalid value: "a/b/c": a valid label key ${NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ],
    ['x="a"', `unable to parse requirement: values[0][x]: Invalid value: "\\"a\\"": ${VALUE_RULE}`],
    [
      'x in (-a,b-)',
      `unable to parse requirement: [values[0][x]: Invalid value: "-a": ${VALUE_RULE}, values[1][x]: Invalid value: "b-": ${VALUE_RULE}]`,
    ],
  ])('%j is refused as Kubernetes does', (text, message) => {
    const error = refusal(() => parseLabelSelector(text))
    expect(error.toStatus()).toEqual({
      ...(recordedExchange('list label selector bad').response.body as object),
      message,
    })
  })

  it('finds what a kube-apiserver found', () => {
    const selector = parseLabelSelector(queryOf('list label selector'))
    expect(selector.matches({ app: 'x', tier: '1' })).toBe(true)
    expect(selector.matches({ app: 'x' })).toBe(false)
    expect(
      parseLabelSelector(queryOf('watch selector: leaving object is DELETED')).matches({ in: '1' }),
    ).toBe(true)
  })

  it.each<[text: string, labels: Labels, expected: boolean]>([
    ['', {}, true],
    ['x', { x: '' }, true],
    ['x', {}, false],
    ['!x', {}, true],
    ['x=', {}, false],
    ['x=', { x: '' }, true],
    ['x!=a', {}, true],
    ['x notin (a)', {}, true],
    ['x in (a,b)', { x: 'b' }, true],
    ['x in ()', { x: '' }, true],
    ['x>1', { x: '2' }, true],
    ['x>1', { x: '1' }, false],
    ['x<10', { x: '9' }, true],
    ['x<10', { x: 'a' }, false],
    ['x>1', {}, false],
    ['x>9223372036854775806', { x: '9223372036854775807' }, true],
    ['x>1', { x: '9223372036854775808' }, false],
    ['x>1,x<3', { x: '2' }, true],
    ['constructor', {}, false],
    ['!toString', {}, true],
    ['toString!=a', {}, true],
  ])('%j of %j is %j', (text, labels, expected) => {
    expect(parseLabelSelector(text).matches(labels)).toBe(expected)
  })

  it('knows the one value that a key may have', () => {
    const selector = parseLabelSelector('a=1,b in (2),c in (3,4),d!=5,e')
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => selector.exactValue(key))).toEqual(
      ['1', '2'].concat(Array(4)),
    )
  })
})

describe('a label selector of an object', () => {
  it('selects everything when it is empty, and nothing when it is not there', () => {
    expect(compileLabelSelector({})).toBe(EVERYTHING)
    expect(compileLabelSelector({ matchLabels: null, matchExpressions: [] }).isEmpty).toBe(true)
    expect(EVERYTHING.matches(undefined)).toBe(true)
    for (const selector of [null, undefined]) expect(compileLabelSelector(selector)).toBe(NOTHING)
    expect(NOTHING.isEmpty).toBe(false)
    expect(NOTHING.matches({ a: 'b' })).toBe(false)
  })

  it('is what the text says', () => {
    const selector = compileLabelSelector({
      matchLabels: { b: '1', a: '' },
      matchExpressions: [
        { key: 'c', operator: 'In', values: ['y', 'x'] },
        { key: 'd', operator: 'NotIn', values: ['z'] },
        { key: 'e', operator: 'Exists' },
        { key: 'f', operator: 'DoesNotExist', values: null },
      ],
    })
    expect(selector.toString()).toBe('a=,b=1,c in (x,y),d notin (z),e,!f')
  })

  it('is not compiled when it is not valid', () => {
    const message = (selector: Parameters<typeof compileLabelSelector>[0]) =>
      refusal(() => compileLabelSelector(selector)).message
    expect(message({ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] })).toBe(
      '"Gt" is not a valid label selector operator',
    )
    expect(message({ matchExpressions: [{ key: 'a', operator: 'In' }] })).toBe(
      "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty",
    )
    expect(message({ matchLabels: { '-': '' } })).toBe(`key: Invalid value: "-": name part ${NAME_RULE}`)
  })

  it('is validated field by field', () => {
    const errors = labelSelectorErrors(
      {
        matchLabels: { '': '-' },
        matchExpressions: [
          { key: 'a', operator: 'In' },
          { key: 'a', operator: 'Exists', values: ['b'] },
          { key: '/b', operator: 'Gt', values: ['+'] },
          { key: 'ok', operator: 'NotIn', values: ['v'] },
        ],
      },
      'spec.selector',
    )
    expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'spec.selector.matchLabels: Invalid value: "": name part must be non-empty',
      `spec.selector.matchLabels: Invalid value: "": name part ${NAME_RULE}`,
      `spec.selector.matchLabels: Invalid value: "-": ${VALUE_RULE}`,
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      "spec.selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      'spec.selector.matchExpressions[2].operator: Invalid value: "Gt": not a valid selector operator',
      'spec.selector.matchExpressions[2].key: Invalid value: "/b": prefix part must be non-empty',
      `spec.selector.matchExpressions[2].values[0]: Invalid value: "+": ${VALUE_RULE}`,
    ])
  })
})

describe('labels', () => {
  it.each([
    'a',
    'A',
    '1',
    'a-b_c.d',
    'x'.repeat(63),
    'example.com/a',
    'a.b.c/A_b',
    `${'x'.repeat(253)}/${'y'.repeat(63)}`,
  ])('may have the key %s', (key) => {
    expect(labelKeyProblems(key)).toEqual([])
  })

  it.each<[key: string, problems: string[]]>([
    ['', ['name part must be non-empty', `name part ${NAME_RULE}`]],
    ['x'.repeat(64), ['name part must be no more than 63 bytes']],
    ['é', [`name part ${NAME_RULE}`]],
    ['a/', ['name part must be non-empty', `name part ${NAME_RULE}`]],
    ['/a', ['prefix part must be non-empty']],
    ['a b', [`name part ${NAME_RULE}`]],
    ['a\n', [`name part ${NAME_RULE}`]],
  ])('may not have the key %j', (key, problems) => {
    expect(labelKeyProblems(key)).toEqual(problems)
  })

  it('may not have a key whose prefix is no name in DNS', () => {
    expect(labelKeyProblems('Example.com/a')).toEqual([
      expect.stringMatching(/^prefix part a lowercase RFC 1123 subdomain must consist of/),
    ])
  })

  it.each<[value: string, problems: string[]]>([
    ['', []],
    ['a-b_c.1', []],
    ['x'.repeat(63), []],
    ['x'.repeat(64), ['must be no more than 63 bytes']],
    ['-', [VALUE_RULE]],
    ['a/b', [VALUE_RULE]],
    ['é'.repeat(32), ['must be no more than 63 bytes', VALUE_RULE]],
  ])('with the value %j have these problems: %j', (value, problems) => {
    expect(labelValueProblems(value)).toEqual(problems)
  })

  it('are validated in their field', () => {
    expect(labelsErrors({ a: '-' }, 'metadata.labels')).toEqual([
      { reason: 'FieldValueInvalid', field: 'metadata.labels', message: `Invalid value: "-": ${VALUE_RULE}` },
    ])
  })
})

const word = fc.constantFrom('a', 'b', 'in', 'notin', 'x.y/z', 'A_1', '12')
const value = fc.constantFrom('', 'a', 'b', 'in', '1', '12', '007', 'v-1')
const integer = fc.constantFrom('0', '1', '5', '12')
const values = fc.uniqueArray(value, { minLength: 1, maxLength: 4 })
const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
  fc.record({
    key: word,
    operator: fc.constantFrom('=' as const, '==' as const, '!=' as const),
    values: fc.tuple(value),
  }),
  fc.record({ key: word, operator: fc.constantFrom('in' as const, 'notin' as const), values }),
  fc.record({
    key: word,
    operator: fc.constantFrom('exists' as const, '!' as const),
    values: fc.constant<string[]>([]),
  }),
  fc.record({
    key: word,
    operator: fc.constantFrom('gt' as const, 'lt' as const),
    values: fc.tuple(integer),
  }),
)
const selector = fc
  .array(requirement, { maxLength: 4 })
  .map((requirements) => new LabelSelector(requirements))
const labels = fc.dictionary(word, value)

describe('every label selector', () => {
  it('is read back as it is printed', () => {
    fc.assert(
      fc.property(selector, (each) => {
        const parsed = parseLabelSelector(each.toString())
        const sorted = each.requirements.map((one) => ({ ...one, values: one.values.toSorted() }))
        expect(parsed.requirements).toEqual(sorted)
      }),
    )
  })

  it('selects what its definition says', () => {
    fc.assert(
      fc.property(selector, labels, (each, some) => {
        expect(each.matches(some)).toBe(each.requirements.every((one) => naive(one, some)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('is either read or refused with a Status', () => {
    const piece = fc.constantFrom(
      'a',
      'in',
      'notin',
      '=',
      '!',
      '(',
      ')',
      ',',
      '<',
      '>',
      ' ',
      '\u0000',
      '\\',
      '"',
    )
    const text = fc.oneof(
      fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join('')),
      fc.string(),
    )
    fc.assert(
      fc.property(text, (each) => {
        try {
          const canonical = parseLabelSelector(each).toString()
          expect(parseLabelSelector(canonical).toString()).toBe(canonical)
        } catch (error) {
          if (!(error instanceof StatusError)) throw error
          expect(error.reason).toBe('BadRequest')
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

/** By the definition of each operator, one after the other. */
function naive({ key, operator, values }: LabelRequirement, some: Labels): boolean {
  const actual = new Map(Object.entries(some)).get(key)
  const bound = Number(values[0])
  const isNumber = actual !== undefined && /^\d+$/.test(actual)
  if (operator === 'exists') return actual !== undefined
  if (operator === '!') return actual === undefined
  if (operator === 'gt') return isNumber && Number(actual) > bound
  if (operator === 'lt') return isNumber && Number(actual) < bound
  const isOneOf = actual !== undefined && values.includes(actual)
  return operator === '!=' || operator === 'notin' ? !isOneOf : isOneOf
}

function refusal(act: () => unknown): StatusError {
  try {
    act()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('it was not refused')
}

function messageOf(name: string): string {
  return (recordedExchange(name).response.body as { message: string }).message
}
