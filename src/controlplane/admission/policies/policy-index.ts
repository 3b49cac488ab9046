import type { FollowedObjects } from '../followed-objects.ts'
import { Policy } from './policy.ts'
import type { BindingObject, PolicyObject } from './policy-objects.ts'

/** A policy, and where it is in force. */
export interface BoundPolicy {
  readonly policy: Policy
  readonly bindings: readonly BindingObject[]
}

const GROUP = 'admissionregistration.k8s.io'

/** All policies that are bound, by name. A policy is compiled when it is needed first. */
export class PolicyIndex {
  readonly #objects: FollowedObjects
  readonly #policies = new Map<string, PolicyObject>()
  readonly #bindings = new Map<string, BindingObject>()
  readonly #compiled = new Map<PolicyObject, Policy>()
  #bound: readonly BoundPolicy[] | undefined
  #stops: readonly (() => void)[] = []

  constructor(components: { readonly objects: FollowedObjects }) {
    this.#objects = components.objects
  }

  start(): void {
    this.#stops = [
      this.#follow('validatingadmissionpolicies', this.#policies),
      this.#follow('validatingadmissionpolicybindings', this.#bindings),
    ]
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    this.#stops = []
  }

  get bound(): readonly BoundPolicy[] {
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

  #bind(): BoundPolicy[] {
    const byPolicy = Map.groupBy(
      [...this.#bindings.values()].sort(byName),
      ({ spec: { policyName } }) => policyName,
    )
    return [...this.#policies.values()].sort(byName).flatMap((object) => {
      const bindings = byPolicy.get(object.metadata.name ?? '')
      return bindings ? [{ policy: this.#compile(object), bindings }] : []
    })
  }

  #compile(object: PolicyObject): Policy {
    const policy = this.#compiled.get(object) ?? new Policy(object)
    this.#compiled.set(object, policy)
    return policy
  }
}

function byName(one: PolicyObject | BindingObject, other: PolicyObject | BindingObject): number {
  return (one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1
}
