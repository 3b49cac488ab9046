import type { CommandStreams } from './surroundings.ts'

const MOST_BYTES = 64 * 1024

type Output = 'stdout' | 'stderr'

/**
 * The beginning of what a container writes until somebody attaches. A container with one input is run for that person, who would
 * otherwise miss what comes before, and of a short one everything.
 */
export class EarlyOutput {
  readonly #chunks: { readonly name: Output; readonly chunk: Buffer }[] = []
  #room = MOST_BYTES

  /** Is dropped where there is no room left, or somebody has had the beginning already. */
  add(name: Output, chunk: Buffer): void {
    const part = chunk.subarray(0, this.#room)
    if (part.length === 0) return
    this.#room -= part.length
    this.#chunks.push({ name, chunk: part })
  }

  /** To the first one only. */
  handTo(streams: CommandStreams): void {
    this.#room = 0
    for (const { name, chunk } of this.#chunks.splice(0))
      if (streams[name]?.writable) streams[name].write(chunk)
  }
}
