import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../registry/index.ts'
import type { AdmissionRounds } from './admission.ts'

/** Whoever may be asked again about a request; the id tells him from all others. */
interface Asked {
  readonly id: string
}

/** Who of one plugin is asked once more about a request (k8s.io/apiserver, webhook/mutating/reinvocationcontext.go). */
export class Reinvocation {
  #left: KubeObject | undefined
  readonly #asked = new Set<string>()
  readonly #wanted = new Set<string>()

  /** That of a plugin in one request, which begins a round with `object`. */
  static of(
    plugin: object,
    { memory, isSecond }: AdmissionRounds,
    object: KubeObject | undefined,
  ): Reinvocation {
    const known = memory.get(plugin) as Reinvocation | undefined
    const reinvocation = known ?? new Reinvocation()
    memory.set(plugin, reinvocation)
    if (isSecond && !isDeepStrictEqual(reinvocation.#left, object)) reinvocation.changed()
    return reinvocation
  }

  /** The round ends with this. */
  leave(object: KubeObject | undefined): void {
    this.#left = object
  }

  /** Somebody who wants to see what others make of the object has seen it as it is now. */
  asked({ id }: Asked): void {
    this.#asked.add(id)
  }

  /** Those who have seen the object want to see it again. */
  changed(): void {
    for (const id of this.#asked) this.#wanted.add(id)
    this.#asked.clear()
  }

  wants({ id }: Asked): boolean {
    return this.#wanted.has(id)
  }
}
