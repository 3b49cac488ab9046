import type { Duplex } from 'node:stream'
import type { Logger } from '../../common/log.ts'
import { SpdyError, SpdySession, type SpdyStream } from '../spdy/index.ts'
import { forward } from './forward.ts'
import { forwardError } from './forward-error.ts'
import type { PodName } from './pod-runtime.ts'

export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io'
const STREAM_CREATION_TIMEOUT_MS = 30_000
const LAST_PORT = 65_535

export interface ForwardTarget {
  readonly log: Logger
  readonly pod: PodName
  connect(port: number): Promise<Duplex>
}

/** The two streams of one forwarded connection, as far as they have come. */
interface Pair {
  readonly timer: NodeJS.Timeout
  readonly streams: Map<string, SpdyStream>
}

/**
 * Forwards connections over a SPDY connection: each is a stream for its data and one for an error (k8s.io/kubelet,
 * pkg/cri/streaming/portforward). Resolves when the client has gone. Never rejects.
 */
export async function serveForwardPairs(
  { log, pod, connect }: ForwardTarget,
  transport: Duplex,
  timeoutMs = STREAM_CREATION_TIMEOUT_MS,
): Promise<void> {
  const gone = new AbortController()
  const pairs = new Map<string, Pair>()
  const session = new SpdySession({ log, transport, onStream: (stream) => join(stream) })

  const join = (stream: SpdyStream): void => {
    const type = requireType(stream)
    const port = requirePort(stream)
    const id = requestId(stream, type)
    const pair = pairs.get(id) ?? begin(id)
    if (pair.streams.has(type)) {
      const message = `error processing stream for request ${id}: ${type} stream already assigned`
      pair.streams.get('error')?.end(message)
      throw new SpdyError(message)
    }
    pair.streams.set(type, stream)
    const [data, error] = [pair.streams.get('data'), pair.streams.get('error')]
    if (!data || !error) return
    clearTimeout(pair.timer)
    pairs.delete(id)
    void carry(data, error, port)
  }

  const begin = (id: string): Pair => {
    const timer = setTimeout(() => {
      pairs.delete(id)
      pair.streams.get('error')?.end(`(request=${id}) timed out waiting for streams`)
      pair.streams.get('data')?.destroy()
    }, timeoutMs)
    const pair = { timer, streams: new Map<string, SpdyStream>() }
    pairs.set(id, pair)
    return pair
  }

  const carry = async (data: SpdyStream, error: SpdyStream, port: number): Promise<void> => {
    error.resume() // nothing comes on it
    try {
      await forward(data, await connect(port), gone.signal)
      error.end()
    } catch (err) {
      log.debug({ err, pod, port }, 'cannot forward a port')
      error.end(forwardError(pod, port, err))
      data.destroy()
    }
  }

  await session.run()
  gone.abort()
  for (const { timer } of pairs.values()) clearTimeout(timer)
}

function requireType(stream: SpdyStream): string {
  const type = stream.header('streamtype')
  if (type === '') throw new SpdyError('"streamType" header is required')
  if (type !== 'data' && type !== 'error') throw new SpdyError(`invalid stream type ${JSON.stringify(type)}`)
  return type
}

function requirePort(stream: SpdyStream): number {
  const text = stream.header('port')
  if (text === '') throw new SpdyError('"port" header is required')
  return parsePort(text, (reason) => new SpdyError(reason))
}

/** @throws what `failure` makes of the reason */
export function parsePort(text: string, failure: (reason: string) => Error): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(port) || port > LAST_PORT)
    throw failure(`unable to parse ${JSON.stringify(text)} as a port`)
  if (port < 1) throw failure(`port ${JSON.stringify(text)} must be > 0`)
  return port
}

/** Old clients name none, and open the two streams one after the other. */
function requestId(stream: SpdyStream, type: string): string {
  const id = stream.header('requestid')
  if (id !== '') return id
  return String(type === 'error' ? stream.id : stream.id - 2)
}
