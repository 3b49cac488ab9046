import { describe, expect, it } from 'vitest'
import { causesOfMerging, createdAs } from '../kind-writer.ts'

const KEY = 'resourceclaims.resource.k8s.io'
const request = { name: 'r', exactly: { deviceClassName: 'd' } }
const claim = { metadata: { name: 'c' }, spec: { devices: { requests: [request] } } }

describe('a claim of devices', () => {
  it('asks for one device by default', async () => {
    expect(await createdAs(KEY, claim)).toMatchObject({
      spec: { devices: { requests: [{ exactly: { allocationMode: 'ExactCount', count: 1 } }] } },
      status: {},
    })
  })

  it('stays as it is', async () => {
    const causes = await causesOfMerging(KEY, claim, { spec: { devices: { requests: [] } } })
    expect(causes).toEqual([expect.stringMatching(/^spec: Invalid value: .*: field is immutable$/)])
  })
})
