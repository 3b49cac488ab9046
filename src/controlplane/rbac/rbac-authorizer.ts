import type { Attributes, Authorizer, Decision, User } from './authorizer.ts'
import { BindingIndex, type Grant, namespaceOf, roleKeyOf } from './binding-index.ts'
import type { Binding, PolicyRule, Role, RoleRef } from './rbac-objects.ts'
import type { BindingChange, RbacChange, RbacSource, RoleChange } from './rbac-source.ts'
import { compileRule, type PreparedRequest, prepareRequest, type RuleMatcher } from './rule-matcher.ts'
import {
  aggregateTexts,
  describeGrant,
  missingRoleText,
  type ResolvedRules,
  type RuleResolver,
} from './rule-resolver.ts'

export interface RbacAuthorizerComponents {
  readonly source: RbacSource
}

/**
 * Decides by roles and bindings. It follows its source, so that a decision only looks up what its user is given and asks the
 * compiled rules of those roles: it costs microseconds however many bindings there are.
 *
 * Invariant: what is indexed is what the source has told of last. Before `start` nobody may do anything.
 */
export class RbacAuthorizer implements Authorizer, RuleResolver {
  readonly #source: RbacSource
  readonly #roles = new Map<string, CompiledRole>()
  readonly #bindings = new Map<string, Binding>()
  #index = new BindingIndex()
  #unsubscribe: (() => void) | undefined

  constructor({ source }: RbacAuthorizerComponents) {
    this.#source = source
  }

  start(): void {
    if (this.#unsubscribe) return
    // What has gone since a stop, the source does not tell.
    this.#roles.clear()
    this.#bindings.clear()
    this.#index = new BindingIndex()
    this.#unsubscribe = this.#source.subscribe((change) => this.#apply(change))
  }

  /** Decides from now on by what it knows. */
  stop(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
  }

  authorize(user: User, attributes: Attributes): Decision {
    const request = prepareRequest(attributes)
    const missing: string[] = []
    for (const grants of this.#grants(user, attributes.isResource ? attributes.namespace : '')) {
      const grant = grants.values().next().value as Grant // there is one, or the index would not have the role
      const role = this.#roles.get(grant.roleKey)
      if (!role) missing.push(missingRoleText(grant.binding.roleRef))
      else if (role.allows(request))
        return { allowed: true, reason: `RBAC: allowed by ${describeGrant(grant)}` }
    }
    return { allowed: false, reason: missing.length === 0 ? '' : `RBAC: ${aggregateTexts(missing)}` }
  }

  /** In the order of the names of the bindings, those of the whole cluster first. */
  rulesFor(user: User, namespace: string): ResolvedRules {
    const grants = new Map<Binding, Grant>()
    for (const ofRole of this.#grants(user, namespace))
      for (const each of ofRole.values()) grants.set(each.binding, each)
    const rules: PolicyRule[] = []
    const missing: RoleRef[] = []
    for (const { binding, roleKey } of [...grants.values()].sort(byBinding)) {
      const role = this.#roles.get(roleKey)
      if (role) rules.push(...role.rules)
      else missing.push(binding.roleRef)
    }
    return { rules, missing }
  }

  rulesOf(ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(roleKeyOf(ref, namespace))?.rules
  }

  /** Those of the whole cluster first, then those in the namespace. */
  *#grants({ name, groups }: User, namespace: string): Generator<ReadonlyMap<Binding, Grant>> {
    yield* this.#index.grants(name, groups, '')
    if (namespace !== '') yield* this.#index.grants(name, groups, namespace)
  }

  #apply(change: RbacChange): void {
    if (change.kind === 'Role' || change.kind === 'ClusterRole') this.#applyRole(change)
    else this.#applyBinding(change)
  }

  #applyRole({ kind, namespace, name, object }: RoleChange): void {
    const key = roleKeyOf({ kind, name }, namespace)
    if (object) this.#roles.set(key, new CompiledRole(object))
    else this.#roles.delete(key)
  }

  #applyBinding({ namespace, name, object }: BindingChange): void {
    const key = `${namespace}/${name}`
    const previous = this.#bindings.get(key)
    if (previous) this.#index.remove(previous)
    this.#bindings.delete(key)
    if (!object) return
    this.#bindings.set(key, object)
    this.#index.add(object)
  }
}

/** Compiled when it is first asked: most roles of a large cluster never are. */
class CompiledRole {
  readonly rules: readonly PolicyRule[]
  #matchers: readonly RuleMatcher[] | undefined

  constructor({ rules }: Role) {
    this.rules = rules ?? []
  }

  allows(request: PreparedRequest): boolean {
    this.#matchers ??= this.rules.map(compileRule)
    for (const matches of this.#matchers) if (matches(request)) return true
    return false
  }
}

function byBinding(one: Grant, other: Grant): number {
  const [left, right] = [one, other].map(({ binding }) => `${namespaceOf(binding)}/${binding.metadata.name}`)
  if (left === right) return 0
  return (left as string) < (right as string) ? -1 : 1
}
