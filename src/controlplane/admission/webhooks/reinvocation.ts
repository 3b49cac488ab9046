import type { KubeObject } from '../../registry/index.ts'
import type { Webhook } from './webhook.ts'

/** Which webhooks are asked once more about a request (k8s.io/apiserver, webhook/mutating/reinvocationcontext.go). */
export class Reinvocation {
  /** The object as the webhooks have left it in the round before. */
  left: KubeObject | undefined
  readonly #asked = new Set<string>()
  readonly #wanted = new Set<string>()

  /** A webhook that wants to see what others make of the object has seen it as it is now. */
  asked({ id }: Webhook): void {
    this.#asked.add(id)
  }

  /** Those who have seen the object want to see it again. */
  changed(): void {
    for (const id of this.#asked) this.#wanted.add(id)
    this.#asked.clear()
  }

  wants({ id }: Webhook): boolean {
    return this.#wanted.has(id)
  }
}
