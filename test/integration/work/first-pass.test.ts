import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ClusterTls, Transport } from '../../../src/kube/index.ts'
import type { AnyObject } from '../kube-controllers/controllers-bench.ts'
import { AgentLife } from './agent-life.ts'
import { CONFIG_MAPS, configMap, NAMESPACE, WorkBench } from './work-bench.ts'

const PATHS = {
  deployments: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
  configMaps: `/api/v1/namespaces/${NAMESPACE}/configmaps`,
}

/** An agent whose requests to make an object wait until they are let go, or the answers to them. */
class HeldLife extends AgentLife {
  readonly #held: { readonly path: string; readonly name: string; readonly what: 'request' | 'answer' }
  readonly #reached = Promise.withResolvers<void>()
  readonly #released = Promise.withResolvers<void>()

  constructor(held: { path: string; name: string; what: 'request' | 'answer' }) {
    super()
    this.#held = held
  }

  /** Resolves once something waits. */
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
        const { method, path, body = '' } = request
        const isHeld =
          method === 'POST' && path.startsWith(this.#held.path) && body.includes(`"${this.#held.name}"`)
        if (!isHeld) return transport.request(request)
        if (this.#held.what === 'request') await this.#hold()
        const answer = await transport.request(request)
        if (this.#held.what === 'answer') await this.#hold()
        return answer
      },
      destroy: () => transport.destroy(),
    }
  }

  #hold(): Promise<void> {
    this.#reached.resolve()
    return this.#released.promise
  }
}

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start()
  const agent = bench.startAgent()
  await bench.createWork('marker', [configMap('marker')])
  await bench.untilApplied('marker')
  await bench.stopAgent(agent)
})
afterAll(() => bench.close())

const isPutBack = ({ data }: AnyObject) => data.a === 'b'

/** Resolves once the agent has heard of the change. */
async function change(name: string): Promise<void> {
  for (const each of [name, 'marker']) {
    const body = { data: { a: 'changed' } }
    await bench.objects(CONFIG_MAPS).patch({ namespace: NAMESPACE, name: each }, { type: 'merge', body })
  }
  await bench.untilObject(CONFIG_MAPS, 'marker', isPutBack) // both are in the same watch, in this order
  const { data } = await bench.objects(CONFIG_MAPS).get({ namespace: NAMESPACE, name })
  expect(data).toEqual({ a: 'changed' })
}

async function withAgent(life: AgentLife, act: () => Promise<void>): Promise<void> {
  const agent = bench.startAgent({ life, statusSyncIntervalMs: 600_000 })
  try {
    await act()
  } finally {
    await bench.stopAgent(agent)
  }
}

it('puts back what was changed while a work was applied for the first time', async () => {
  const life = new HeldLife({ path: PATHS.deployments, name: 'late', what: 'request' })
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
  await withAgent(life, async () => {
    await bench.createWork('slow', [configMap('early'), deployment])
    await life.reached
    await change('early')
    life.release()
    await bench.untilObject(CONFIG_MAPS, 'early', isPutBack)
  })
})

it('puts back what was changed before it was known to have been made', async () => {
  const life = new HeldLife({ path: PATHS.configMaps, name: 'racing', what: 'answer' })
  await withAgent(life, async () => {
    await bench.createWork('racing', [configMap('racing')])
    await life.reached
    await change('racing')
    life.release()
    await bench.untilObject(CONFIG_MAPS, 'racing', isPutBack)
  })
})
