import {
  type Attributes,
  type Binding,
  type ClusterRole,
  type PolicyRule,
  RBAC_GROUP,
  RbacAuthorizer,
  type RbacChange,
  type RbacSource,
  type ResourceAttributes,
  type Role,
  type RoleRef,
  type Subject,
  type User,
} from '../../../src/controlplane/rbac/index.ts'

type RbacObject = Role | Binding

const API_VERSION = `${RBAC_GROUP}/v1`

/** A store of RBAC's objects, as plain as can be. */
export class MemoryRbacSource implements RbacSource {
  readonly #objects = new Map<string, RbacChange>()
  readonly #listeners = new Set<(change: RbacChange) => void>()

  constructor(objects: readonly RbacObject[] = []) {
    for (const each of objects) this.set(each)
  }

  get objects(): readonly RbacObject[] {
    return [...this.#objects.values()].flatMap(({ object }) => object ?? [])
  }

  get listenerCount(): number {
    return this.#listeners.size
  }

  subscribe(listener: (change: RbacChange) => void): () => void {
    for (const each of this.#objects.values()) listener(each)
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  set(object: RbacObject): void {
    const change = changeOf(object, object)
    this.#objects.set(keyOf(change), change)
    for (const listener of this.#listeners) listener(change)
  }

  delete(object: RbacObject): void {
    const change = changeOf(object, undefined)
    this.#objects.delete(keyOf(change))
    for (const listener of this.#listeners) listener(change)
  }
}

function changeOf({ kind, metadata }: RbacObject, object: RbacObject | undefined): RbacChange {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name ?? '', object } as RbacChange
}

function keyOf({ kind, namespace, name }: RbacChange): string {
  return `${kind}/${namespace}/${name}`
}

export function authorizerOf(...objects: readonly RbacObject[]): RbacAuthorizer {
  const authorizer = new RbacAuthorizer({ source: new MemoryRbacSource(objects) })
  authorizer.start()
  return authorizer
}

export function clusterRole(name: string, ...rules: readonly PolicyRule[]): ClusterRole {
  return { apiVersion: API_VERSION, kind: 'ClusterRole', metadata: { name }, rules }
}

export function role(namespace: string, name: string, ...rules: readonly PolicyRule[]): Role {
  return { apiVersion: API_VERSION, kind: 'Role', metadata: { name, namespace }, rules }
}

export function clusterRoleBinding(name: string, roleName: string, ...subjects: readonly Subject[]): Binding {
  return binding('ClusterRoleBinding', { name }, { kind: 'ClusterRole', name: roleName }, subjects)
}

export function roleBinding(
  namespace: string,
  name: string,
  roleRef: RoleRef,
  ...subjects: readonly Subject[]
): Binding {
  return binding('RoleBinding', { name, namespace }, roleRef, subjects)
}

function binding(
  kind: string,
  metadata: Binding['metadata'],
  roleRef: RoleRef,
  subjects: readonly Subject[],
): Binding {
  return { apiVersion: API_VERSION, kind, metadata, subjects, roleRef: { apiGroup: RBAC_GROUP, ...roleRef } }
}

export function toUser(name: string): Subject {
  return { kind: 'User', apiGroup: RBAC_GROUP, name }
}

export function toGroup(name: string): Subject {
  return { kind: 'Group', apiGroup: RBAC_GROUP, name }
}

export function toAccount(name: string, namespace?: string): Subject {
  return { kind: 'ServiceAccount', name, ...(namespace === undefined ? {} : { namespace }) }
}

export function userOf(name: string, ...groups: readonly string[]): User {
  return { name, groups }
}

export function resourceRequest(verb: string, resource: string, more: Partial<ResourceAttributes> = {}) {
  const [name = '', subresource = ''] = resource.split('/')
  const attributes: ResourceAttributes = {
    isResource: true,
    verb,
    group: '',
    resource: name,
    subresource,
    namespace: '',
    name: '',
    ...more,
  }
  return attributes
}

export function pathRequest(verb: string, path: string): Attributes {
  return { isResource: false, verb, path }
}
