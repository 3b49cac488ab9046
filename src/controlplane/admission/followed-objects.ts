import type { KubeObject } from '../registry/index.ts'

/** Where changes of objects are told. */
export interface FollowedObjects {
  /** Tells of all objects of a resource at once, and then of every change. Returns what ends it. */
  follow(resource: string, listener: (object: KubeObject, isGone: boolean) => void): () => void
}
