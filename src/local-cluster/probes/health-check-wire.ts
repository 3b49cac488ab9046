/** The messages of grpc.health.v1.Health/Check: a service's name goes out, and its state comes in, field 1 of both. */

const SERVICE_TAG = 0x0a
const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5
const FRAME_HEADER_BYTES = 5

export const SERVING_STATES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const

/** A request in its gRPC frame. */
export function encodeHealthRequest(service: string): Buffer {
  const name = Buffer.from(service)
  const message =
    name.length === 0 ? name : Buffer.concat([Buffer.from([SERVICE_TAG, ...varint(name.length)]), name])
  const header = Buffer.alloc(FRAME_HEADER_BYTES)
  header.writeUInt32BE(message.length, 1)
  return Buffer.concat([header, message])
}

/** The state in a response in its gRPC frame, as the protocol names it. Throws an Error for what is no such response. */
export function decodeHealthResponse(frame: Buffer): string {
  if (frame.length < FRAME_HEADER_BYTES) throw new Error('there is no message')
  if (frame[0] !== 0) throw new Error('the message is compressed, which was not asked for')
  const end = FRAME_HEADER_BYTES + frame.readUInt32BE(1)
  if (frame.length < end) throw new Error('the message ends early')
  const state = servingState(frame.subarray(FRAME_HEADER_BYTES, end))
  return SERVING_STATES[state] ?? String(state)
}

function servingState(message: Buffer): number {
  let state = 0
  let position = 0
  const next = (): number => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = message[position++]
      if (byte === undefined) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new Error('the message is malformed')
  }
  while (position < message.length) {
    const tag = next()
    const wireType = tag % 8
    if (wireType === VARINT) {
      const value = next()
      if (Math.floor(tag / 8) === 1) state = value
    } else if (wireType === BYTES) {
      const length = next() // which moves the position itself
      position += length
    } else if (wireType === FIXED64) position += 8
    else if (wireType === FIXED32) position += 4
    else throw new Error('the message is malformed')
  }
  return state
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}
