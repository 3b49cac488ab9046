/** An object as it is kept: its bytes are never looked into. */
export interface Item {
  readonly key: string
  /** Of its last change. */
  readonly revision: number
  readonly value: Buffer
}

/** A change as those see it who watch. */
export interface ItemEvent {
  /** As it is now; of what was deleted, as it was at the last, with the revision of the deletion. */
  readonly item: Item
  readonly deleted: boolean
  /** As it was before; undefined when it was created. */
  readonly previous: Item | undefined
}
