import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { SECRETS } from '../../../src/apis/resources.ts'
import { systemClock } from '../../../src/kube/index.ts'
import { until } from '../../support/until.ts'
import { AGENT_NAMESPACE, AgentBench } from './agent-bench.ts'

/** Each cluster joins twice. */
vi.setConfig({ testTimeout: 60_000 })

let bench: AgentBench

beforeAll(async () => {
  bench = await AgentBench.start()
})

afterAll(() => bench.close())

/** A cluster that has joined, and that somebody has deleted on the hub. Returns the name of the Secret with its credentials. */
async function forgotten(clusterName: string): Promise<string> {
  const hubSecret = `${clusterName}-hub`
  const bootstrapSecret = `${clusterName}-bootstrap`
  await bench.writeBootstrapSecret(await bench.bootstrapKubeconfig(), bootstrapSecret)
  await bench.join(clusterName, { hubSecret, bootstrapSecret, bootstrapKubeconfigs: [] })
  await bench.hub.resource(MANAGED_CLUSTERS).delete({ name: clusterName })
  await until(
    async () => (await bench.hub.resource(MANAGED_CLUSTERS).find({ name: clusterName })) === undefined,
    'the cluster is gone',
  )
  return hubSecret
}

describe('a cluster that was deleted on the hub', () => {
  it('joins again when it is given bootstrap credentials again', async () => {
    const hubSecret = await forgotten('rejoining')
    const { 'tls.crt': before } = await bench.secret(hubSecret)
    await bench.writeBootstrapSecret(await bench.bootstrapKubeconfig(), 'rejoining-bootstrap')
    await bench.accept('rejoining')
    await bench.untilAvailable('rejoining')
    expect((await bench.secret(hubSecret))['tls.crt']).not.toBe(before)
  })

  it('joins again when its credentials are deleted, too, for which it may not ask any more', async () => {
    const hubSecret = await forgotten('emptied')
    await bench.onSpoke(SECRETS).delete({ namespace: AGENT_NAMESPACE, name: hubSecret })
    await bench.accept('emptied')
    await bench.untilAvailable('emptied')
    expect(Object.keys(await bench.secret(hubSecret))).toContain('tls.key')
  })
})

describe('other bootstrap credentials for a cluster that the hub knows', () => {
  it('change nothing of those that it works with', async () => {
    const options = {
      clusterName: 'known',
      hubSecret: 'known-hub',
      bootstrapSecret: 'known-bootstrap',
      bootstrapKubeconfigs: [],
    }
    let registrations = 0
    const startWork = () => {
      registrations += 1
      return { stop: async () => {} }
    }
    await bench.writeBootstrapSecret(await bench.bootstrapKubeconfig(), 'known-bootstrap')
    await bench.startAgent(options, systemClock, { startWork })
    await bench.accept('known')
    await bench.untilAvailable('known')
    const before = await bench.secret('known-hub')
    await bench.writeBootstrapSecret(await bench.bootstrapKubeconfig(), 'known-bootstrap')
    await until(() => registrations === 2, 'it has begun anew')
    expect(await bench.secret('known-hub')).toEqual(before)
  })
})
