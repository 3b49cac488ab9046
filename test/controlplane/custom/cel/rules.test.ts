import { describe, expect, it } from 'vitest'
import { CostBudget, OBJECT_BUDGET } from '../../../../src/cel/cost.ts'
import type { JsonObject, JsonValue } from '../../../../src/controlplane/api/json.ts'
import { compileRules } from '../../../../src/controlplane/custom/cel/compile-rules.ts'
import { RuleValidator } from '../../../../src/controlplane/custom/cel/rule-validator.ts'
import type { SchemaProps, ValidationRule } from '../../../../src/controlplane/custom/schema/schema-props.ts'
import { type Structural, structuralOf } from '../../../../src/controlplane/custom/schema/structural.ts'
import { busyMs } from '../../../support/processor-time.ts'

const PROPERTIES: Readonly<Record<string, SchemaProps>> = {
  text: { type: 'string' },
  number: { type: 'integer' },
  ratio: { type: 'number' },
  flag: { type: 'boolean' },
  port: { 'x-kubernetes-int-or-string': true },
  since: { type: 'string', format: 'date-time' },
  wait: { type: 'string', format: 'duration' },
  data: { type: 'string', format: 'byte' },
  list: { type: 'array', items: { type: 'integer' } },
  set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
  labels: { type: 'object', additionalProperties: { type: 'string' } },
  items: {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['k'],
    items: { type: 'object', properties: { k: { type: 'string' }, v: { type: 'integer' } } },
  },
  namespace: { type: 'string' },
  'a-b.c/d__e': { type: 'string' },
  inner: { type: 'object', properties: { name: { type: 'string', nullable: true } } },
}

const VALUE: JsonObject = {
  text: 'añ😀b',
  number: 5,
  ratio: 2,
  flag: true,
  port: '80%',
  since: '2026-03-01T12:30:00.5Z',
  wait: '1h30m',
  data: 'aGk=',
  list: [3, 1, 2],
  set: ['a', 'b'],
  labels: { x: '1', y: '2' },
  items: [
    { k: 'a', v: 1 },
    { k: 'b', v: 2 },
  ],
  namespace: 'default',
  'a-b.c/d__e': 'odd',
  inner: {},
}

function schemaWith(...rules: ValidationRule[]): Structural {
  return structuralOf({ type: 'object', properties: PROPERTIES, 'x-kubernetes-validations': rules })
}

function errorsOf(rule: ValidationRule | string, value: JsonValue = VALUE, old?: JsonValue) {
  const schema = schemaWith(typeof rule === 'string' ? { rule } : rule)
  const [compiled] = compileRules(schema, false)
  if (compiled?.problem) throw new Error(compiled.problem)
  return RuleValidator.of(schema, false)?.errors(value, old, 'spec', new CostBudget()) ?? []
}

describe('a rule that holds', () => {
  it.each([
    'self.text.size() == 4 && size(self.text) == 4',
    "self.text.indexOf('b') == 3 && self.text.charAt(2) == '😀' && self.text.substring(1, 3) == 'ñ😀'",
    "self.text.replace('b', 'c').endsWith('c') && 'a,b'.split(',') == ['a', 'b'] && ['a', 'b'].join('-') == 'a-b'",
    "'%s has %d of %.2f'.format(['a', dyn(3), dyn(1.5)]) == 'a has 3 of 1.50'",
    "'abc123'.find('[0-9]+') == '123' && 'a1b22'.findAll('[0-9]+') == ['1', '22'] && 'abc'.matches('^a.c$')",
    'self.number + 1 == 6 && self.number * 2 > 9 && -self.number < 0 && self.number % 3 == 2',
    'self.ratio == 2.0 && self.ratio < 3 && double(self.number) / self.ratio == 2.5',
    "type(self.port) == string && (type(self.port) == int ? self.port > 1 : self.port.endsWith('%'))",
    "self.since > timestamp('2026-01-01T00:00:00Z') && self.since.getMonth() == 2 && self.since.getHours('+02:00') == 14",
    "self.wait == duration('90m') && self.since + self.wait < timestamp('2026-03-01T15:00:00Z')",
    "string(1000000.0) == '1e+06' && string(1.5) == '1.5' && '%s'.format([2000000.5]) == '2000000.5'",
    "self.data == b'hi' && string(self.data) == 'hi'",
    'self.list.all(x, x > 0) && self.list.exists(x, x == 2) && self.list.exists_one(x, x == 3)',
    'self.list.map(x, x * 2) == [6, 2, 4] && self.list.filter(x, x > 1) == [3, 2] && self.list.map(x, x > 1, x) == [3, 2]',
    'self.list.sum() == 6 && self.list.max() == 3 && self.list.min() == 1 && !self.list.isSorted() && self.list.indexOf(1) == 1',
    'self.list.sort() == [1, 2, 3] && [1, 1, 2].distinct() == [1, 2] && [[1], [2]].flatten() == [1, 2] && lists.range(2) == [0, 1]',
    'self.list.all(i, v, v > 0 && i < 3) && self.list.transformList(i, v, i + v) == [3, 2, 4]',
    "self.labels.transformMap(k, v, k + v) == {'x': 'x1', 'y': 'y2'}",
    "self.set == ['b', 'a'] && self.set + ['b', 'c'] == ['c', 'a', 'b']",
    "sets.contains(self.set, ['a']) && sets.intersects(self.set, ['z', 'a']) && sets.equivalent(['a', 'b'], self.set)",
    "'x' in self.labels && self.labels['x'] == '1' && self.labels.x == '1' && self.labels.all(k, k != 'z') && self.labels.size() == 2",
    "self.items.exists(i, i.k == 'a' && i.v == 1) && self.items == self.items",
    "self.__namespace__ == 'default' && self.a__dash__b__dot__c__slash__d__underscores__e == 'odd'",
    "!has(self.inner.name) && self.?inner.?name.orValue('none') == 'none' && self.labels[?'z'].hasValue() == false",
    "optional.of(1).optMap(x, x + 1).value() == 2 && optional.none().or(optional.of('a')).value() == 'a'",
    'cel.bind(n, self.number, n * n == 25)',
    "quantity('1.5Gi').isGreaterThan(quantity('1G')) && quantity('50k').add(20) == quantity('50020') && isQuantity('1x') == false",
    "ip('::1').isLoopback() && cidr('10.0.0.0/8').containsIP('10.1.2.3') && !isIP('1.2.3') && string(cidr('10.1.2.3/8').masked()) == '10.0.0.0/8'",
    "ip.isCanonical('2001:db8::1') && ip('2001:db8:0:0:0:0:0:1').family() == 6 && string(ip('2001:db8:0:0:0:0:0:1')) == '2001:db8::1'",
    "url('https://a.io:8080/x/y?k=1&k=2').getPort() == '8080' && url('https://a.io/x?k=1&k=2').getQuery() == {'k': ['1', '2']} && !isURL('a b')",
    "!format.dns1123Label().validate('my-name').hasValue() && format.dns1123Label().validate('My').hasValue()",
    "semver('1.10.0').isGreaterThan(semver('1.9.9')) && semver('1.0.0-rc.1').isLessThan(semver('1.0.0')) && semver('v1.2', true).minor() == 2",
    // What is wrong on one side does not matter when the other decides.
    'true || 1 / 0 == 1',
    '1 / 0 == 1 || true',
    '!(false && self.list[9] == 1)',
    '[1, 0].exists(x, 1 / x == 1)',
    "self.text in ['x', self.text]",
    'dyn(1) == 1.0 && dyn(1u) == 1 && 1 < 2.5',
  ])('%s', (rule) => {
    expect(errorsOf(rule)).toEqual([])
  })
})

describe('a rule that does not hold', () => {
  const invalidSpec = (message: string) => [
    { reason: 'FieldValueInvalid', field: 'spec', message: `Invalid value: ${message}` },
  ]

  it.each<[string, ValidationRule, string]>([
    ['without a message', { rule: ' self.number > 9 ' }, 'failed rule: self.number > 9'],
    ['with a message', { rule: 'self.number > 9', message: ' too small ' }, 'too small'],
    [
      'with an expression',
      { rule: 'self.number > 9', message: 'm', messageExpression: "'is ' + string(self.number)" },
      'is 5',
    ],
    [
      'with an expression that fails',
      { rule: 'self.number > 9', message: 'm', messageExpression: 'string(1 / 0)' },
      'm',
    ],
    [
      'with an expression of several lines',
      { rule: 'false', message: 'm', messageExpression: "'a\\nb'" },
      'm',
    ],
  ])('says so %s', (_, rule, message) => {
    expect(errorsOf(rule)).toEqual(invalidSpec(message))
  })

  it('has the reason and the field that it gives', () => {
    const rule = { rule: 'false', message: 'm', reason: 'FieldValueForbidden', fieldPath: '.inner.name' }
    expect(errorsOf(rule)).toEqual([
      { reason: 'FieldValueForbidden', field: 'spec.inner.name', message: 'Forbidden: m' },
    ])
  })

  it.each([
    ['self.list[3] == 1', 'index out of bounds: 3'],
    ["self.labels['z'] == ''", 'no such key: z'],
    ['1 / (self.number - 5) == 1', 'division by zero'],
    ['9223372036854775807 + self.number == 1', 'integer overflow'],
  ])('says what has failed in %s', (rule, failure) => {
    expect(errorsOf(rule)).toEqual(invalidSpec(`"object": ${failure} evaluating rule: ${rule}`))
  })

  it('says which types do not fit at last', () => {
    const [error] = errorsOf('self.port > 1')
    expect(error?.message).toBe(
      'Invalid value: "object": \'no such overload\': call arguments did not match a supported operator, function or macro signature for rule: self.port > 1',
    )
  })
})

describe('a rule about a change', () => {
  it('waits for an old value', () => {
    expect(errorsOf('self.number >= oldSelf.number')).toEqual([])
    expect(errorsOf('self.number >= oldSelf.number', VALUE, { ...VALUE, number: 6 })).toHaveLength(1)
  })

  it('need not wait when it takes an optional one', () => {
    const rule = {
      rule: 'oldSelf.hasValue() && self.number >= oldSelf.value().number',
      optionalOldSelf: true,
    }
    expect(errorsOf(rule)).toHaveLength(1)
    expect(errorsOf(rule, VALUE, VALUE)).toEqual([])
  })

  it('finds the items of a list by their keys', () => {
    const schema = structuralOf({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: {
        type: 'object',
        properties: { k: { type: 'string' }, v: { type: 'integer' } },
        'x-kubernetes-validations': [{ rule: 'self.v >= oldSelf.v', message: 'less' }],
      },
    })
    const old = [
      { k: 'a', v: 1 },
      { k: 'b', v: 5 },
    ]
    const now = [
      { k: 'b', v: 4 },
      { k: 'a', v: 2 },
      { k: 'c', v: 0 },
    ]
    const errors = RuleValidator.of(schema, false)?.errors(now, old, 'l', new CostBudget())
    expect(errors?.map(({ field }) => field)).toEqual(['l[0]'])
  })
})

describe('a rule that cannot be compiled', () => {
  it.each([
    ['self.missing == 1', 5, "undefined field 'missing'"],
    ['self.text + 1 == 2', 11, "found no matching overload for '_+_' applied to '(string, int)'"],
    ['other > 1', 1, "undeclared reference to 'other' (in container '')"],
    [
      'self.number.all(x, x > 1)',
      5,
      "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
    ],
    ['self.text.startsWith(1)', 21, "found no matching overload for 'startsWith' applied to 'string.(int)'"],
    ['self.number == 1.0', 13, "found no matching overload for '_==_' applied to '(int, double)'"],
    ['self.number.x', 12, "type 'int' does not support field selection"],
    ['self.number &&', 15, 'Syntax error: Unexpected token: EOF'],
  ])('is told of with its place: %s', (rule, column, message) => {
    const [compiled] = compileRules(schemaWith({ rule }), false)
    expect(compiled?.problem).toBe(
      `compilation failed: ERROR: <input>:1:${column}: ${message}\n | ${rule}\n | ${'.'.repeat(column - 1)}^`,
    )
  })

  it('must be of the right type', () => {
    expect(compileRules(schemaWith({ rule: 'self.number' }), false)[0]?.problem).toBe(
      'cel expression must evaluate to a bool',
    )
    const [compiled] = compileRules(schemaWith({ rule: 'true', messageExpression: '1' }), false)
    expect(compiled?.messageProblem).toBe('messageExpression must evaluate to a string')
  })

  it.each([
    '('.repeat(5000),
    'a'.repeat(100_000),
    `${'1+'.repeat(5000)}1`,
    `${'!'.repeat(20_000)}true`,
    '['.repeat(9000),
  ])('is refused at any size: %#', (rule) => {
    expect(compileRules(schemaWith({ rule }), false)[0]?.problem).toBeTypeOf('string')
  })
})

describe('a hostile rule', () => {
  const list = Array.from({ length: 2000 }, (_, index) => index)

  it.each([
    'self.list.all(a, self.list.all(b, self.list.all(c, a + b + c >= 0)))',
    'self.list.map(a, self.list.map(b, self.list)).size() == 0',
    "self.list.all(a, 'a'.replace('', 'aaaaaaaaaaaaaaaaaaaa').replace('a', 'aaaaaaaaaaaaaaaaaaaa').replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaa').replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa').size() > 0)",
    'lists.range(100000).all(x, lists.range(1000).all(y, y >= 0))',
    'self.list.all(x, self.list == self.list)',
  ])('is cut off: %s', (rule) => {
    const tookMs = busyMs(() => {
      const [error] = errorsOf(rule, { ...VALUE, list })
      expect(error?.message).toBe(
        `Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${rule}`,
      )
    })
    expect(tookMs).toBeLessThan(5000)
  })

  it('leaves nothing for the others', () => {
    const rule = 'self.list.all(a, self.list.exists(b, a + b == 300 + a))'
    const schema = schemaWith(...Array.from({ length: 8 }, () => ({ rule })))
    const value = { ...VALUE, list: list.slice(0, 301) }
    const budget = new CostBudget(OBJECT_BUDGET / 10)
    const errors = RuleValidator.of(schema, false)?.errors(value, undefined, 'spec', budget)
    expect(errors?.at(-1)?.message).toBe(
      'Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run',
    )
  })
})
