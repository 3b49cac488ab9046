import { describe, expect, it } from 'vitest'
import { causesOfCreating, causesOfMerging, createdAs } from '../kind-writer.ts'

const GROUP = 'flowcontrol.apiserver.k8s.io'
const SCHEMAS = `flowschemas.${GROUP}`
const LEVELS = `prioritylevelconfigurations.${GROUP}`
const subject = { kind: 'User', user: { name: 'u' } }
const schema = (more: object) => ({
  metadata: { name: 's' },
  spec: { priorityLevelConfiguration: { name: 'l' }, ...more },
})
const rule = (more: object) => ({
  rules: [{ subjects: [subject], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/'] }], ...more }],
})
const level = (limited: object) => ({ metadata: { name: 'l' }, spec: { type: 'Limited', limited } })
const queue = (queuing: object) => level({ limitResponse: { type: 'Queue', queuing } })

describe('a flow schema', () => {
  it('comes in the middle where it does not say when', async () => {
    expect(await createdAs(SCHEMAS, schema({}))).toMatchObject({ spec: { matchingPrecedence: 1000 } })
  })

  it.each([
    [
      { matchingPrecedence: 1 },
      [
        `spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1`,
      ],
    ],
    [
      { priorityLevelConfiguration: { name: '' } },
      ['spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
    ],
    [
      rule({ subjects: null }),
      ['spec.rules[0].subjects: Required value: subjects must contain at least one value'],
    ],
    [
      rule({ subjects: [{ ...subject, group: { name: 'g' } }] }),
      [`spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'`],
    ],
    [
      rule({ subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: '' } }] }),
      [
        'spec.rules[0].subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account',
      ],
    ],
    [
      rule({ nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['a', '/a*', '/a/*'] }] }),
      [
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a*": wildcard can only do suffix matching',
      ],
    ],
    [
      rule({ resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] }),
      [
        'spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
      ],
    ],
  ])('with %j: %j', async (more, causes) => {
    expect(await causesOfCreating(SCHEMAS, schema(more))).toEqual(causes)
  })

  it('has each condition once', async () => {
    const status = { conditions: [{ type: 'Dangling' }, { type: 'Dangling' }] }
    expect(await causesOfMerging(SCHEMAS, schema({}), { status }, 'status')).toEqual([
      'status.conditions[1].type: Duplicate value: "Dangling"',
    ])
  })
})

describe('a priority level', () => {
  it('has shares and queues where it does not say how many', async () => {
    expect(await createdAs(LEVELS, queue({}))).toMatchObject({
      spec: {
        limited: {
          nominalConcurrencyShares: 30,
          lendablePercent: 0,
          limitResponse: { queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
        },
      },
    })
  })

  it.each([
    [
      { metadata: { name: 'l' }, spec: { type: 'Limited' } },
      ['spec.limited: Required value: must not be empty when type is Limited'],
    ],
    [
      { metadata: { name: 'l' }, spec: { type: 'Exempt' } },
      [`spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`],
    ],
    [
      level({ limitResponse: { type: 'Reject', queuing: {} } }),
      [
        'spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited',
      ],
    ],
    [
      queue({ queues: 4 }),
      [
        'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)',
      ],
    ],
    [
      queue({ queues: 1_000_000 }),
      [
        'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 1000000 and handSize 8 should not be greater than 60',
      ],
    ],
  ])('of %j: %j', async (body, causes) => {
    expect(await causesOfCreating(LEVELS, body)).toEqual(causes)
  })
})
