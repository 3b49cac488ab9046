const PREFIX_BYTES = 5

/** One gRPC message behind its prefix. */
export function withPrefix(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** Takes gRPC messages out of a stream, however it is cut. Does not share the mistakes of src/transport. */
export class MessageReader {
  #rest = Buffer.alloc(0)

  /** The messages that are complete with this chunk, without their prefixes. */
  read(chunk: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const messages: Buffer[] = []
    while (this.#rest.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + this.#rest.readUInt32BE(1)
      if (this.#rest.length < end) break
      messages.push(Buffer.from(this.#rest.subarray(PREFIX_BYTES, end)))
      this.#rest = this.#rest.subarray(end)
    }
    return messages
  }
}
