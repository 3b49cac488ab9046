import type { UnknownFields } from '../wire/packet.ts'

/** Some bytes of one connection, in the pieces that they arrived in. */
export interface Segment {
  readonly chunks: readonly Buffer[]
  readonly length: number
  /** Fields of the DATA packet that this version does not know; as long as a segment has them it is not merged with another. */
  readonly unknown?: UnknownFields
}

/** Smaller queued segments are copied together, so that a million one-byte packets do not cost a million objects. */
const COALESCE_BELOW_BYTES = 4096
const COALESCE_BLOCK_BYTES = 16 * 1024

/** What unknown fields may take up in one queue; past it they are left out, which the protocol allows. */
const UNKNOWN_BUDGET_BYTES = 64 * 1024
/** What a segment that must stay by itself costs besides its bytes. */
const SEGMENT_COST_BYTES = 512

const TAKEN: Segment = { chunks: [], length: 0 }

/**
 * The bytes of one connection that wait to be sent, in order. Counts bytes, never packets.
 *
 * A queued slice keeps the whole network read alive that it was cut from; small ones are therefore copied, which
 * bounds what a queue of n bytes costs to a small multiple of n.
 */
export class SegmentQueue {
  #segments: Segment[] = []
  #head = 0
  #bytes = 0
  /** How much of the budget the queued unknown fields take. */
  #unknownCost = 0
  /** The block that small segments are being copied into, and how much of it is filled. */
  #block: { buffer: Buffer; filled: number; index: number } | undefined

  get bytes(): number {
    return this.#bytes
  }

  push(segment: Segment): void {
    this.#bytes += segment.length
    const cost = unknownCost(segment)
    if (segment.unknown && this.#unknownCost + cost <= UNKNOWN_BUDGET_BYTES) {
      this.#unknownCost += cost
      this.#segments.push(withoutLargerBuffers(segment, segment.unknown))
    } else if (segment.length >= COALESCE_BELOW_BYTES) {
      this.#segments.push(segment.unknown ? { chunks: segment.chunks, length: segment.length } : segment)
    } else {
      for (const chunk of segment.chunks) this.#coalesce(chunk)
    }
  }

  /** Takes up to `maxBytes` from the front; undefined when empty. Plain segments are merged up to that size. */
  take(maxBytes: number): Segment | undefined {
    const first = this.#shift(maxBytes)
    if (!first) return undefined
    if (first.unknown || first.length >= maxBytes) return first
    const chunks = [...first.chunks]
    let length = first.length
    for (;;) {
      const next = this.#segments[this.#head]?.unknown ? undefined : this.#shift(maxBytes - length)
      if (!next) break
      chunks.push(...next.chunks)
      length += next.length
    }
    return { chunks, length }
  }

  clear(): void {
    this.#segments = []
    this.#head = 0
    this.#bytes = 0
    this.#unknownCost = 0
    this.#block = undefined
  }

  #shift(maxBytes: number): Segment | undefined {
    const segment = this.#segments[this.#head]
    if (!segment || maxBytes <= 0) return undefined
    if (this.#block?.index === this.#head) this.#block = undefined // what is taken must not grow any more
    this.#unknownCost -= unknownCost(segment)
    if (segment.length > maxBytes) {
      const { front, rest } = splitSegment(segment, maxBytes)
      this.#segments[this.#head] = rest
      this.#bytes -= front.length
      return front
    }
    this.#segments[this.#head++] = TAKEN // lets go of the bytes
    this.#bytes -= segment.length
    if (this.#head === this.#segments.length) {
      this.#segments = []
      this.#head = 0
    } else if (this.#head >= 64 && this.#head * 2 >= this.#segments.length) {
      this.#segments = this.#segments.slice(this.#head)
      if (this.#block) this.#block.index -= this.#head
      this.#head = 0
    }
    return segment
  }

  #coalesce(chunk: Buffer): void {
    const block = this.#block
    const isLast = block !== undefined && block.index === this.#segments.length - 1
    if (block && isLast && block.buffer.length - block.filled >= chunk.length) {
      chunk.copy(block.buffer, block.filled)
      block.filled += chunk.length
      this.#segments[block.index] = toSegment(block.buffer.subarray(0, block.filled))
      return
    }
    if (this.#segments.length === this.#head) {
      this.#segments.push(toSegment(copyOf([chunk]))) // most queues never hold a second one
      return
    }
    const buffer = Buffer.allocUnsafeSlow(COALESCE_BLOCK_BYTES)
    chunk.copy(buffer)
    this.#block = { buffer, filled: chunk.length, index: this.#segments.length }
    this.#segments.push(toSegment(buffer.subarray(0, chunk.length)))
  }
}

function unknownCost({ unknown }: Segment): number {
  if (!unknown) return 0
  return SEGMENT_COST_BYTES + (unknown.packet?.length ?? 0) + (unknown.payload?.length ?? 0)
}

/** Copies what is small, so that it does not keep alive the larger buffer that it was cut from. */
function withoutLargerBuffers(segment: Segment, { packet, payload }: UnknownFields): Segment {
  const small = segment.length < COALESCE_BELOW_BYTES
  return {
    chunks: small ? [copyOf(segment.chunks)] : segment.chunks,
    length: segment.length,
    unknown: {
      ...(packet ? { packet: copyOf([packet]) } : {}),
      ...(payload ? { payload: copyOf([payload]) } : {}),
    },
  }
}

/** Not `Buffer.from` or `concat`, whose small buffers are cut from a pool of 64 KiB. */
function copyOf(chunks: readonly Buffer[]): Buffer {
  const copy = Buffer.allocUnsafeSlow(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let position = 0
  for (const chunk of chunks) position += chunk.copy(copy, position)
  return copy
}

/** A segment of one piece. */
export function toSegment(bytes: Buffer): Segment {
  return { chunks: [bytes], length: bytes.length }
}

/** Cuts a segment in two without copying; unknown fields stay with the front. */
export function splitSegment(segment: Segment, at: number): { front: Segment; rest: Segment } {
  const front: Buffer[] = []
  const rest: Buffer[] = []
  let wanted = at
  for (const chunk of segment.chunks) {
    if (wanted >= chunk.length) {
      front.push(chunk)
      wanted -= chunk.length
    } else if (wanted > 0) {
      front.push(chunk.subarray(0, wanted))
      rest.push(chunk.subarray(wanted))
      wanted = 0
    } else {
      rest.push(chunk)
    }
  }
  return {
    front: { chunks: front, length: at, ...(segment.unknown ? { unknown: segment.unknown } : {}) },
    rest: { chunks: rest, length: segment.length - at },
  }
}
