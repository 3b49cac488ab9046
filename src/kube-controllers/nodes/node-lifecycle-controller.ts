import type { Lease } from '../../apis/coordination/v1.ts'
import type { Node, Pod } from '../../apis/core/v1.ts'
import { NODES, PODS } from '../../apis/resources.ts'
import { type Controller, isConflict, isNotFound, LEASES, timeText } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { controllerEvents } from '../controller-events.ts'
import { podsByNode, podsOn } from '../pods-by-node.ts'
import { NodeHeartbeats, readyOf } from './node-heartbeats.ts'
import { taintsFor, unknownNode } from './node-status.ts'

const LEASE_NAMESPACE = 'kube-node-lease'

/**
 * Says of nodes that are silent that nobody knows how they are, keeps the taints that go with how nodes are, and says of Pods that
 * they are not ready when their node is not (kube-controller-manager's `node-lifecycle-controller`).
 */
export function addNodeLifecycleController(context: ControllerContext): Controller {
  const { manager, client } = context
  const informer = manager.informers.for<Node>(NODES)
  const leases = manager.informers.for<Lease>(LEASES, { namespace: LEASE_NAMESPACE })
  const podInformer = podsByNode(manager)
  const nodes = client.resource<Node>(NODES)
  const pods = client.resource<Pod>(PODS)
  const events = controllerEvents(context, 'node-controller')
  const heartbeats = new NodeHeartbeats()
  /** Nodes that were ready when they were seen last. */
  const wereReady = new Set<string>()
  return manager
    .controller({
      name: 'node-lifecycle',
      async reconcile({ name }, { signal }) {
        const known = informer.store.get({ name })
        if (!known) {
          heartbeats.forget(name)
          wereReady.delete(name)
          return undefined
        }
        const lease = leases.store.get({ namespace: LEASE_NAMESPACE, name })
        const leftMs = heartbeats.leftMs(known, lease, client.clock.monotonic())
        try {
          const node = leftMs > 0 ? known : await markUnknown(known, signal)
          await updateTaints(node, signal)
          await followReadiness(node, signal)
        } catch (error) {
          if (!isConflict(error) && !isNotFound(error)) throw error // an event makes us look again
        }
        return leftMs > 0 ? { requeueAfterMs: leftMs } : undefined
      },
    })
    .watch(informer)
    .watch(leases, { map: ({ metadata: { name = '' } }) => [{ name }] })
    .watch(podInformer, { map: () => [] })

  async function markUnknown(node: Node, signal: AbortSignal): Promise<Node> {
    const unknown = unknownNode(node, client.clock.now())
    return unknown === node ? node : nodes.updateStatus(unknown, { signal })
  }

  async function updateTaints(node: Node, signal: AbortSignal): Promise<void> {
    const taints = taintsFor(node, client.clock.now())
    if (taints) await nodes.update({ ...node, spec: { ...node.spec, taints } }, { signal })
  }

  /** Its Pods are told of once, when it ceases to be ready: what they say later is their kubelet's business. */
  async function followReadiness(node: Node, signal: AbortSignal): Promise<void> {
    const { name = '' } = node.metadata
    if (readyOf(node)?.status === 'True') wereReady.add(name)
    else if (wereReady.has(name)) {
      const reason = 'NodeNotReady'
      events.record({
        regarding: node,
        reason,
        action: reason,
        note: `Node ${name} status is now: ${reason}`,
      })
      for (const pod of podsOn(podInformer, name)) await markNotReady(pod, signal)
      wereReady.delete(name)
    }
  }

  async function markNotReady(pod: Pod, signal: AbortSignal): Promise<void> {
    const { namespace, name = '', uid } = pod.metadata
    const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready')
    if (ready?.status !== 'True') return
    const condition = { type: 'Ready', status: 'False', lastTransitionTime: timeText(client.clock.now()) }
    const body = { metadata: { uid }, status: { conditions: [condition] } }
    try {
      await pods.patchStatus({ namespace, name }, { type: 'strategic', body }, { signal })
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return // it is gone, or another by now
      throw error
    }
    const reason = 'NodeNotReady'
    events.record({ regarding: pod, type: 'Warning', reason, action: reason, note: 'Node is not ready' })
  }
}
