import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Attributes, PolicyRule } from '../../../src/controlplane/rbac/index.ts'
import { compactRules, describeRule, uncoveredRules } from '../../../src/controlplane/rbac/rule-coverage.ts'
import { compileRule, prepareRequest } from '../../../src/controlplane/rbac/rule-matcher.ts'

const on = (resources: string[], verbs: string[], more: PolicyRule = {}): PolicyRule => ({
  apiGroups: [''],
  resources,
  verbs,
  ...more,
})
const at = (...nonResourceURLs: string[]): PolicyRule => ({ nonResourceURLs, verbs: ['get'] })

describe('a rule is held', () => {
  it.each<[held: PolicyRule[], wanted: PolicyRule, expected: boolean]>([
    [[on(['pods'], ['get'])], on(['pods'], ['get']), true],
    [[on(['pods'], ['get'])], on(['pods'], ['get', 'list']), false],
    [[on(['pods'], ['get']), on(['pods'], ['list'])], on(['pods'], ['get', 'list']), true],
    [[on(['pods'], ['*'])], on(['pods'], ['get', 'made-up']), true],
    [[on(['pods'], ['get', 'list', 'watch'])], on(['pods'], ['*']), false],
    [[on(['*'], ['get'])], on(['pods/log', '*'], ['get']), true],
    [[on(['pods'], ['get'])], on(['*'], ['get']), false],
    [[on(['*/scale'], ['get'])], on(['deployments/scale', '*/scale'], ['get']), true],
    [[on(['*/scale'], ['get'])], on(['deployments'], ['get']), false],
    [[on(['deployments/scale'], ['get'])], on(['*/scale'], ['get']), false],
    [[on(['pods'], ['get'])], on(['pods'], ['get'], { apiGroups: ['apps'] }), false],
    [[on(['pods'], ['get'], { apiGroups: ['*'] })], on(['pods'], ['get'], { apiGroups: ['apps'] }), true],
    [[on(['pods'], ['get'])], on(['pods'], ['get'], { resourceNames: ['a'] }), true],
    [[on(['pods'], ['get'], { resourceNames: ['a'] })], on(['pods'], ['get']), false],
    [
      [on(['pods'], ['get'], { resourceNames: ['a'] })],
      on(['pods'], ['get'], { resourceNames: ['a', 'b'] }),
      false,
    ],
    [[at('/a/*')], at('/a/b', '/a/b/*'), true],
    [[at('/a/*')], at('/a'), false],
    [[at('*')], at('/a', '*'), true],
    [[at('/a')], at('/a*'), false],
    [[on(['*'], ['*'], { apiGroups: ['*'] })], at('/a'), false],
    [[at('*')], on(['pods'], ['get']), false],
    [[], { verbs: ['get'] }, true],
  ])('by %j: %j is %j', (held, wanted, expected) => {
    expect(uncoveredRules(held, [wanted]).length === 0).toBe(expected)
  })

  it('or else is described, the verbs of a resource together', () => {
    const missing = uncoveredRules(
      [on(['pods'], ['get'])],
      [
        on(['pods', 'secrets'], ['get', 'list']),
        on(['pods'], ['watch'], { resourceNames: ['p'] }),
        at('/metrics'),
      ],
    )
    expect(compactRules(missing).map(describeRule)).toEqual([
      '{APIGroups:[""], Resources:["pods"], ResourceNames:["p"], Verbs:["watch"]}',
      '{NonResourceURLs:["/metrics"], Verbs:["get"]}',
      '{APIGroups:[""], Resources:["pods"], Verbs:["list"]}',
      '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    ])
  })
})

const few = (...values: string[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 })
const anyRule: fc.Arbitrary<PolicyRule> = fc.oneof(
  fc.record({
    verbs: few('get', 'list', '*'),
    apiGroups: few('', 'apps', '*'),
    resources: few('pods', 'nodes', 'pods/log', 'nodes/log', '*/log', '*', 'pods/*', '*/*'),
    resourceNames: fc.oneof(fc.constant([]), few('x', 'y', '')),
  }),
  fc.record({
    verbs: few('get', 'post', '*'),
    nonResourceURLs: few('/a', '/a/*', '/a*', '/a**', '/*', '*', '/'),
  }),
)
const anyRules = fc.array(anyRule, { maxLength: 3 })
const anyRequest: fc.Arbitrary<Attributes> = fc.oneof(
  fc.record({
    isResource: fc.constant(true as const),
    verb: fc.constantFrom('get', 'list', 'create', '*'),
    group: fc.constantFrom('', 'apps', 'x', '*'),
    resource: fc.constantFrom('pods', 'nodes', '*'),
    subresource: fc.constantFrom('', 'log', '*'),
    namespace: fc.constant(''),
    name: fc.constantFrom('', 'x', 'z'),
  }),
  fc.record({
    isResource: fc.constant(false as const),
    verb: fc.constantFrom('get', 'post', 'put'),
    path: fc.constantFrom('/', '/a', '/a/', '/a/b', '/ab', '/b', '*'),
  }),
)

const allowedBy = (rules: readonly PolicyRule[], request: Attributes) =>
  rules.some((rule) => compileRule(rule)(prepareRequest(request)))

describe('rules that are held', () => {
  it('never allow what their holder may not do', () => {
    fc.assert(
      fc.property(
        anyRules,
        anyRules,
        fc.array(anyRequest, { minLength: 20, maxLength: 20 }),
        (held, wanted, requests) => {
          const missing = uncoveredRules(held, wanted)
          for (const request of requests) {
            const isExcess = allowedBy(wanted, request) && !allowedBy(held, request)
            if (isExcess) expect(allowedBy(missing, request)).toBe(true)
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('hold themselves, and each part of them', () => {
    fc.assert(
      fc.property(anyRules, (rules) => {
        expect(uncoveredRules(rules, rules)).toEqual([])
        expect(uncoveredRules(rules, compactRules(uncoveredRules([], rules)))).toEqual([])
      }),
    )
  })
})
