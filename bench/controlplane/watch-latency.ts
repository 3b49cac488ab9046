import { createHistogram } from 'node:perf_hooks'
import { Client } from 'undici'
import type { ApiServer } from './api-server.ts'
import { CONFIG_MAPS } from './load.ts'

const SENT_AT = /"sentAt":"([\d.]+)"/

/** A watch, and how long events took: from before a write was sent until its event was here. */
export class WatchLatency {
  readonly #client: Client
  readonly #abort = new AbortController()
  readonly #histogram = createHistogram()
  #last: ((ms: number) => void) | undefined

  static async open(server: ApiServer): Promise<WatchLatency> {
    const client = new Client(server.url, { connect: { ...server.tls }, bodyTimeout: 0 })
    const watch = new WatchLatency(client)
    await watch.#start(server)
    return watch
  }

  private constructor(client: Client) {
    this.#client = client
  }

  /** In ms. */
  percentile(percent: number): number {
    return this.#histogram.percentile(percent) / 1_000
  }

  reset(): void {
    this.#histogram.reset()
  }

  /** Resolves with the ms that the next event takes. */
  next(): Promise<number> {
    return new Promise((resolve) => {
      this.#last = resolve
    })
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await this.#client.destroy()
  }

  async #start({ headers }: ApiServer): Promise<void> {
    const { statusCode, body } = await this.#client.request({
      method: 'GET',
      path: `${CONFIG_MAPS}?watch=1&resourceVersion=0&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`,
      headers: { ...headers, accept: 'application/json' },
      signal: this.#abort.signal,
    })
    if (statusCode !== 200) throw new Error(`watch: ${await body.text()}`)
    let rest = ''
    body.setEncoding('utf8')
    body.on('error', () => {}) // it is broken off when it is closed
    body.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() as string
      const now = performance.now()
      for (const line of lines) this.#record(line, now)
    })
  }

  #record(line: string, now: number): void {
    const sentAt = SENT_AT.exec(line)?.[1]
    if (sentAt === undefined || line.startsWith('{"type":"DELETED"')) return
    const ms = now - Number(sentAt)
    this.#histogram.record(Math.max(1, Math.round(ms * 1_000)))
    this.#last?.(ms)
    this.#last = undefined
  }
}
