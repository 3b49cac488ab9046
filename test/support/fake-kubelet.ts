import type { ContainerStatus, Pod, PodStatus } from '../../src/apis/core/v1.ts'
import {
  isConflict,
  isNotFound,
  type KubeClient,
  keyOf,
  Manager,
  type ResourceClient,
  timeText,
} from '../../src/kube/index.ts'

/** What becomes of a pod: `stay-pending` is as if no node wanted it, an exit code that of its containers. */
export type PodBehaviour =
  | 'run'
  | 'never-ready'
  | 'stay-pending'
  | { readonly exitCode: number; readonly condition?: string }

export interface FakeKubeletOptions {
  /** Asked again at each change of the pod. @default 'run' for all */
  readonly behaviourOf?: (pod: Pod) => PodBehaviour
  /** Whether a pod that was deleted goes at once; else it stays until `letGo`. @default true */
  readonly goesAtOnce?: (pod: Pod) => boolean
}

/** Says of the pods of an API what a node would say of them, and runs nothing. */
export class FakeKubelet {
  readonly #pods: ResourceClient<Pod>
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  readonly #look: () => void
  #options: FakeKubeletOptions

  /** The client is started and stopped by whoever made it. */
  constructor(client: KubeClient, options: FakeKubeletOptions = {}) {
    this.#options = options
    const definition = { group: '', version: 'v1', plural: 'pods', namespaced: true }
    this.#pods = client.resource<Pod>(definition)
    const manager = new Manager({ client })
    const informer = manager.informers.for<Pod>(definition)
    const controller = manager
      .controller({
        name: 'fake-kubelet',
        concurrency: 8,
        reconcile: async (request) => {
          const pod = informer.store.get(request)
          if (pod) await this.#sync(pod)
        },
      })
      .watch(informer)
    this.#look = () => {
      for (const { metadata } of informer.store.list())
        controller.enqueue({ namespace: metadata.namespace, name: metadata.name ?? '' })
    }
    this.#running = manager.run(this.#stopping.signal)
  }

  /** From now on; pods that have ended stay so. */
  behave(options: FakeKubeletOptions): void {
    this.#options = options
    this.#look()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #sync(pod: Pod): Promise<void> {
    const { behaviourOf = () => 'run', goesAtOnce = () => true } = this.#options
    try {
      if (pod.metadata.deletionTimestamp) {
        if (goesAtOnce(pod)) await this.#end(pod)
        return
      }
      const status = statusOf(pod, behaviourOf(pod))
      if (status) await this.#pods.patchStatus(keyFor(pod), { type: 'merge', body: { status } })
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  }

  /** Its containers are killed, and then it goes. */
  async #end(pod: Pod): Promise<void> {
    const { uid, deletionGracePeriodSeconds } = pod.metadata
    if (!hasEnded(pod)) {
      const status = endedStatus(pod, 137)
      await this.#pods.patchStatus(keyFor(pod), { type: 'merge', body: { status } })
    }
    if (deletionGracePeriodSeconds !== 0)
      await this.#pods.delete(keyFor(pod), { gracePeriodSeconds: 0, ...(uid && { preconditions: { uid } }) })
  }
}

function keyFor(pod: Pod) {
  const [namespace = '', name = ''] = keyOf(pod).split('/')
  return { namespace, name }
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

/** Undefined where nothing changes. */
function statusOf(pod: Pod, behaviour: PodBehaviour): PodStatus | undefined {
  if (behaviour === 'stay-pending' || hasEnded(pod)) return undefined
  if (typeof behaviour === 'object') return endedStatus(pod, behaviour.exitCode, behaviour.condition)
  const isReady = behaviour === 'run'
  const before = pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status
  if (before === (isReady ? 'True' : 'False')) return undefined
  return { ...common(pod, isReady, { running: { startedAt: now() } }), phase: 'Running' }
}

function endedStatus(pod: Pod, exitCode: number, condition?: string): PodStatus {
  const terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: now() }
  const status = common(pod, false, { terminated })
  const extra = condition ? [{ type: condition, status: 'True' as const, lastTransitionTime: now() }] : []
  return {
    ...status,
    conditions: [...(status.conditions ?? []), ...extra],
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
  }
}

function common({ spec }: Pod, isReady: boolean, state: ContainerStatus['state']): PodStatus {
  return {
    startTime: now(),
    podIP: '127.64.0.1',
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: now() }],
    containerStatuses: (spec?.containers ?? []).map(({ name, image = '' }) => ({
      name,
      image,
      imageID: '',
      restartCount: 0,
      ready: isReady,
      ...(state && { state }),
    })),
  }
}

function now(): string {
  return timeText(Date.now())
}
