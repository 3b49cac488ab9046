import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  InboundFlow,
  type Segment,
  type Sink,
  STUCK_READER_MS,
  toSegment,
} from '../../src/transport/index.ts'
import { ProtocolError } from '../../src/wire/index.ts'

const KIB = 1024
/** The flow leaves a sink alone that has this much to do. */
const SINK_HIGH_BYTES = 128 * KIB

/** A socket whose reader takes bytes when the test says so. */
class FakeSink implements Sink {
  queuedBytes = 0
  readonly received: Buffer[] = []
  readonly #pending: { length: number; onWritten: () => void }[] = []

  write(segment: Segment, onWritten: () => void): void {
    this.received.push(...segment.chunks)
    this.queuedBytes += segment.length
    this.#pending.push({ length: segment.length, onWritten })
  }

  flush(count = Number.POSITIVE_INFINITY): void {
    for (let index = 0; index < count; index++) {
      const write = this.#pending.shift()
      if (!write) return
      this.queuedBytes -= write.length
      write.onWritten()
    }
  }

  get bytes(): number {
    return this.received.reduce((sum, chunk) => sum + chunk.length, 0)
  }
}

const bytes = (length: number, fill = 1) => toSegment(Buffer.alloc(length, fill))

describe('InboundFlow', () => {
  it('hands bytes on at once while the sink keeps up', () => {
    const sink = new FakeSink()
    const flow = new InboundFlow(sink, { windowBytes: 64 * KIB, grant: () => {} })
    flow.receive(bytes(1000))
    expect([sink.bytes, flow.queuedBytes]).toEqual([1000, 0])
  })

  it('hands on no more than 64 KiB at a time, also of a larger packet', () => {
    const sink = new FakeSink()
    const flow = new InboundFlow(sink, { windowBytes: 1024 * KIB, grant: () => {} })
    flow.receive(bytes(300 * KIB))
    expect([sink.received.map((chunk) => chunk.length), flow.queuedBytes]).toEqual([
      [64 * KIB, 64 * KIB],
      172 * KIB,
    ])
    sink.flush()
    expect(sink.bytes).toBe(300 * KIB)
  })

  it('leaves a sink alone that is behind, and goes on when it has room', () => {
    const sink = new FakeSink()
    const flow = new InboundFlow(sink, { windowBytes: 1024 * KIB, grant: () => {} })
    flow.receive(bytes(SINK_HIGH_BYTES))
    flow.receive(bytes(1000))
    expect([sink.bytes, flow.queuedBytes]).toEqual([SINK_HIGH_BYTES, 1000])
    sink.flush()
    expect([sink.bytes, flow.queuedBytes]).toEqual([SINK_HIGH_BYTES + 1000, 0])
  })

  it('keeps everything back while it is held, closing actions too', () => {
    const sink = new FakeSink()
    const flow = new InboundFlow(sink, { windowBytes: 64 * KIB, grant: () => {} })
    const closed = vi.fn()
    flow.hold()
    flow.receive(bytes(10))
    flow.closeBehind(closed)
    expect([sink.bytes, closed.mock.calls.length]).toEqual([0, 0])
    flow.release()
    expect([sink.bytes, closed.mock.calls.length]).toEqual([10, 1])
  })

  it('runs closing actions behind the last byte, in the order of the calls', () => {
    const sink = new FakeSink()
    const flow = new InboundFlow(sink, { windowBytes: 1024 * KIB, grant: () => {} })
    const log: string[] = []
    flow.receive(bytes(SINK_HIGH_BYTES))
    flow.receive(bytes(1000))
    flow.closeBehind(() => log.push(`half-close after ${sink.bytes}`))
    flow.closeBehind(() => log.push(`close after ${sink.bytes}`))
    expect(log).toEqual([])
    sink.flush()
    expect(log).toEqual([
      `half-close after ${SINK_HIGH_BYTES + 1000}`,
      `close after ${SINK_HIGH_BYTES + 1000}`,
    ])
  })

  it('runs a closing action at once when nothing waits, and none after discard', () => {
    const flow = new InboundFlow(new FakeSink(), { windowBytes: 64 * KIB, grant: () => {} })
    const closed = vi.fn()
    flow.closeBehind(closed)
    expect(closed).toHaveBeenCalledOnce()
    flow.discard()
    flow.closeBehind(closed)
    expect(closed).toHaveBeenCalledOnce()
  })

  it('may be discarded by a closing action, and by the sink', () => {
    const sink = new FakeSink()
    const flow = new InboundFlow(sink, { windowBytes: 1024 * KIB, grant: () => {} })
    const later = vi.fn()
    flow.receive(bytes(SINK_HIGH_BYTES))
    flow.receive(bytes(200 * KIB))
    sink.write = () => flow.discard()
    flow.closeBehind(later)
    sink.flush()
    expect(flow.queuedBytes).toBe(0)
    expect(later).not.toHaveBeenCalled()
  })

  it('works with a sink that takes everything within the call', () => {
    const received: Buffer[] = []
    let open = false
    const sink: Sink = {
      get queuedBytes() {
        return open ? 0 : SINK_HIGH_BYTES
      },
      write(segment, onWritten) {
        received.push(...segment.chunks)
        onWritten()
      },
    }
    const flow = new InboundFlow(sink, { windowBytes: 1024 * KIB, grant: () => {} })
    for (let fill = 0; fill < 10; fill++) flow.receive(bytes(60 * KIB, fill))
    const closed = vi.fn()
    flow.closeBehind(closed)
    open = true
    flow.pump()
    const expected = Buffer.concat(Array.from({ length: 10 }, (_value, fill) => Buffer.alloc(60 * KIB, fill)))
    expect(Buffer.concat(received).equals(expected)).toBe(true)
    expect(closed).toHaveBeenCalledOnce()
  })
})

describe('InboundFlow with credit', () => {
  const WINDOW = 64 * KIB

  it('grants back in quarters of the window what the sink was handed', () => {
    const grant = vi.fn()
    const flow = new InboundFlow(new FakeSink(), { windowBytes: WINDOW, grant })
    flow.receive(bytes(WINDOW / 4 - 1))
    expect(grant).not.toHaveBeenCalled()
    flow.receive(bytes(1))
    expect(grant.mock.calls).toEqual([[WINDOW / 4]])
  })

  it('refuses a byte more than it has granted', () => {
    const flow = new InboundFlow(new FakeSink(), { windowBytes: WINDOW, grant: () => {} })
    flow.hold()
    flow.receive(bytes(WINDOW))
    expect(() => flow.receive(bytes(1))).toThrow(ProtocolError)
  })

  it('refuses it also of a connection that is over', () => {
    const flow = new InboundFlow(new FakeSink(), { windowBytes: WINDOW, grant: () => {} })
    flow.discard()
    expect(() => flow.receive(bytes(WINDOW + 1))).toThrow(ProtocolError)
  })

  it('grants back what it swallows, so that the peer can send the rest of what it has', () => {
    const grant = vi.fn()
    const sink = new FakeSink()
    const flow = new InboundFlow(sink, { windowBytes: WINDOW, grant })
    flow.hold()
    flow.receive(bytes(WINDOW))
    flow.discard()
    expect(grant.mock.calls).toEqual([[WINDOW]])
    for (let count = 0; count < 10; count++) flow.receive(bytes(WINDOW / 2))
    expect([sink.bytes, flow.queuedBytes]).toEqual([0, 0])
  })

  it('keeps order and window, and never lets the sender run dry, for any pace of both', () => {
    const anyStep = fc.oneof(
      fc.record({ send: fc.integer({ min: 1, max: 80_000 }) }),
      fc.record({ flush: fc.nat(3) }),
      fc.constantFrom('hold' as const, 'release' as const),
    )
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 60 }),
        fc.integer({ min: 1000, max: 300_000 }),
        (steps, windowBytes) => {
          const sink = new FakeSink()
          let credit = windowBytes
          const flow = new InboundFlow(sink, {
            windowBytes,
            grant: (granted) => {
              credit += granted
            },
          })
          const sent: Buffer[] = []
          for (const step of steps) {
            if (step === 'hold') flow.hold()
            else if (step === 'release') flow.release()
            else if ('flush' in step) sink.flush(step.flush)
            else if (credit > 0) {
              const buffer = Buffer.alloc(Math.min(step.send, credit), sent.length)
              credit -= buffer.length
              sent.push(buffer)
              flow.receive(toSegment(buffer))
            }
            expect(flow.queuedBytes).toBeLessThanOrEqual(windowBytes)
            expect(credit).toBeLessThanOrEqual(windowBytes)
          }
          const closed = vi.fn()
          flow.closeBehind(closed)
          flow.release()
          sink.flush()
          expect(Buffer.concat(sink.received).equals(Buffer.concat(sent))).toBe(true)
          expect(closed).toHaveBeenCalledOnce()
          expect(credit).toBeGreaterThan((windowBytes * 3) / 4 - 1)
        },
      ),
    )
  })
})

describe('InboundFlow toward a peer without credit', () => {
  const CAP = 256 * KIB

  beforeEach(() => {
    vi.useFakeTimers()
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  function setUp() {
    const sink = new FakeSink()
    const limit = { capBytes: CAP, onFull: vi.fn(), onRoom: vi.fn(), onStuck: vi.fn() }
    const flow = new InboundFlow(sink, limit)
    flow.receive(bytes(SINK_HIGH_BYTES))
    return { sink, flow, ...limit }
  }

  it('says once that the backlog is full, and once that there is room', () => {
    const { sink, flow, onFull, onRoom } = setUp()
    flow.receive(bytes(CAP - 1))
    expect(onFull).not.toHaveBeenCalled()
    flow.receive(bytes(1))
    flow.receive(bytes(100 * KIB)) // was under way already
    expect(onFull).toHaveBeenCalledOnce()
    while (flow.queuedBytes >= CAP / 2) {
      expect(onRoom).not.toHaveBeenCalled()
      sink.flush(1)
    }
    expect(onRoom).toHaveBeenCalledOnce()
    sink.flush()
    expect([onFull.mock.calls.length, onRoom.mock.calls.length]).toEqual([1, 1])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('gives up a reader that stands still with a full backlog', () => {
    const { flow, onStuck } = setUp()
    flow.receive(bytes(CAP - 1))
    vi.advanceTimersByTime(STUCK_READER_MS * 2)
    expect(onStuck).not.toHaveBeenCalled()
    flow.receive(bytes(1))
    vi.advanceTimersByTime(STUCK_READER_MS - 1)
    expect(onStuck).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(onStuck).toHaveBeenCalledOnce()
  })

  it('does not give up a reader that is slow but moves', () => {
    const { sink, flow, onStuck } = setUp()
    flow.receive(bytes(CAP))
    for (let count = 0; count < 20; count++) {
      vi.advanceTimersByTime(STUCK_READER_MS - 1)
      sink.flush(1)
      flow.receive(bytes(64 * KIB))
    }
    expect(onStuck).not.toHaveBeenCalled()
    vi.advanceTimersByTime(STUCK_READER_MS)
    expect(onStuck).toHaveBeenCalledOnce()
  })

  it('counts what is held back, too', () => {
    const { flow, sink, onFull, onStuck } = setUp()
    sink.flush()
    flow.hold()
    flow.receive(bytes(CAP))
    expect(onFull).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(STUCK_READER_MS)
    expect(onStuck).toHaveBeenCalledOnce()
  })

  it('makes room and stops its timer when it is discarded', () => {
    const { flow, onRoom, onStuck } = setUp()
    flow.receive(bytes(CAP))
    flow.discard()
    expect(onRoom).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
    flow.receive(bytes(2 * CAP))
    vi.advanceTimersByTime(STUCK_READER_MS * 2)
    expect([flow.queuedBytes, onStuck.mock.calls.length]).toEqual([0, 0])
  })
})
