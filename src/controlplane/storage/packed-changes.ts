import type { Change } from './journal.ts'

/** A change whose value stands in the bytes of its portion, behind the values before it. */
export interface ChangeHead extends Omit<Change, 'value'> {
  readonly length: number
}

/**
 * Changes on their way from one thread to another: a buffer of its own for each value would take more than a small one does, and be
 * copied with all that lies beside it.
 */
export interface PackedChanges {
  readonly heads: readonly ChangeHead[]
  /** To be handed over, not copied. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

export type UnpackedChange = Omit<Change, 'value'> & { readonly value: Uint8Array }

export function packChanges(changes: readonly UnpackedChange[]): PackedChanges {
  const bytes = new Uint8Array(changes.reduce((sum, { value }) => sum + value.length, 0))
  let position = 0
  const heads = changes.map(({ revision, key, deleted, value }) => {
    bytes.set(value, position)
    position += value.length
    return { revision, key, deleted, length: value.length }
  })
  return { heads, bytes }
}

export function unpackChanges({ heads, bytes }: PackedChanges): Change[] {
  let position = 0
  return heads.map(({ length, ...head }) => {
    const value = Buffer.from(bytes.buffer, bytes.byteOffset + position, length)
    position += length
    return { ...head, value }
  })
}
