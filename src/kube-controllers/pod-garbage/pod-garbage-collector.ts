import type { Node, Pod } from '../../apis/core/v1.ts'
import { NODES, PODS } from '../../apis/resources.ts'
import { inParallel } from '../../common/in-parallel.ts'
import { type Controller, isNotFound, timeText } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { type DoomedPod, doomedPods, isOver } from './doomed-pods.ts'
import { MissingNodes } from './missing-nodes.ts'

/** As kube-controller-manager's `--terminated-pod-gc-threshold`. */
const MOST_TERMINATED = 12_500

const EVERY_MS = 20_000
const AT_ONCE = 10
const SWEEP = { name: 'sweep' }

/**
 * Deletes Pods that nobody else will delete: of nodes that are gone, such that were deleted before they had a node, and the oldest of
 * too many that are over (kube-controller-manager's `pod-garbage-collector-controller`).
 */
export function addPodGarbageCollector({ manager, client }: ControllerContext): Controller {
  const informer = manager.informers.for<Pod>(PODS)
  const nodes = manager.informers.for<Node>(NODES)
  const pods = client.resource<Pod>(PODS)
  const nodeResource = client.resource<Node>(NODES)
  const missingNodes = new MissingNodes()
  const controller = manager
    .controller({
      name: 'pod-garbage-collector',
      async reconcile(_, { signal }) {
        const doomed = doomedPods({
          pods: informer.store.list(),
          nodeOf: (name) => nodes.store.get({ name }),
          goneNodes: await goneNodes(signal),
          mostTerminated: MOST_TERMINATED,
        })
        await inParallel(doomed, AT_ONCE, (each) => remove(each, signal))
        return { requeueAfterMs: EVERY_MS }
      },
    })
    .watch(informer, { map: () => [] })
    .watch(nodes, { map: () => [] })
  controller.enqueue(SWEEP)
  return controller

  async function goneNodes(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const named = informer.store.list().flatMap(({ spec }) => spec?.nodeName || [])
    const missing = new Set(named.filter((name) => !nodes.store.get({ name })))
    const gone = new Set<string>()
    for (const name of missingNodes.overdue(missing, client.clock.monotonic())) {
      if (!(await nodeResource.find({ name }, { signal }))) gone.add(name)
    }
    return gone
  }

  /** Nobody is left who would say that it has failed, so that is said first. */
  async function remove({ pod, reason }: DoomedPod, signal: AbortSignal): Promise<void> {
    const { namespace, name = '', uid } = pod.metadata
    const key = { namespace, name }
    try {
      if (!isOver(pod)) {
        const body = failedStatus(pod, reason, client.clock.now())
        await pods.patchStatus(key, { type: 'strategic', body }, { signal })
      }
      await pods.delete(key, { gracePeriodSeconds: 0, ...(uid && { preconditions: { uid } }), signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

function failedStatus({ metadata: { uid } }: Pod, message: string | undefined, nowMs: number): object {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message,
    lastTransitionTime: timeText(nowMs),
  }
  return {
    metadata: { uid },
    status: { phase: 'Failed', ...(message !== undefined && { conditions: [condition] }) },
  }
}
