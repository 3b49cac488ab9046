import { describe, expect, it } from 'vitest'
import { causesOfCreating, causesOfMerging, createdAs } from '../kind-writer.ts'

const PRIORITY = 'priorityclasses.scheduling.k8s.io'
const RUNTIME = 'runtimeclasses.node.k8s.io'
const priority = (name: string, value: number) => ({ metadata: { name }, value })

describe('a priority class', () => {
  it('preempts by default', async () => {
    const made = await createdAs(PRIORITY, priority('p', 1))
    expect(made).toMatchObject({ metadata: { generation: 1 }, preemptionPolicy: 'PreemptLowerPriority' })
  })

  it.each([
    [
      'p',
      1_000_000_001,
      ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
    ],
    ['system-node-critical', 2_000_001_000, []],
    [
      'system-mine',
      1,
      [
        "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
      ],
    ],
  ])('%s of %d: %j', async (name, value, causes) => {
    expect(await causesOfCreating(PRIORITY, priority(name, value))).toEqual(causes)
  })

  it('keeps its value', async () => {
    const patch = { value: 2, preemptionPolicy: 'Never' }
    expect(await causesOfMerging(PRIORITY, priority('p', 1), patch)).toEqual([
      'value: Forbidden: may not be changed in an update.',
      'preemptionPolicy: Invalid value: "Never": field is immutable',
    ])
  })
})

describe('a runtime class', () => {
  const runtime = (more: object = {}) => ({ metadata: { name: 'r' }, handler: 'h', ...more })

  it('has a handler, which it keeps', async () => {
    expect(await causesOfCreating(RUNTIME, runtime({ handler: 'A' }))).toEqual([
      expect.stringMatching(/^handler: Invalid value: "A": a lowercase RFC 1123 label/),
    ])
    expect(await causesOfMerging(RUNTIME, runtime(), { handler: 'i' })).toEqual([
      'handler: Invalid value: "i": field is immutable',
    ])
  })

  it('tolerates each taint once', async () => {
    const tolerations = [{ key: 'k' }, { key: 'k' }]
    expect(await causesOfCreating(RUNTIME, runtime({ scheduling: { tolerations } }))).toEqual([
      'scheduling.tolerations[1]: Duplicate value: {"key":"k"}',
    ])
  })
})
