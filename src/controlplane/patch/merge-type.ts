/** What a strategic merge has to know of the type of an object. It is asked only about fields that a patch has. */
export interface MergeType {
  /** For messages, such as `PodSpec`. */
  readonly name: string

  /** Undefined for a field that the type does not have. For a map every name is a field, and all are alike. */
  field(name: string): MergeField | undefined
}

export interface MergeField {
  /**
   * `merge`: a list is merged item by item; `replace`: an object is taken as a whole. The third strategy of Kubernetes,
   * `retainKeys`, matters to those who make patches only.
   * @default lists are replaced, objects are merged
   */
  readonly strategy?: 'merge' | 'replace'

  /** The member that identifies an item of a merged list, such as `name`. Lists of primitives have none. */
  readonly mergeKey?: string

  /**
   * Of the object, or of the items of the list.
   * @default objects of any form, which are merged as by a JSON Merge Patch
   */
  readonly type?: MergeType
}
