/** Aggregated discovery: all groups, versions and resources in two answers, those of `/api` and `/apis`. */

export interface APIResourceDiscovery {
  /** Plural. */
  readonly resource: string
  readonly responseKind?: { readonly group?: string; readonly version?: string; readonly kind: string }
  readonly scope: 'Namespaced' | 'Cluster'
  readonly verbs: readonly string[]
}

export interface APIVersionDiscovery {
  readonly version: string
  readonly resources?: readonly APIResourceDiscovery[]
  /** `Stale` when the server behind could not be asked. */
  readonly freshness?: string
}

export interface APIGroupDiscovery {
  /** The core group has no name. */
  readonly metadata?: { readonly name?: string }
  /** The preferred version first. */
  readonly versions?: readonly APIVersionDiscovery[]
}

export interface APIGroupDiscoveryList {
  readonly kind: 'APIGroupDiscoveryList'
  readonly items: readonly APIGroupDiscovery[]
}
