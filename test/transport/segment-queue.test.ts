import { setImmediate as nextTurn } from 'node:timers/promises'
import v8 from 'node:v8'
import vm from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Segment, SegmentQueue, splitSegment, toSegment } from '../../src/transport/index.ts'

/** Bytes that tell their place, so that a wrong order shows. */
function numbered(length: number, from = 0): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_value, index) => (from + index) % 251))
}

/** A segment of `length` bytes in pieces of at most `piece`. */
function segmentOf(bytes: Buffer, piece: number, unknown?: Buffer): Segment {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += piece) chunks.push(bytes.subarray(at, at + piece))
  return { chunks, length: bytes.length, ...(unknown ? { unknown: { payload: unknown } } : {}) }
}

const anyLength = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.integer({ min: 1, max: 5000 }),
  fc.integer({ min: 1, max: 70_000 }),
)

const anyStep = fc.oneof(
  fc.record({
    push: anyLength,
    piece: fc.constantFrom(1000, 4095, 4096, 20_000),
    unknown: fc.boolean(),
  }),
  fc.record({ take: anyLength }),
)

describe('SegmentQueue', () => {
  it('gives out what it was given, in order, and never more than asked for', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        const queue = new SegmentQueue()
        const pushed: Buffer[] = []
        const taken: Buffer[] = []
        let inside = 0
        const take = (maxBytes: number) => {
          const segment = queue.take(maxBytes)
          expect(segment === undefined).toBe(inside === 0)
          if (!segment) return
          expect(segment.length).toBeGreaterThan(0)
          expect(segment.length).toBeLessThanOrEqual(maxBytes)
          const bytes = Buffer.concat(segment.chunks)
          expect(bytes.length).toBe(segment.length)
          taken.push(bytes)
          inside -= bytes.length
        }
        let from = 0
        for (const step of steps) {
          if ('push' in step) {
            const bytes = numbered(step.push, from)
            queue.push(segmentOf(bytes, step.piece, step.unknown ? Buffer.of(0x20, 1) : undefined))
            pushed.push(bytes)
            from += step.push
            inside += step.push
          } else {
            take(step.take)
          }
          expect(queue.bytes).toBe(inside)
        }
        while (queue.bytes > 0) take(64 * 1024)
        expect(Buffer.concat(taken).equals(Buffer.concat(pushed))).toBe(true)
      }),
    )
  })

  it('never merges a segment that has unknown fields, and gives them out once', () => {
    const queue = new SegmentQueue()
    queue.push(toSegment(numbered(10)))
    queue.push(segmentOf(numbered(20), 20, Buffer.of(0x20, 1)))
    queue.push(segmentOf(numbered(30), 30, Buffer.of(0x20, 2)))
    queue.push(toSegment(numbered(40)))
    queue.push(toSegment(numbered(50)))

    const taken = [1000, 15, 1000, 1000, 1000].map((maxBytes) => queue.take(maxBytes))
    expect(taken.map((segment) => [segment?.length, segment?.unknown?.payload])).toEqual([
      [10, undefined],
      [15, Buffer.of(0x20, 1)],
      [5, undefined],
      [30, Buffer.of(0x20, 2)],
      [90, undefined],
    ])
    expect(queue.take(1)).toBeUndefined()
  })

  it('merges plain segments up to the size asked for', () => {
    const queue = new SegmentQueue()
    for (let count = 0; count < 100; count++) queue.push(toSegment(numbered(5000)))
    expect(queue.take(64 * 1024)?.length).toBe(64 * 1024)
    expect(queue.take(5001)?.length).toBe(5001)
  })

  it('goes on filling the right block after it has closed the gap that many taken segments leave', () => {
    const large = () => toSegment(numbered(4096))
    // For one of these numbers the last segment stands where the block once stood.
    for (let more = 55; more < 75; more++) {
      const queue = new SegmentQueue()
      for (let count = 0; count < 70; count++) queue.push(large())
      queue.push(toSegment(numbered(10)))
      for (let count = 0; count < 70; count++) queue.take(4096)
      for (let count = 0; count < more; count++) queue.push(large())
      queue.push(toSegment(numbered(10)))
      let left = 0
      for (let segment = queue.take(4096); segment; segment = queue.take(4096)) left += segment.length
      expect([left, queue.bytes]).toEqual([10 + more * 4096 + 10, 0])
    }
  })

  it('takes nothing when nothing is asked for', () => {
    const queue = new SegmentQueue()
    expect(queue.take(10)).toBeUndefined()
    queue.push(segmentOf(numbered(10), 10, Buffer.of(0x20, 1)))
    expect(queue.take(0)).toBeUndefined()
    expect(queue.take(10)?.unknown).toEqual({ payload: Buffer.of(0x20, 1) })
  })

  it('is empty after it was cleared, and works on', () => {
    const queue = new SegmentQueue()
    queue.push(toSegment(numbered(10)))
    queue.push(toSegment(numbered(10)))
    queue.clear()
    expect(queue.bytes).toBe(0)
    expect(queue.take(100)).toBeUndefined()
    queue.push(toSegment(numbered(7)))
    expect(queue.take(100)?.length).toBe(7)
  })

  describe('what it keeps alive', () => {
    /** The memory behind everything that is in the queue, each buffer counted once. */
    function retainedBytes(queue: SegmentQueue): number {
      const buffers = new Set<ArrayBufferLike>()
      for (let segment = queue.take(2 ** 30); segment; segment = queue.take(2 ** 30)) {
        const { packet, payload } = segment.unknown ?? {}
        for (const chunk of [...segment.chunks, packet, payload]) if (chunk) buffers.add(chunk.buffer)
      }
      return [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0)
    }

    /** A few bytes cut from a network read of 64 KiB. */
    const sliceOfRead = (length: number) => Buffer.allocUnsafeSlow(64 * 1024).subarray(100, 100 + length)

    it('is not the large reads that small segments were cut from', () => {
      const queue = new SegmentQueue()
      for (let count = 0; count < 1000; count++) queue.push(toSegment(sliceOfRead(10)))
      expect(retainedBytes(queue)).toBeLessThan(64 * 1024)
    })

    it('is not those reads either when the segments have unknown fields', () => {
      const queue = new SegmentQueue()
      for (let count = 0; count < 100; count++) queue.push(segmentOf(sliceOfRead(10), 10, sliceOfRead(10)))
      expect(retainedBytes(queue)).toBeLessThan(64 * 1024)
    })

    it('is a bounded amount of unknown fields: past it they are left out, and the bytes are not', () => {
      const queue = new SegmentQueue()
      for (let count = 0; count < 1000; count++) {
        queue.push(segmentOf(numbered(1, count), 1, Buffer.alloc(4000)))
      }
      const taken: Segment[] = []
      for (let segment = queue.take(5000); segment; segment = queue.take(5000)) taken.push(segment)
      expect(taken.filter(({ unknown }) => unknown)).toHaveLength(14)
      expect(Buffer.concat(taken.flatMap(({ chunks }) => chunks)).equals(numbered(1000))).toBe(true)

      queue.push(segmentOf(numbered(1), 1, Buffer.alloc(4000)))
      expect(queue.take(5000)?.unknown).toBeDefined()
    })

    it('does not grow with bytes that come and go one at a time', () => {
      const queue = new SegmentQueue()
      for (let count = 0; count < 2000; count++) {
        queue.push(toSegment(numbered(1)))
        queue.push(toSegment(numbered(1)))
        queue.take(1)
      }
      expect(queue.bytes).toBe(2000)
      expect(retainedBytes(queue)).toBeLessThan(64 * 1024)
    })

    it('is not what was taken, though the queue never runs empty', async () => {
      const queue = new SegmentQueue()
      const taken = takeOne(queue)
      await collectGarbage()
      expect(taken.deref()).toBeUndefined()
      expect(queue.bytes).toBe(5000)
    })

    /** In a function of its own, so that no variable of the test keeps the segment alive. */
    function takeOne(queue: SegmentQueue): WeakRef<object> {
      const large = toSegment(numbered(64 * 1024))
      queue.push(large)
      queue.push(toSegment(numbered(5000)))
      queue.take(64 * 1024)
      return new WeakRef(large)
    }

    async function collectGarbage(): Promise<void> {
      v8.setFlagsFromString('--expose-gc')
      await nextTurn() // a WeakRef keeps its target until the end of the turn
      vm.runInNewContext('gc')()
    }
  })
})

describe('splitSegment', () => {
  it('cuts at any place, copies nothing, and leaves unknown fields with the front', () => {
    const anyCut = fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 50 }), fc.nat(200))
    fc.assert(
      fc.property(anyCut, ([length, piece, cut]) => {
        const bytes = numbered(length)
        const at = Math.min(cut, length)
        const { front, rest } = splitSegment(segmentOf(bytes, piece, Buffer.of(0x20, 1)), at)
        expect([front.length, rest.length]).toEqual([at, length - at])
        expect(Buffer.concat(front.chunks)).toEqual(bytes.subarray(0, at))
        expect(Buffer.concat(rest.chunks)).toEqual(bytes.subarray(at))
        expect([front.unknown, rest.unknown]).toEqual([{ payload: Buffer.of(0x20, 1) }, undefined])
        for (const chunk of [...front.chunks, ...rest.chunks]) expect(chunk.buffer).toBe(bytes.buffer)
      }),
    )
  })
})
