/** One element of DER (ITU-T X.690), of which only definite lengths are DER. */
export interface DerElement {
  readonly tag: number
  /** With tag and length. */
  readonly bytes: Buffer
  readonly content: Buffer
}

/** Input that is no DER. */
export class DerError extends Error {}

const LONG_FORM = 0x80
const LONGEST_LENGTH_BYTES = 4

/** The elements that `bytes` consists of. */
export function derElements(bytes: Buffer): DerElement[] {
  const elements: DerElement[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const element = elementAt(bytes, offset)
    elements.push(element)
    offset += element.bytes.length
  }
  return elements
}

function elementAt(bytes: Buffer, offset: number): DerElement {
  const tag = byteAt(bytes, offset)
  const first = byteAt(bytes, offset + 1)
  const lengthBytes = first < LONG_FORM ? 0 : first - LONG_FORM
  if (first === LONG_FORM || lengthBytes > LONGEST_LENGTH_BYTES)
    throw new DerError('asn1: structure error: length too large')
  const start = offset + 2 + lengthBytes
  if (start > bytes.length) throw new DerError('asn1: syntax error: data truncated')
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(offset + 2, lengthBytes)
  if (start + length > bytes.length) throw new DerError('asn1: syntax error: data truncated')
  return {
    tag,
    bytes: bytes.subarray(offset, start + length),
    content: bytes.subarray(start, start + length),
  }
}

function byteAt(bytes: Buffer, offset: number): number {
  const byte = bytes[offset]
  if (byte === undefined) throw new DerError('asn1: syntax error: data truncated')
  return byte
}
