import type { Binding, RoleRef, Subject } from './rbac-objects.ts'
import { serviceAccountUserName } from './service-account-user.ts'

/** That a binding gives a role to a subject. */
export interface Grant {
  readonly binding: Binding
  readonly subject: Subject
  readonly roleKey: string
}

/** The grants of one subject in one namespace, by role: those of the same role are looked into only once. */
type GrantsByRole = Map<string, Map<Binding, Grant>>

interface Scope {
  readonly users: Map<string, GrantsByRole>
  readonly groups: Map<string, GrantsByRole>
}

/**
 * Bindings by where and to whom they give something, so that a decision looks only at those of its user. Changes cost what the
 * binding has subjects.
 *
 * Invariant: it has exactly the grants of the bindings that were added and not removed, and nothing empty.
 */
export class BindingIndex {
  /** By namespace; that of ClusterRoleBindings is empty. */
  readonly #scopes = new Map<string, Scope>()

  add(binding: Binding): void {
    const namespace = namespaceOf(binding)
    let scope = this.#scopes.get(namespace)
    if (!scope) {
      scope = { users: new Map(), groups: new Map() }
      this.#scopes.set(namespace, scope)
    }
    const roleKey = roleKeyOf(binding.roleRef, namespace)
    for (const subject of binding.subjects ?? []) {
      const place = placeOf(subject, namespace, scope)
      if (!place) continue
      const byRole = childOf(place.subjects, place.name)
      const grants = childOf(byRole, roleKey)
      // The first subject that fits is the one that a reason names.
      if (!grants.has(binding)) grants.set(binding, { binding, subject, roleKey })
    }
  }

  remove(binding: Binding): void {
    const namespace = namespaceOf(binding)
    const scope = this.#scopes.get(namespace)
    if (!scope) return
    const roleKey = roleKeyOf(binding.roleRef, namespace)
    for (const subject of binding.subjects ?? []) {
      const place = placeOf(subject, namespace, scope)
      const byRole = place?.subjects.get(place.name)
      const grants = byRole?.get(roleKey)
      if (!place || !byRole || !grants) continue
      grants.delete(binding)
      if (grants.size === 0) byRole.delete(roleKey)
      if (byRole.size === 0) place.subjects.delete(place.name)
    }
    if (scope.users.size === 0 && scope.groups.size === 0) this.#scopes.delete(namespace)
  }

  /** What a user is given in a namespace, himself and by his groups: for each role the grants of it, of which there is one. */
  *grants(
    name: string,
    groups: readonly string[],
    namespace: string,
  ): Generator<ReadonlyMap<Binding, Grant>> {
    const scope = this.#scopes.get(namespace)
    if (!scope) return
    yield* scope.users.get(name)?.values() ?? []
    for (const group of groups) yield* scope.groups.get(group)?.values() ?? []
  }
}

/** Where a role is kept. That of a ClusterRole has no namespace, and what is no role of RBAC is found nowhere. */
export function roleKeyOf({ kind, name }: Pick<RoleRef, 'kind' | 'name'>, namespace: string): string {
  return kind === 'Role' ? `Role/${namespace}/${name}` : `${kind}//${name}`
}

export function namespaceOf({ metadata }: Binding): string {
  return metadata.namespace ?? ''
}

function placeOf(
  { kind, name, namespace = '' }: Subject,
  bindingNamespace: string,
  { users, groups }: Scope,
) {
  switch (kind) {
    case 'User':
      return { subjects: users, name }
    case 'Group':
      return { subjects: groups, name }
    case 'ServiceAccount': {
      const home = namespace === '' ? bindingNamespace : namespace
      return home === '' ? undefined : { subjects: users, name: serviceAccountUserName(home, name) }
    }
    default:
      return undefined
  }
}

function childOf<K, V>(map: Map<string, Map<K, V>>, name: string): Map<K, V> {
  let child = map.get(name)
  if (!child) {
    child = new Map()
    map.set(name, child)
  }
  return child
}
