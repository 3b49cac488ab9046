import type { Binding, RbacChange, RbacSource, Role } from '../rbac/index.ts'
import type { KubeObject } from '../registry/index.ts'
import type { ObjectSource } from './object-source.ts'

const RESOURCE_BY_KIND = {
  ClusterRole: 'clusterroles.rbac.authorization.k8s.io',
  Role: 'roles.rbac.authorization.k8s.io',
  ClusterRoleBinding: 'clusterrolebindings.rbac.authorization.k8s.io',
  RoleBinding: 'rolebindings.rbac.authorization.k8s.io',
} as const

type Kind = keyof typeof RESOURCE_BY_KIND

/** Roles and bindings as they are kept. */
export function storedRbac(objects: ObjectSource): RbacSource {
  return {
    subscribe(listener) {
      const stops = (Object.keys(RESOURCE_BY_KIND) as Kind[]).map((kind) =>
        objects.follow(RESOURCE_BY_KIND[kind], (object, isGone) => listener(changeOf(kind, object, isGone))),
      )
      return () => {
        for (const stop of stops) stop()
      }
    },
  }
}

function changeOf(kind: Kind, object: KubeObject, isGone: boolean): RbacChange {
  const { namespace = '', name = '' } = object.metadata
  const current = isGone ? undefined : object
  if (kind === 'Role' || kind === 'ClusterRole')
    return { kind, namespace, name, object: current as Role | undefined }
  return { kind, namespace, name, object: current as Binding | undefined }
}
