/** A varint of 64 bits. */
export const LONGEST_VARINT_BYTES = 10

/** An int64 as its varint carries it: negative ones as two's complement of 64 bits. */
export function unsigned64(value: number | bigint): number | bigint {
  return typeof value === 'number' && value >= 0 ? value : BigInt.asUintN(64, BigInt(value))
}

/** How many bytes a non-negative integer takes. */
export function varintLength(value: number | bigint): number {
  let length = 1
  if (typeof value === 'number') {
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++
  } else {
    for (let rest = value; rest >= 128n; rest >>= 7n) length++
  }
  return length
}

/** Writes a non-negative integer and returns the position behind it. */
export function writeVarint(buffer: Buffer, start: number, value: number | bigint): number {
  let position = start
  if (typeof value === 'number') {
    let rest = value
    while (rest >= 128) {
      buffer[position++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    buffer[position++] = rest
    return position
  }
  let rest = value
  while (rest >= 128n) {
    buffer[position++] = Number(rest & 127n) | 128
    rest >>= 7n
  }
  buffer[position++] = Number(rest)
  return position
}
