import { createHistogram } from 'node:perf_hooks'
import type { Duplex } from 'node:stream'

export type Dial = () => Promise<Duplex>

const BLOCK = Buffer.alloc(64 * 1024, 'y')

function wish(letter: string, count: number): Buffer {
  const head = Buffer.alloc(9)
  head.write(letter, 0, 'latin1')
  head.writeBigUInt64BE(BigInt(count), 1)
  return head
}

/** MB/s of `connections` that together move `bytes` in one direction. */
export async function throughput(
  dial: Dial,
  direction: 'down' | 'up',
  connections: number,
  bytes: number,
): Promise<number> {
  const share = Math.floor(bytes / connections)
  const sockets = await Promise.all(Array.from({ length: connections }, dial))
  const start = performance.now()
  await Promise.all(
    sockets.map((socket) => (direction === 'down' ? download(socket, share) : upload(socket, share))),
  )
  const seconds = (performance.now() - start) / 1000
  for (const socket of sockets) socket.destroy()
  return (share * connections) / 1e6 / seconds
}

function download(socket: Duplex, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let read = 0
    socket.on('data', (chunk: Buffer) => {
      read += chunk.length
      if (read >= bytes) resolve()
    })
    socket.on('error', reject)
    socket.write(wish('D', bytes))
  })
}

function upload(socket: Duplex, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.once('data', () => resolve())
    socket.write(wish('U', bytes))
    let left = bytes
    const send = () => {
      while (left > 0) {
        const block = left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left)
        left -= block.length
        if (!socket.write(block)) {
          socket.once('drain', send)
          return
        }
      }
    }
    send()
  })
}

export interface Latency {
  readonly p50: number
  readonly p99: number
  /** Round trips in a second. */
  readonly perSecond: number
}

/** Round trips of 1 KiB on one connection, in ms. */
export async function pingPong(dial: Dial, rounds: number): Promise<Latency> {
  const socket = await dial()
  const ping = Buffer.alloc(1024, 'p')
  const histogram = createHistogram()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let got = 0
  let done = 0
  let sentAt = 0
  let countedSince = 0
  const send = () => {
    sentAt = performance.now()
    socket.write(ping)
  }
  socket.on('error', reject)
  socket.on('data', (chunk: Buffer) => {
    got += chunk.length
    if (got < ping.length) return
    got = 0
    if (++done > 100) histogram.record(Math.max(1, Math.round((performance.now() - sentAt) * 1e3)))
    else if (done === 100) countedSince = performance.now()
    if (done < rounds + 100) send()
    else resolve()
  })
  socket.write(wish('E', 0))
  send()
  await promise
  const perSecond = (rounds * 1000) / (performance.now() - countedSince)
  socket.destroy()
  return { p50: histogram.percentile(50) / 1000, p99: histogram.percentile(99) / 1000, perSecond }
}

/** The same while another connection downloads without end. */
export async function pingPongBesideBulk(dial: Dial, rounds: number): Promise<Latency> {
  const bulk = await dial()
  bulk.on('error', () => {})
  bulk.resume()
  bulk.write(wish('D', 2 ** 42))
  try {
    return await pingPong(dial, rounds)
  } finally {
    bulk.destroy()
  }
}

/** Connections a second that are dialled and closed again, `concurrency` at a time. */
export async function dialRate(dial: Dial, count: number, concurrency: number): Promise<number> {
  let next = 0
  const worker = async () => {
    while (next++ < count) {
      const socket = await dial()
      await new Promise<void>((resolve) => {
        socket.on('error', () => {})
        socket.on('close', () => resolve())
        socket.destroy()
      })
    }
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: concurrency }, worker))
  return count / ((performance.now() - start) / 1000)
}

/** Opens idle connections, a few at a time. */
export async function openIdle(dial: Dial, count: number): Promise<Duplex[]> {
  const sockets: Duplex[] = []
  while (sockets.length < count) {
    const batch = await Promise.all(Array.from({ length: Math.min(100, count - sockets.length) }, dial))
    for (const socket of batch) socket.on('error', () => {})
    sockets.push(...batch)
  }
  return sockets
}
