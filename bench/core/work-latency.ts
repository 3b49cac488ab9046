import { setTimeout as pause } from 'node:timers/promises'
import { WORK_CONDITION } from '../../src/apis/work/constants.ts'
import { MANIFEST_WORKS, type ManifestWork } from '../../src/apis/work/v1.ts'
import { Informer, isConditionTrue, type KubeClient } from '../../src/kube/index.ts'

export interface WorkLoad {
  /** What the works' names begin with. */
  readonly prefix: string
  readonly clusters: readonly string[]
  readonly count: number
  readonly perSecond: number
}

/**
 * Creates works on the hub, one after the other at a steady rate, and resolves with how long each took from before it was created
 * until its condition Applied was seen on the hub, in ms.
 */
export async function measureWorks(
  client: KubeClient,
  { prefix, clusters, count, perSecond }: WorkLoad,
): Promise<readonly number[]> {
  const createdAt = new Map<string, number>()
  const tookMs: number[] = []
  const all = Promise.withResolvers<void>()
  const { clock, log } = client
  const resource = client.resource<ManifestWork>(MANIFEST_WORKS)
  const informer = new Informer({ resource, clock, log })
  const look = ({ metadata: { name = '' }, status }: ManifestWork) => {
    const startedAt = createdAt.get(name)
    if (startedAt === undefined || !isConditionTrue(status?.conditions, WORK_CONDITION.applied)) return
    createdAt.delete(name)
    if (tookMs.push(performance.now() - startedAt) === count) all.resolve()
  }
  informer.addHandler({ onAdd: look, onUpdate: (_, work) => look(work) })
  informer.start()
  try {
    await informer.waitForSync()
    const firstAt = performance.now()
    const creations: Promise<unknown>[] = []
    for (let index = 0; index < count; index++) {
      await pause(Math.max(0, firstAt + (index * 1_000) / perSecond - performance.now()))
      const name = `${prefix}-${String(index).padStart(5, '0')}`
      const work = workOf(name, clusters[index % clusters.length] as string)
      createdAt.set(name, performance.now())
      creations.push(resource.create(work))
    }
    await Promise.all(creations)
    await all.promise
    return tookMs.sort((one, other) => one - other)
  } finally {
    await informer.stop()
  }
}

function workOf(name: string, namespace: string): ManifestWork {
  const metadata = { namespace: 'default', name }
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text: 'x'.repeat(500) } }
  return {
    apiVersion: 'work.open-cluster-management.io/v1',
    kind: 'ManifestWork',
    metadata: { namespace, name },
    spec: { workload: { manifests: [manifest] } },
  }
}
