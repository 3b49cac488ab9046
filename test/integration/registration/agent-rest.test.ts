import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { KubeClient, type ReadAccess } from '../../../src/kube/index.ts'
import { untilStill } from '../../support/until.ts'
import { AgentBench } from './agent-bench.ts'

let bench: AgentBench

beforeAll(async () => {
  bench = await AgentBench.start()
})

afterAll(() => bench.close())

describe('agents in rest', () => {
  it('ask the hub for nothing but to renew their Leases, one request each', async () => {
    const asked: string[] = []
    const newHubClient = (readAccess: ReadAccess) => {
      const metrics = { observeRequest: (method: string) => void asked.push(method) }
      return new KubeClient({ readAccess, metrics }, { accessMaxAgeMs: 0 })
    }
    const names = Array.from({ length: 5 }, (_, index) => `rest-${index}`)
    for (const name of names) {
      await bench.startAgent({ clusterName: name, hubSecret: `${name}-hub` }, undefined, { newHubClient })
    }
    await Promise.all(names.map((name) => bench.accept(name)))
    await Promise.all(names.map((name) => bench.untilAvailable(name)))
    await untilStill(() => asked.length, 2000)
    asked.length = 0
    for (const name of names) {
      await bench.hub.merge(MANAGED_CLUSTERS, { name }, { spec: { leaseDurationSeconds: 3600 } })
    }
    // Another duration begins with a renewal: all else would show beside it.
    await untilStill(() => asked.length, 2000)
    expect(asked).toEqual(names.map(() => 'PUT'))
  }, 60_000)
})
