import type { KubeObject } from '../registry/index.ts'

/** Gives objects what no two of them may have, such as addresses. */
export interface Allocator {
  /**
   * @param old what the object is to replace
   * @throws StatusError
   */
  assign(object: KubeObject, old?: KubeObject): Allocation
}

/** An object with what it got. Exactly one of both methods is called. */
export interface Allocation {
  readonly object: KubeObject
  keep(): void
  giveBack(): void
}

export type Assign = (object: KubeObject, old?: KubeObject) => KubeObject

/** Writes an object with what it gets, which is given back if it is not written. */
export async function writeAllocated<T>(
  allocator: Allocator | undefined,
  dryRun: boolean,
  write: (assign: Assign) => Promise<T>,
): Promise<T> {
  if (!allocator) return write((object) => object)
  let allocation: Allocation | undefined
  let isWritten = false
  try {
    const result = await write((object, old) => {
      allocation?.giveBack() // somebody else was faster, and it is tried again
      allocation = undefined
      allocation = allocator.assign(object, old)
      return allocation.object
    })
    isWritten = !dryRun
    return result
  } finally {
    if (isWritten) allocation?.keep()
    else allocation?.giveBack()
  }
}
