import type { FollowedObjects } from '../followed-objects.ts'
import type { BindingObject, PolicyObject } from './policy-objects.ts'

/** A policy, and where it is in force. */
export interface BoundPolicy<P> {
  readonly policy: P
  readonly bindings: readonly BindingObject[]
}

export interface PolicyIndexOptions<P> {
  /** As the store names them without their group. */
  readonly policies: string
  readonly bindings: string
  compile(object: PolicyObject): P
}

const GROUP = 'admissionregistration.k8s.io'

/** All policies of one kind that are bound, by name. A policy is compiled when it is needed first. */
export class PolicyIndex<P> {
  readonly #objects: FollowedObjects
  readonly #options: PolicyIndexOptions<P>
  readonly #policies = new Map<string, PolicyObject>()
  readonly #bindings = new Map<string, BindingObject>()
  readonly #compiled = new Map<PolicyObject, P>()
  #bound: readonly BoundPolicy<P>[] | undefined
  #stops: readonly (() => void)[] = []

  constructor(components: { readonly objects: FollowedObjects }, options: PolicyIndexOptions<P>) {
    this.#options = options
    this.#objects = components.objects
  }

  start(): void {
    this.#stops = [
      this.#follow(this.#options.policies, this.#policies),
      this.#follow(this.#options.bindings, this.#bindings),
    ]
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    this.#stops = []
  }

  get bound(): readonly BoundPolicy<P>[] {
    this.#bound ??= this.#bind()
    return this.#bound
  }

  #follow<T extends PolicyObject | BindingObject>(resource: string, known: Map<string, T>): () => void {
    return this.#objects.follow(`${resource}.${GROUP}`, (object, isGone) => {
      const { name = '' } = object.metadata
      const old = known.get(name)
      if (old) this.#compiled.delete(old as PolicyObject)
      if (isGone) known.delete(name)
      else known.set(name, object as T)
      this.#bound = undefined
    })
  }

  #bind(): BoundPolicy<P>[] {
    const byPolicy = Map.groupBy(
      [...this.#bindings.values()].sort(byName),
      ({ spec: { policyName } }) => policyName,
    )
    return [...this.#policies.values()].sort(byName).flatMap((object) => {
      const bindings = byPolicy.get(object.metadata.name ?? '')
      return bindings ? [{ policy: this.#compile(object), bindings }] : []
    })
  }

  #compile(object: PolicyObject): P {
    const policy = this.#compiled.get(object) ?? this.#options.compile(object)
    this.#compiled.set(object, policy)
    return policy
  }
}

function byName(one: PolicyObject | BindingObject, other: PolicyObject | BindingObject): number {
  return (one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1
}
