import { readFileSync } from 'node:fs'

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface SubresourceInfo {
  readonly subresource: string
  readonly kind: string
  /** Of the kind, where they are not the resource's own: a scale is `autoscaling/v1`. */
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
}

/** What clients learn of a resource. */
export interface ResourceInfo {
  readonly resource: string
  readonly singular: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly subresources?: readonly SubresourceInfo[]
}

export interface VersionInfo {
  readonly version: string
  readonly resources: readonly ResourceInfo[]
}

/** A group, its preferred version first. The core group's name is empty. */
export interface GroupInfo {
  readonly group: string
  readonly versions: readonly VersionInfo[]
}

/** The groups of a Kubernetes 1.36 API server, in its order; facts that such a server told of itself. */
export function builtinCatalog(): readonly GroupInfo[] {
  return JSON.parse(readFileSync(new URL('./builtin-catalog.json', import.meta.url), 'utf8')) as GroupInfo[]
}
