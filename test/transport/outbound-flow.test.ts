import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  FairWriter,
  OutboundFlow,
  SEND_QUEUE_HIGH_BYTES,
  toSegment,
  WRITE_BUDGET_BYTES,
} from '../../src/transport/index.ts'
import { type ConnectId, MAX_DATA_BYTES, ProtocolError } from '../../src/wire/index.ts'
import { FakeMessageStream } from './fake-message-stream.ts'

const KIB = 1024

function setUp() {
  const stream = new FakeMessageStream()
  const writer = new FairWriter(stream.asMessageStream())
  const openFlow = (connectId: ConnectId, windowBytes?: number, onDrain = () => {}) =>
    new OutboundFlow(writer, connectId, { windowBytes, onDrain })
  /** So much that whatever comes next has to wait for its turn. */
  const congest = () => {
    const other = openFlow(99)
    for (let count = 0; count < 5; count++) other.send(toSegment(Buffer.alloc(MAX_DATA_BYTES)))
    expect(writer.congested).toBe(true)
  }
  return { stream, writer, openFlow, congest }
}

const bytes = (length: number, fill = 1) => toSegment(Buffer.alloc(length, fill))

describe('OutboundFlow', () => {
  it('sends at once what fits, and queues nothing', () => {
    const { stream, openFlow } = setUp()
    const flow = openFlow(1, 64 * KIB)
    expect(flow.send(bytes(1000))).toBe(true)
    expect(flow.queuedBytes).toBe(0)
    expect(stream.summary()).toEqual(['DATA 1000'])
  })

  it('sends no more than the peer has granted, and goes on with the next grant', () => {
    const { stream, openFlow } = setUp()
    const flow = openFlow(1, 64 * KIB)
    flow.send(bytes(60 * KIB))
    flow.send(bytes(10 * KIB))
    expect(flow.blocked).toBe(true)
    expect(stream.bytesOf(1)).toHaveLength(64 * KIB)

    flow.grant(1)
    expect(stream.bytesOf(1)).toHaveLength(64 * KIB + 1)
    flow.grant(60 * KIB)
    expect(flow.blocked).toBe(false)
    expect(stream.bytesOf(1)).toHaveLength(70 * KIB)
  })

  it('cuts what is larger than a packet of ours may be', () => {
    const { stream, openFlow } = setUp()
    openFlow(1).send(bytes(150 * KIB))
    expect(stream.summary()).toEqual(['DATA 65536', 'DATA 65536', 'DATA 22528'])
  })

  it.each([
    ['more than was sent', 64 * KIB, 1001],
    ['nothing', 64 * KIB, 0],
    ['less than nothing', 64 * KIB, -1],
    ['credit where none was agreed on', undefined, 1],
  ])('refuses a grant of %s', (_what, windowBytes, granted) => {
    const { openFlow } = setUp()
    const flow = openFlow(1, windowBytes)
    flow.send(bytes(1000))
    expect(() => flow.grant(granted)).toThrow(ProtocolError)
  })

  it('asks the source to wait when much is queued, and tells it once when there is room', () => {
    const { openFlow } = setUp()
    const onDrain = vi.fn()
    const flow = openFlow(1, 64 * KIB, onDrain)
    expect(flow.send(bytes(64 * KIB))).toBe(true)
    expect(flow.send(bytes(SEND_QUEUE_HIGH_BYTES - 1))).toBe(true)
    expect(flow.send(bytes(1))).toBe(false)
    flow.grant(64 * KIB)
    expect(onDrain).not.toHaveBeenCalled()
    flow.grant(64 * KIB)
    flow.grant(1)
    expect(onDrain).toHaveBeenCalledOnce()
  })

  it('lets the source send from within its notice', () => {
    const { stream, openFlow } = setUp()
    const flow = openFlow(1, 64 * KIB, () => {
      flow.send(bytes(10, 3))
    })
    flow.send(bytes(64 * KIB, 1))
    flow.send(bytes(SEND_QUEUE_HIGH_BYTES, 2))
    for (let count = 0; count < 3; count++) flow.grant(64 * KIB)
    const sent = stream.bytesOf(1)
    expect(sent).toHaveLength(192 * KIB + 10)
    expect(sent.subarray(-10)).toEqual(Buffer.alloc(10, 3))
  })

  it('sends closing packets behind the bytes, in the order of the calls', () => {
    const { stream, openFlow } = setUp()
    const flow = openFlow(1, 64 * KIB)
    flow.send(bytes(100 * KIB))
    flow.sendBehind({ type: 'HALF_CLOSE', connectId: 1 })
    flow.sendBehind({ type: 'CLOSE_RSP', connectId: 1, error: '' })
    expect(stream.summary()).toEqual(['DATA 65536'])
    flow.grant(64 * KIB)
    expect(stream.summary()).toEqual(['DATA 65536', 'DATA 36864', 'HALF_CLOSE', 'CLOSE_RSP'])
  })

  it('sends a closing packet at once when nothing waits', () => {
    const { stream, openFlow } = setUp()
    openFlow(1, 64 * KIB).sendBehind({ type: 'CLOSE_RSP', connectId: 1, error: '' })
    expect(stream.summary()).toEqual(['CLOSE_RSP'])
  })

  it('drops what is queued on discard, and sends what waited behind it', () => {
    const { stream, openFlow, congest } = setUp()
    const flow = openFlow(1, 64 * KIB)
    congest()
    flow.send(bytes(100 * KIB))
    flow.sendBehind({ type: 'CLOSE_REQ', connectId: 1, error: 'x' })
    flow.discard()
    expect(flow.queuedBytes).toBe(0)
    stream.flush()
    stream.flush()
    expect(stream.summary(1)).toEqual(['CLOSE_REQ'])
  })

  it('sends a closing packet with the error that made it discard, and no HALF_CLOSE for what was not sent', () => {
    const { stream, openFlow } = setUp()
    const flow = openFlow(1, 64 * KIB)
    flow.send(bytes(100 * KIB))
    flow.sendBehind({ type: 'HALF_CLOSE', connectId: 1 })
    flow.sendBehind({ type: 'CLOSE_RSP', connectId: 1, error: '' })
    flow.discard('broken off')
    expect(stream.sent.slice(1)).toEqual([{ type: 'CLOSE_RSP', connectId: 1, error: 'broken off' }])
  })

  it('sends nothing at all after it was told to forget', () => {
    const { stream, openFlow } = setUp()
    const flow = openFlow(1, 64 * KIB)
    flow.send(bytes(100 * KIB))
    flow.sendBehind({ type: 'CLOSE_RSP', connectId: 1, error: '' })
    flow.forget()
    flow.grant(64 * KIB)
    stream.flush()
    expect(stream.summary()).toEqual(['DATA 65536'])
  })

  it('takes bytes also when the stream is gone', () => {
    const { stream, openFlow } = setUp()
    const flow = openFlow(1, 64 * KIB)
    stream.writable = false
    flow.send(bytes(10))
    flow.send(bytes(100 * KIB))
    flow.sendBehind({ type: 'CLOSE_RSP', connectId: 1, error: '' })
    flow.discard()
    expect(stream.sent).toEqual([])
  })

  it('keeps every promise for any sequence of sends, grants and flushes on several connections', () => {
    const WINDOW = 100_000
    const anyStep = fc.oneof(
      fc.record({ send: fc.nat(2), length: fc.integer({ min: 1, max: 200_000 }) }),
      fc.record({ grant: fc.nat(2), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ flush: fc.nat(3) }),
    )
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
        const { stream, openFlow } = setUp()
        // The third one's peer does not speak of credit.
        const model = [WINDOW, WINDOW, undefined].map((windowBytes, connectId) => ({
          flow: openFlow(connectId, windowBytes),
          windowBytes,
          queued: [] as Buffer[],
          granted: 0,
        }))
        const checkWindows = () => {
          for (const { windowBytes, granted, flow } of model) {
            const underWay = stream.bytesOf(flow.connectId).length - granted
            if (windowBytes !== undefined) expect(underWay).toBeLessThanOrEqual(windowBytes)
          }
          expect(stream.peakBytes).toBeLessThan(WRITE_BUDGET_BYTES + 2 * MAX_DATA_BYTES)
        }
        const grant = (index: number, share: number) => {
          const entry = model[index]
          if (entry?.windowBytes === undefined) return
          const bytes = Math.ceil((stream.bytesOf(index).length - entry.granted) * share)
          if (bytes === 0) return
          entry.granted += bytes
          entry.flow.grant(bytes)
        }
        let fill = 0
        for (const step of steps) {
          if ('send' in step) {
            const buffer = Buffer.alloc(step.length, ++fill)
            model[step.send]?.queued.push(buffer)
            model[step.send]?.flow.send(toSegment(buffer))
          } else if ('grant' in step) {
            grant(step.grant, step.share)
          } else {
            stream.flush(step.flush)
          }
          checkWindows()
        }
        for (const { flow } of model) {
          flow.sendBehind({ type: 'CLOSE_RSP', connectId: flow.connectId, error: '' })
        }
        while (model.some(({ flow }) => flow.queuedBytes > 0)) {
          stream.flush()
          for (const index of model.keys()) grant(index, 1)
          checkWindows()
        }
        for (const { flow, queued } of model) {
          expect(stream.bytesOf(flow.connectId).equals(Buffer.concat(queued))).toBe(true)
          const closings = stream.summary(flow.connectId).filter((packet) => packet === 'CLOSE_RSP')
          expect([stream.summary(flow.connectId).at(-1), closings.length]).toEqual(['CLOSE_RSP', 1])
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('FairWriter', () => {
  it('gives connections turns of equal size, round robin, whatever they have queued', () => {
    const { stream, openFlow, congest } = setUp()
    congest()
    openFlow(1).send(bytes(1000 * KIB))
    const second = openFlow(2)
    for (let count = 0; count < 300; count++) second.send(bytes(1 * KIB))
    openFlow(3).send(bytes(10))
    while (stream.queuedBytes > 0) stream.flush(1)
    const turns = stream.sent.flatMap((packet) =>
      packet.type === 'DATA' && packet.connectId !== 99 ? [[packet.connectId, packet.bytes.length]] : [],
    )
    expect(turns.slice(0, 6)).toEqual([
      [1, 65_536],
      [2, 65_536],
      [3, 10],
      [1, 65_536],
      [2, 65_536],
      [1, 65_536],
    ])
    expect(stream.bytesOf(1)).toHaveLength(1000 * KIB)
    expect(stream.bytesOf(2)).toHaveLength(300 * KIB)
  })

  it('keeps little between itself and the network', () => {
    const { stream, openFlow } = setUp()
    for (let id = 0; id < 50; id++) openFlow(id).send(bytes(500 * KIB))
    expect(stream.queuedBytes).toBeLessThan(WRITE_BUDGET_BYTES + MAX_DATA_BYTES + KIB)
    while (stream.queuedBytes > 0) stream.flush(1)
    expect(stream.peakBytes).toBeLessThan(WRITE_BUDGET_BYTES + MAX_DATA_BYTES + KIB)
    for (let id = 0; id < 50; id++) expect(stream.bytesOf(id)).toHaveLength(500 * KIB)
  })

  it('lets control packets overtake queued DATA', () => {
    const { stream, writer, openFlow, congest } = setUp()
    congest()
    openFlow(1).send(bytes(10))
    writer.sendControl({ type: 'DIAL_CLS', random: 1n })
    stream.flush()
    expect(stream.summary().slice(-3)).toEqual(['DIAL_CLS', 'DATA 65536', 'DATA 10'])
  })

  it('goes on when it was control packets alone that the network was behind with', () => {
    const { stream, writer, openFlow } = setUp()
    while (stream.queuedBytes < WRITE_BUDGET_BYTES) writer.sendControl({ type: 'DIAL_CLS', random: 1n })
    openFlow(1).send(bytes(10))
    openFlow(2).send(bytes(20))
    expect(stream.summary(1)).toEqual([])
    stream.flush()
    expect([...stream.summary(1), ...stream.summary(2)]).toEqual(['DATA 10', 'DATA 20'])
  })

  it('gives no turn to a connection that waits for credit', () => {
    const { stream, openFlow, congest } = setUp()
    const blocked = openFlow(1, 64 * KIB)
    blocked.send(bytes(64 * KIB))
    blocked.send(bytes(64 * KIB))
    congest()
    openFlow(2).send(bytes(10))
    while (stream.queuedBytes > 0) stream.flush(1)
    expect(stream.summary(1)).toEqual(['DATA 65536'])
    expect(stream.summary(2)).toEqual(['DATA 10'])
  })
})
