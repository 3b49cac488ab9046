import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ClusterTls, Transport } from '../../../src/kube/index.ts'
import type { AnyObject } from '../kube-controllers/controllers-bench.ts'
import { AgentLife } from './agent-life.ts'
import { CONFIG_MAPS, configMap, NAMESPACE, WorkBench } from './work-bench.ts'

const DEPLOYMENTS_PATH = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`

/** An agent whose requests to make a Deployment wait until they are let go. */
class HeldLife extends AgentLife {
  readonly #reached = Promise.withResolvers<void>()
  readonly #released = Promise.withResolvers<void>()

  /** Resolves once a request waits. */
  get reached(): Promise<void> {
    return this.#reached.promise
  }

  release(): void {
    this.#released.resolve()
  }

  override transport(tls: ClusterTls): Transport {
    const transport = super.transport(tls)
    return {
      request: async (request) => {
        if (request.method === 'POST' && request.path.startsWith(DEPLOYMENTS_PATH)) {
          this.#reached.resolve()
          await this.#released.promise
        }
        return transport.request(request)
      },
      destroy: () => transport.destroy(),
    }
  }
}

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start()
})
afterAll(() => bench.close())

it('puts back what was changed while a work was applied for the first time', async () => {
  const life = new HeldLife()
  bench.startAgent({ life, statusSyncIntervalMs: 600_000 })
  await bench.createWork('marker', [configMap('marker')])
  await bench.untilApplied('marker')

  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: NAMESPACE, name: 'late' },
    spec: {
      selector: { matchLabels: { app: 'late' } },
      template: {
        metadata: { labels: { app: 'late' } },
        spec: { containers: [{ name: 'main', image: 'image:1' }] },
      },
    },
  }
  await bench.createWork('slow', [configMap('early'), deployment])
  await life.reached
  const change = { type: 'merge', body: { data: { a: 'changed' } } } as const
  const isPutBack = ({ data }: AnyObject) => data.a === 'b'
  for (const name of ['early', 'marker'])
    await bench.objects(CONFIG_MAPS).patch({ namespace: NAMESPACE, name }, change)
  await bench.untilObject(CONFIG_MAPS, 'marker', isPutBack) // both are in the same watch, in this order
  expect((await bench.objects(CONFIG_MAPS).get({ namespace: NAMESPACE, name: 'early' })).data).toEqual({
    a: 'changed',
  })
  life.release()
  await bench.untilObject(CONFIG_MAPS, 'early', isPutBack)
})
