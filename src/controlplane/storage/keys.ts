/** Above every character of a name, so that it ends a range of keys. */
const AFTER_ALL = '\uffff'

/**
 * Where an object is kept: its resource (`configmaps`, `deployments.apps`), its namespace, empty for what has none, and its
 * name. Keys sort as etcd's do: by namespace, then by name.
 */
export function objectKey(resource: string, namespace: string, name: string): string {
  return `${resource}/${namespace}/${name}`
}

export function resourceOfKey(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

export function nameOfKey(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

/** The keys of a resource, or of one namespace of it: all from `start` on and before `end`. */
export function keyRange(resource: string, namespace = ''): { readonly start: string; readonly end: string } {
  const start = namespace === '' ? `${resource}/` : `${resource}/${namespace}/`
  return { start, end: `${start}${AFTER_ALL}` }
}
