import { describe, expect, it } from 'vitest'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import type { WatchEvent } from '../../../src/controlplane/collection/index.ts'
import type { ConvertEvents } from '../../../src/controlplane/endpoints/converted-events.ts'
import { FrameQueue } from '../../../src/controlplane/endpoints/frame-queue.ts'
import type { AnswerStream } from '../../../src/controlplane/http/answer.ts'

/** A client that reads all that comes, or only once it is told to. */
class Client implements AnswerStream {
  readonly #gone = new AbortController()
  readonly signal = this.#gone.signal
  text = ''
  hasEnded = false
  hasRoom = true
  #drain: (() => void) | undefined

  write(piece: Buffer): boolean {
    this.text += piece.toString()
    return this.hasRoom
  }

  onDrain(callback: () => void): void {
    this.#drain = callback
  }

  readOn(): void {
    this.hasRoom = true
    this.#drain?.()
  }

  end(): void {
    this.hasEnded = true
  }

  destroy(): void {
    this.#gone.abort()
  }
}

/** Conversions that are done when the test says so. */
class Conversions {
  readonly asked: { readonly count: number; done: () => void; fail: (error: Error) => void }[] = []
  readonly convert: ConvertEvents = (events) =>
    new Promise((resolve, reject) => {
      this.asked.push({ count: events.length, done: () => resolve(events), fail: reject })
    })
}

const event = (text: string): WatchEvent => ({ type: 'ADDED', object: Buffer.from(text) })
const frameOf = ({ object }: WatchEvent) => object as Buffer
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

function queueOf(client: Client, { convert }: Conversions): FrameQueue {
  return new FrameQueue(client, frameOf, { convert, failed: ({ message }) => Buffer.from(`!${message}`) })
}

describe('a queue of events that are converted', () => {
  it('asks about what waits together, and lets nothing pass', async () => {
    const [client, conversions] = [new Client(), new Conversions()]
    const queue = queueOf(client, conversions)
    for (const text of ['a', 'b']) queue.push(event(text))
    await settled()
    for (const text of ['c', 'd', 'e']) queue.push(event(text))
    await settled()
    expect([client.text, conversions.asked.map(({ count }) => count)]).toEqual(['', [2]])
    conversions.asked[0]?.done()
    await settled()
    conversions.asked[1]?.done()
    await settled()
    expect([client.text, conversions.asked.map(({ count }) => count)]).toEqual(['abcde', [2, 3]])
  })

  it('asks about nothing while its client does not read', async () => {
    const [client, conversions] = [new Client(), new Conversions()]
    const queue = queueOf(client, conversions)
    client.hasRoom = false
    queue.push(event('a'))
    await settled()
    conversions.asked[0]?.done()
    await settled()
    queue.push(event('b'))
    await settled()
    expect(conversions.asked).toHaveLength(1)
    client.readOn()
    await settled()
    expect(conversions.asked).toHaveLength(2)
  })

  it('cuts off a client for whom too many wait', async () => {
    const [client, conversions] = [new Client(), new Conversions()]
    const queue = queueOf(client, conversions)
    queue.bound()
    for (let count = 0; count < 10_000; count++) queue.push(event('x'))
    await settled()
    expect(client.signal.aborted).toBe(false)
    queue.push(event('x'))
    expect(client.signal.aborted).toBe(true)
    conversions.asked[0]?.done()
    await settled()
    expect([client.text, conversions.asked.length]).toEqual(['', 1])
  })

  it('ends with an error when they cannot be converted', async () => {
    const [client, conversions] = [new Client(), new Conversions()]
    const queue = queueOf(client, conversions)
    queue.push(event('a'))
    await settled()
    queue.push(event('b'))
    conversions.asked[0]?.fail(new StatusError('InternalError', 'no way'))
    await settled()
    expect([client.text, client.hasEnded, conversions.asked.length]).toEqual(['!no way', true, 1])
  })
})
