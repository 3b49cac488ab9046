import type { FollowedObjects } from '../followed-objects.ts'
import { Webhook } from './webhook.ts'

/** The webhooks of all configurations of one kind, in the order in which they are called. */
export class WebhookConfigurations {
  readonly #objects: FollowedObjects
  readonly #resource: string
  readonly #byName = new Map<string, readonly Webhook[]>()
  #sorted: readonly Webhook[] | undefined
  #stop: (() => void) | undefined

  /** `resource` is as the store names it. */
  constructor(components: { readonly objects: FollowedObjects }, options: { readonly resource: string }) {
    this.#objects = components.objects
    this.#resource = options.resource
  }

  start(): void {
    this.#stop = this.#objects.follow(this.#resource, (object, isGone) => {
      const { name = '' } = object.metadata
      if (isGone) this.#byName.delete(name)
      else this.#byName.set(name, Webhook.of(object))
      this.#sorted = undefined
    })
  }

  stop(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  /** By the names of their configurations, and in these as they stand. */
  get webhooks(): readonly Webhook[] {
    this.#sorted ??= [...this.#byName.keys()].sort().flatMap((name) => this.#byName.get(name) ?? [])
    return this.#sorted
  }
}
