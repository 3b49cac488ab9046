import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Pod } from '../../../src/apis/core/v1.ts'
import { inOrderOfDeletion } from '../../../src/kube-controllers/pods/deletion-ranking.ts'
import { ago, NOT_READY, NOW, pod, ready } from './pods.ts'

const cost = (value: string) => ({
  metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': value }, uid: 'z' },
})
const restarted = (restartCount: number) => ({
  status: { containerStatuses: [{ name: 'main', ready: true, restartCount, image: '', imageID: '' }] },
})
const names = (pods: readonly Pod[], neighboursOf?: (each: Pod) => number) =>
  inOrderOfDeletion(pods, { nowMs: NOW, ...(neighboursOf && { neighboursOf }) }).map(
    ({ metadata }) => metadata.name,
  )

describe('of two pods', () => {
  it.each([
    ['without a node', pod('b', { spec: { nodeName: '' } }), pod('a')],
    ['pending', pod('b', { status: { phase: 'Pending' } }), pod('a')],
    ['of unknown phase', pod('b', { status: { phase: 'Unknown' } }), pod('a')],
    ['not ready', pod('b', { status: NOT_READY }), pod('a')],
    ['cheaper', pod('b', cost('-5')), pod('a')],
    ['younger as to readiness', pod('b', { status: ready(60) }), pod('a')],
    ['restarted more often', pod('b', restarted(3)), pod('a', restarted(1))],
    ['younger', pod('b', { metadata: { creationTimestamp: ago(30) } }), pod('a')],
    ['not ready, though dear', pod('b', { ...cost('100'), status: NOT_READY }), pod('a')],
  ])('goes first that is %s', (_, one, other) => {
    expect(names([other, one])[0]).toBe('b')
    expect(names([one, other])[0]).toBe('b')
  })

  it.each(['1.5', 'much', '+007', '99999999999'])('a cost of %s is none', (value) => {
    expect(names([pod('b', cost(value)), pod('a', cost('-1'))])[0]).toBe('a')
  })

  it('goes first that has more neighbours', () => {
    const crowded = pod('b', { spec: { nodeName: 'crowded' } })
    expect(names([pod('a'), crowded], ({ spec }) => (spec?.nodeName === 'crowded' ? 5 : 1))[0]).toBe('b')
  })

  it('not the younger goes first, but either, where ages are of one magnitude', () => {
    const one = pod('a', { metadata: { creationTimestamp: ago(5000), uid: '1' } })
    const other = pod('b', { metadata: { creationTimestamp: ago(4900), uid: '2' } })
    expect(names([other, one])).toEqual(['a', 'b'])
  })
})

it('the order does not depend on the order in which pods are seen', () => {
  const pods = fc.array(
    fc.record({
      nodeName: fc.constantFrom('', 'node'),
      phase: fc.constantFrom('Pending' as const, 'Running' as const),
      isReady: fc.boolean(),
      age: fc.integer({ min: 0, max: 10_000 }),
    }),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(pods, fc.infiniteStream(fc.nat()), (shapes, random) => {
      const all = shapes.map(({ nodeName, phase, isReady, age }, index) =>
        pod(`pod-${index}`, {
          metadata: { creationTimestamp: ago(age), uid: `uid-${index}` },
          spec: { nodeName },
          status: { phase, ...(isReady ? ready(age) : NOT_READY) },
        }),
      )
      const shuffled = all
        .map((each) => ({ each, rank: random.next().value as number }))
        .sort((one, other) => one.rank - other.rank)
        .map(({ each }) => each)
      expect(names(shuffled)).toEqual(names(all))
    }),
  )
})
