/** Where a kind's objects are found in the API. */
export interface ResourceDefinition {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  /** The resource's name in paths: `configmaps`. */
  readonly plural: string
  readonly namespaced: boolean
}
