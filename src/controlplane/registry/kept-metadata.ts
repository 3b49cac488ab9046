const METADATA = Buffer.from('"metadata":{')
/** Behind kind and apiVersion; neither is long. */
const FARTHEST = 512

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d

/**
 * An object's metadata out of the bytes that are kept, without a look at the rest. Undefined where it does not stand where it is
 * written by `encodeObject`.
 */
export function keptMetadata(value: Buffer): Buffer | undefined {
  // Before it are texts only, and a quote in them is escaped.
  const at = value.subarray(0, FARTHEST).indexOf(METADATA)
  if (at < 0) return undefined
  const start = at + METADATA.length - 1
  let depth = 0
  for (let index = start; index < value.length; index++) {
    const byte = value[index]
    if (byte === QUOTE) index = endOfString(value, index)
    else if (byte === OPEN) depth++
    else if (byte === CLOSE && --depth === 0) return value.subarray(start, index + 1)
  }
  return undefined
}

/** Of the quote that closes the string. */
function endOfString(value: Buffer, start: number): number {
  let index = start + 1
  while (index < value.length && value[index] !== QUOTE) index += value[index] === BACKSLASH ? 2 : 1
  return index
}
