import type { Segment, Sink } from '../transport/index.ts'

/** A frontend as the place where bytes go, with the time that each write took to leave. */
export class TimedSink implements Sink {
  readonly #sink: Sink
  readonly #observeSeconds: (seconds: number) => void

  constructor(sink: Sink, observeSeconds: (seconds: number) => void) {
    this.#sink = sink
    this.#observeSeconds = observeSeconds
  }

  get queuedBytes(): number {
    return this.#sink.queuedBytes
  }

  write(segment: Segment, onWritten: () => void): void {
    const startedAt = performance.now()
    this.#sink.write(segment, () => {
      this.#observeSeconds((performance.now() - startedAt) / 1000)
      onWritten()
    })
  }
}
