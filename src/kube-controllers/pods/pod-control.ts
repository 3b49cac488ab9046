import type { PodTemplateSpec } from '../../apis/core/pod-template.ts'
import type { Pod } from '../../apis/core/v1.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import {
  type EventRecorder,
  isNotFound,
  KubeApiError,
  type ResourceClient,
  withController,
} from '../../kube/index.ts'

export interface PodControlComponents {
  readonly pods: ResourceClient<Pod>
  readonly events: EventRecorder
}

/** Nothing can be created in it any more, which is no failure of who tries. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof KubeApiError && error.causes.some(({ reason }) => reason === 'NamespaceTerminating')
}

/** Creates and deletes the pods of owners, and says so in Events of the owners. */
export class PodControl {
  readonly #pods: ResourceClient<Pod>
  readonly #events: EventRecorder

  constructor({ pods, events }: PodControlComponents) {
    this.#pods = pods
    this.#events = events
  }

  /** Rejects when it cannot be created; in a namespace that is being deleted, without an Event. */
  async create(
    template: PodTemplateSpec,
    owner: KubeObject,
    { signal, generateName }: { signal: AbortSignal; generateName?: string },
  ): Promise<void> {
    try {
      const pod = await this.#pods.create(podFrom(template, owner, generateName), { signal })
      this.#events.record({
        regarding: owner,
        related: pod,
        reason: 'SuccessfulCreate',
        action: 'Create',
        note: `Created pod: ${pod.metadata.name}`,
      })
    } catch (error) {
      if (!signal.aborted && !isNamespaceTerminating(error)) {
        const note = `Error creating: ${messageOf(error)}`
        this.#events.record({
          regarding: owner,
          type: 'Warning',
          reason: 'FailedCreate',
          action: 'Create',
          note,
        })
      }
      throw error
    }
  }

  /** Rejects when it cannot be deleted; where `isNotFound` holds, without an Event. */
  async delete(pod: Pod, owner: KubeObject, signal: AbortSignal): Promise<void> {
    const { namespace, name = '', uid } = pod.metadata
    const event = { regarding: owner, related: pod, action: 'Delete' }
    try {
      // By its uid: another of its name may have taken its place.
      await this.#pods.delete({ namespace, name }, { signal, ...(uid && { preconditions: { uid } }) })
      this.#events.record({ ...event, reason: 'SuccessfulDelete', note: `Deleted pod: ${name}` })
    } catch (error) {
      if (!signal.aborted && !isNotFound(error)) {
        const note = `Error deleting: ${messageOf(error)}`
        this.#events.record({ ...event, type: 'Warning', reason: 'FailedDelete', note })
      }
      throw error
    }
  }
}

/** The pod that a template makes for an owner, which is its controller. */
export function podFrom(template: PodTemplateSpec, owner: KubeObject, generateName?: string): Pod {
  const { labels = {}, annotations = {}, finalizers = [] } = template.metadata ?? {}
  const { namespace = '', name = '' } = owner.metadata
  const pod: Pod = {
    kind: 'Pod',
    metadata: {
      namespace,
      generateName: generateName ?? `${name}-`,
      labels,
      annotations,
      ...(finalizers.length > 0 && { finalizers }),
    },
    spec: template.spec ?? {},
  }
  return { ...pod, metadata: withController(pod, owner) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
