import type { Pod, Service } from '../../apis/core/v1.ts'
import { keyOf } from '../../kube/index.ts'

/** Annotation: since when there has been a reason for what was written, by which network proxies measure how late they are. */
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'

/** Remembers what was seen of each Service, to tell what is new (kubernetes, k8s.io/endpointslice/util). */
export class TriggerTimes {
  readonly #seen = new Map<string, ReadonlyMap<string, string>>()

  /** The earliest change that was not seen before; undefined when there is none. Of a new Service it is its creation. */
  next(service: Service, pods: readonly Pod[]): string | undefined {
    const key = keyOf(service)
    const seen = this.#seen.get(key)
    const times = new Map(pods.flatMap((pod) => triggerOf(pod)))
    this.#seen.set(key, times)
    if (!seen) return service.metadata.creationTimestamp
    return [...times]
      .filter(([name, time]) => time > (seen.get(name) ?? ''))
      .map(([, time]) => time)
      .toSorted()[0]
  }

  forget(key: string): void {
    this.#seen.delete(key)
  }
}

function triggerOf({ metadata, status }: Pod): [name: string, time: string][] {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  return ready?.lastTransitionTime ? [[metadata.name ?? '', ready.lastTransitionTime]] : []
}
