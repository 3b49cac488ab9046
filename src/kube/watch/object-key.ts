import type { KubeObject, ObjectKey } from '../../apis/meta/v1.ts'

/** `namespace/name`, or `name` for objects of the cluster: how stores and queues know objects. */
export function keyOf({ metadata }: KubeObject): string {
  return keyText({ namespace: metadata.namespace, name: metadata.name ?? '' })
}

export function keyText({ namespace, name }: ObjectKey): string {
  return namespace ? `${namespace}/${name}` : name
}

/** The inverse of `keyText`; a name never holds a slash. */
export function parseKey(key: string): ObjectKey {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
