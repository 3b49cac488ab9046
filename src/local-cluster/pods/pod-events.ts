import type { Pod } from '../../apis/core/v1.ts'
import type { EventType } from '../../apis/events/v1.ts'
import type { PodEventRecorder } from './pod-event-recorder.ts'

/** What happens to a Pod, or to one of its containers, in kubelet's words, for people who look at it. */
export class PodEvents {
  readonly #recorder: Pick<PodEventRecorder, 'record'>
  readonly #pod: Pod
  readonly #fieldPath: string | undefined

  constructor(recorder: Pick<PodEventRecorder, 'record'>, pod: Pod, fieldPath?: string) {
    this.#recorder = recorder
    this.#pod = pod
    this.#fieldPath = fieldPath
  }

  /** @param list such as `containers` */
  ofContainer(list: 'containers' | 'initContainers' | 'ephemeralContainers', name: string): PodEvents {
    return new PodEvents(this.#recorder, this.#pod, `spec.${list}{${name}}`)
  }

  normal(reason: string, message: string): void {
    this.#record('Normal', reason, message)
  }

  warning(reason: string, message: string): void {
    this.#record('Warning', reason, message)
  }

  #record(type: EventType, reason: string, message: string): void {
    const object = { ...this.#pod, apiVersion: 'v1', kind: 'Pod' }
    this.#recorder.record({ object, fieldPath: this.#fieldPath, type, reason, message })
  }
}
