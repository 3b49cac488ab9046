import type { Binding, Role } from './rbac-objects.ts'

export type RbacChange = RoleChange | BindingChange

interface Change<Kind, T> {
  readonly kind: Kind
  /** Empty for what has none. */
  readonly namespace: string
  readonly name: string
  /** As it is now; undefined when it is gone. */
  readonly object: T | undefined
}

export type RoleChange = Change<'Role', Role> | Change<'ClusterRole', Role>
export type BindingChange = Change<'RoleBinding', Binding> | Change<'ClusterRoleBinding', Binding>

/** Where roles and bindings come from: a store, or an informer. */
export interface RbacSource {
  /** Tells of every object that there is before it returns, and after that of every change, in order. Returns what ends it. */
  subscribe(listener: (change: RbacChange) => void): () => void
}
