import { randomFillSync } from 'node:crypto'

const ID_BYTES = 8

/** Random bytes in store: asking for eight at a time costs more than the dial's packet. */
const store = Buffer.allocUnsafeSlow(128 * ID_BYTES)
let position = store.length

/** What tells one dial from another: 63 random bits, as konnectivity has it. */
export function newDialId(): bigint {
  if (position === store.length) {
    randomFillSync(store)
    position = 0
  }
  const id = store.readBigUInt64BE(position) >> 1n
  position += ID_BYTES
  return id
}
