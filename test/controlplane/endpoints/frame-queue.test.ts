import { describe, expect, it } from 'vitest'
import type { WatchEvent } from '../../../src/controlplane/collection/index.ts'
import { FrameQueue } from '../../../src/controlplane/endpoints/frame-queue.ts'
import type { AnswerStream } from '../../../src/controlplane/http/answer.ts'

const MIB = 1024 * 1024

/** A client that reads so many pieces and then no more until it is told to. */
class Client implements AnswerStream {
  readonly #gone = new AbortController()
  readonly signal = this.#gone.signal
  readonly pieces: Buffer[] = []
  room: number
  #drain: (() => void) | undefined

  constructor(room: number) {
    this.room = room
  }

  write(piece: Buffer): boolean {
    this.pieces.push(piece)
    return --this.room > 0
  }

  onDrain(callback: () => void): void {
    this.#drain = callback
  }

  readOn(): void {
    this.room = Number.POSITIVE_INFINITY
    this.#drain?.()
  }

  end(): void {
    throw new Error('a queue never ends a watch')
  }

  destroy(): void {
    this.#gone.abort()
  }
}

const event = (object: Buffer): WatchEvent => ({ type: 'ADDED', object })
const frameOf = ({ object }: WatchEvent) => object as Buffer
const turn = () => new Promise<void>((resolve) => queueMicrotask(resolve))

describe('FrameQueue', () => {
  it('keeps the order over the times at which a client reads', async () => {
    const client = new Client(1)
    const queue = new FrameQueue(client, frameOf)
    const numbers = Array.from({ length: 50 }, (_, index) => `${index} `)
    queue.push(event(Buffer.from(numbers[0] as string)))
    await turn()
    for (const each of numbers.slice(1)) queue.push(event(Buffer.from(each)))
    await turn()
    expect(client.pieces).toHaveLength(1)
    client.readOn()
    expect(Buffer.concat(client.pieces).toString()).toBe(numbers.join(''))
  })

  it.each([
    ['events', 10_000, Buffer.from('x')],
    ['bytes', 64, Buffer.alloc(MIB)],
  ])('cuts off a client that is too many %s behind', async (_, most, object) => {
    const client = new Client(1)
    const queue = new FrameQueue(client, frameOf)
    queue.bound()
    queue.push(event(object))
    await turn()
    for (let count = 0; count < most; count++) queue.push(event(object))
    expect(client.signal.aborted).toBe(false)
    queue.push(event(object))
    expect(client.signal.aborted).toBe(true)
    client.readOn()
    expect(client.pieces).toHaveLength(1)
  })

  it('counts what it has written no more', async () => {
    const client = new Client(Number.POSITIVE_INFINITY)
    const queue = new FrameQueue(client, frameOf)
    queue.bound()
    for (let count = 0; count < 200; count++) {
      queue.push(event(Buffer.alloc(MIB)))
      await turn()
    }
    expect(client.signal.aborted).toBe(false)
    expect(client.pieces).toHaveLength(200)
  })

  it('lets all there is at the beginning wait', async () => {
    const client = new Client(1)
    const queue = new FrameQueue(client, frameOf)
    for (let count = 0; count < 20_000; count++) queue.push(event(Buffer.from('x')))
    queue.bound()
    queue.push(event(Buffer.from('x')))
    expect(client.signal.aborted).toBe(false)
    await turn()
    client.readOn()
    expect(Buffer.concat(client.pieces)).toHaveLength(20_001)
  })
})
