import type { Binding, Node, Pod } from '../../apis/core/v1.ts'
import { NODES, PODS } from '../../apis/resources.ts'
import {
  type Controller,
  type EventRecorder,
  isConflict,
  isNotFound,
  type ResourceClient,
  timeText,
} from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { controllerEvents } from '../controller-events.ts'
import { chooseNode, withPod } from './choose-node.ts'
import { loadsOf, SCHEDULER, waitingPods } from './scheduling-queue.ts'

/** All Pods that wait are looked at in one go, by their importance: there is but one request. */
const ALL_PODS = { name: 'waiting-pods' }

/**
 * Gives Pods that name no node one that can have them: what kube-scheduler does for a few nodes. It knows node selectors and required
 * node affinity, taints, closed nodes, resources, gates and priorities; it makes no room by ending other Pods.
 */
export function addScheduler(context: ControllerContext): Controller {
  const { manager, client } = context
  const pods = manager.informers.for<Pod>(PODS)
  const nodes = manager.informers.for<Node>(NODES)
  const scheduler = new Scheduler({
    pods: client.resource<Pod>(PODS),
    bindings: client.resource<Binding>(PODS),
    recorder: controllerEvents(context, SCHEDULER),
    now: () => client.clock.now(),
  })
  return manager
    .controller({
      name: 'scheduler',
      reconcile: async (_, { signal }) => {
        await scheduler.schedule(pods.store.list(), nodes.store.list(), signal)
      },
    })
    .watch(pods, { map: () => [ALL_PODS] })
    .watch(nodes, { map: () => [ALL_PODS] })
}

export interface SchedulerComponents {
  readonly pods: ResourceClient<Pod>
  /** Of the resource of Pods. */
  readonly bindings: ResourceClient<Binding>
  readonly recorder: Pick<EventRecorder, 'record'>
  /** The time of day, in ms. */
  readonly now: () => number
}

/** Remembers which Pods it has bound, until they show it: else the next one would be given what they have taken. */
export class Scheduler {
  readonly #components: SchedulerComponents
  readonly #assumed = new Map<string, string>()

  constructor(components: SchedulerComponents) {
    this.#components = components
  }

  /** One round over all Pods that wait. Rejects with the first failure, when all others have had their turn. */
  async schedule(pods: readonly Pod[], nodes: readonly Node[], signal: AbortSignal): Promise<void> {
    this.#forgetSeen(pods)
    let failure: { readonly error: unknown } | undefined
    let loads = loadsOf(nodes, pods, this.#assumed)
    for (const pod of waitingPods(pods)) {
      if (this.#assumed.has(pod.metadata.uid ?? '')) continue
      const choice = chooseNode(pod, loads)
      try {
        if ('node' in choice) {
          await this.#bind(pod, choice.node, signal)
          loads = loads.map((load) => (load.node === choice.node ? withPod(load, pod) : load))
        } else await this.#refuse(pod, choice.message, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!isConflict(error) && !isNotFound(error)) failure ??= { error } // else an event makes us look again
      }
    }
    if (failure) throw failure.error
  }

  #forgetSeen(pods: readonly Pod[]): void {
    const unbound = new Set(
      pods.flatMap(({ metadata, spec }) => (spec?.nodeName ? [] : (metadata.uid ?? []))),
    )
    for (const uid of this.#assumed.keys()) {
      if (!unbound.has(uid)) this.#assumed.delete(uid)
    }
  }

  async #bind(pod: Pod, node: Node, signal: AbortSignal): Promise<void> {
    const { bindings, recorder } = this.#components
    const { namespace = '', name = '', uid = '' } = pod.metadata
    const nodeName = node.metadata.name ?? ''
    const binding: Binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
    }
    await bindings.create(binding, { subresource: 'binding', signal })
    this.#assumed.set(uid, nodeName)
    const note = `Successfully assigned ${namespace}/${name} to ${nodeName}`
    recorder.record({ regarding: pod, reason: 'Scheduled', action: 'Binding', note })
  }

  /** Says so once, and again when there is another reason. */
  async #refuse(pod: Pod, message: string, signal: AbortSignal): Promise<void> {
    const { namespace, name = '' } = pod.metadata
    const said = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
    if (said?.status === 'False' && said.reason === 'Unschedulable' && said.message === message) return
    const lastTransitionTime =
      said?.status === 'False' && said.lastTransitionTime
        ? said.lastTransitionTime
        : timeText(this.#components.now())
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime,
      ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    }
    const body = { status: { conditions: [condition] } }
    await this.#components.pods.patchStatus({ namespace, name }, { type: 'strategic', body }, { signal })
    this.#components.recorder.record({
      regarding: pod,
      type: 'Warning',
      reason: 'FailedScheduling',
      action: 'Scheduling',
      note: message,
    })
  }
}
