/** Frames of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00, with the windows of 3.1). */

export const SPDY_VERSION = 3

export const FRAME_TYPE = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const

export const FLAG_FIN = 0x01

/** Why a stream is reset. */
export const RESET = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const

/** Why a connection is ended. */
export const GO_AWAY = { ok: 0, protocolError: 1 } as const

export const HEAD_BYTES = 8

/** What one frame carries at most: short enough that streams take turns. */
const MAX_DATA_BYTES = 256 * 1024

export function dataFrames(streamId: number, data: Buffer, isLast = false): Buffer[] {
  const frames: Buffer[] = []
  let position = 0
  do {
    const piece = data.subarray(position, position + MAX_DATA_BYTES)
    position += piece.length
    const head = Buffer.alloc(HEAD_BYTES)
    head.writeUInt32BE(streamId)
    head.writeUInt32BE(piece.length, 4)
    if (isLast && position === data.length) head.writeUInt8(FLAG_FIN, 4)
    frames.push(head, piece)
  } while (position < data.length)
  return frames
}

export function synReplyFrame(streamId: number, headerBlock: Buffer): Buffer {
  return controlFrame(FRAME_TYPE.synReply, [streamId], headerBlock)
}

export function rstStreamFrame(streamId: number, status: number): Buffer {
  return controlFrame(FRAME_TYPE.rstStream, [streamId, status])
}

export function pingFrame(id: number): Buffer {
  return controlFrame(FRAME_TYPE.ping, [id])
}

export function goAwayFrame(lastGoodStreamId: number, status: number): Buffer {
  return controlFrame(FRAME_TYPE.goAway, [lastGoodStreamId, status])
}

export function windowUpdateFrame(streamId: number, bytes: number): Buffer {
  return controlFrame(FRAME_TYPE.windowUpdate, [streamId, bytes])
}

function controlFrame(type: number, numbers: readonly number[], rest: Buffer = Buffer.alloc(0)): Buffer {
  const payload = numbers.length * 4
  const frame = Buffer.alloc(HEAD_BYTES + payload)
  frame.writeUInt16BE(0x8000 | SPDY_VERSION)
  frame.writeUInt16BE(type, 2)
  frame.writeUInt32BE(payload + rest.length, 4)
  numbers.forEach((value, index) => {
    frame.writeUInt32BE(value, HEAD_BYTES + index * 4)
  })
  return rest.length === 0 ? frame : Buffer.concat([frame, rest])
}
