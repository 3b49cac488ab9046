import { describe, expect, it } from 'vitest'
import { causesOfCreating, KindWriter, kindNamed } from '../kind-writer.ts'

const KEY = 'leases.coordination.k8s.io'
const lease = (spec: object) => ({ metadata: { name: 'l' }, spec })

describe('a lease', () => {
  it.each([
    [{ leaseDurationSeconds: 0 }, ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0']],
    [
      { leaseTransitions: -1 },
      ['spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      { strategy: 'Mine' },
      ['spec.strategy.strategy: Unsupported value: "Mine": supported values: "OldestEmulationVersion"'],
    ],
    [{ strategy: 'example.com/mine', preferredHolder: 'me' }, []],
    [
      { preferredHolder: 'me' },
      ['spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined'],
    ],
  ])('of %j: %j', async (spec, causes) => {
    expect(await causesOfCreating(KEY, lease(spec))).toEqual(causes)
  })

  it('is renewed only by who knows it, and made by who replaces it', async () => {
    expect(kindNamed(KEY).type.strategy.allowsCreateOnUpdate).toBe(true)
    const writer = await KindWriter.open(KEY)
    await writer.create(lease({}))
    const answer = await writer.update('l', () => lease({ holderIdentity: 'me' }))
    expect(answer).toMatchObject({
      message:
        'Lease.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    })
    await writer.close()
  })
})
