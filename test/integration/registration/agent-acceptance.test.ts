import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { CERTIFICATE_SIGNING_REQUESTS, CLUSTER_ROLE_BINDINGS } from '../../../src/apis/resources.ts'
import { type Clock, systemClock } from '../../../src/kube/index.ts'
import { until } from '../../support/until.ts'
import { AgentBench, isPendingOf } from './agent-bench.ts'

const SPEED = 200

let bench: AgentBench

beforeAll(async () => {
  bench = await AgentBench.start()
})

afterAll(() => bench.close())

/** An agent that has its certificate, and that nobody has accepted for a long time. */
async function waiting(clusterName: string, clock: Clock): Promise<void> {
  await bench.startAgent({ clusterName, hubSecret: `${clusterName}-hub` }, clock)
  const requests = await bench.hub.until(CERTIFICATE_SIGNING_REQUESTS, {}, (all) =>
    [...all.values()].some((each) => isPendingOf(each, clusterName)),
  )
  for (const each of requests.values())
    if (isPendingOf(each, clusterName)) await bench.decide(each, 'Approved')
}

const accept = (name: string) =>
  bench.hub.merge(MANAGED_CLUSTERS, { name }, { spec: { hubAcceptsClient: true } })

describe('an agent that waits for its cluster to be accepted', () => {
  it('hears of it at once, however long it has waited', async () => {
    let hasWaitedLong = false
    /** Short waits are over soon, as if much time had passed; of the long ones, none ends any more. */
    const clock: Clock = {
      now: systemClock.now,
      monotonic: systemClock.monotonic,
      sleep: (ms, signal) => {
        if (ms < 8_000) return systemClock.sleep(ms / SPEED, signal)
        hasWaitedLong ||= ms <= 30_000
        return systemClock.sleep(3_600_000, signal)
      },
    }
    await waiting('patient', clock)
    await until(() => hasWaitedLong, 'it does not ask often any more')
    await accept('patient')
    expect((await bench.untilAvailable('patient')).metadata.name).toBe('patient')
  })

  it('finds out by itself where its bootstrap credentials do not do any more', async () => {
    const clock: Clock = {
      now: systemClock.now,
      monotonic: () => systemClock.monotonic() * SPEED,
      sleep: (ms, signal) => systemClock.sleep(ms / SPEED, signal),
    }
    await waiting('lonely', clock)
    await until(async () => 'tls.crt' in (await bench.secret('lonely-hub')), 'it has its certificate')
    const key = { name: 'open-cluster-management:bootstrap' }
    const { metadata: _, ...binding } = await bench.hub.resource(CLUSTER_ROLE_BINDINGS).get(key)
    await bench.hub.resource(CLUSTER_ROLE_BINDINGS).delete(key)
    await accept('lonely')
    expect((await bench.untilAvailable('lonely')).metadata.name).toBe('lonely')
    await bench.hub.resource(CLUSTER_ROLE_BINDINGS).create({ ...binding, metadata: key })
  })
})
