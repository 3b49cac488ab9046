import type { Duplex } from 'node:stream'
import type { Logger } from '../../common/log.ts'
import { SpdyError, SpdySession, type SpdyStream } from '../spdy/index.ts'
import type { CommandConnection } from './command-connection.ts'
import type { CommandOptions } from './command-options.ts'
import { statusText } from './exit-status.ts'

/** Those that there are, with what is served of the versions. */
export const COMMAND_PROTOCOLS = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
]
const STREAM_CREATION_TIMEOUT_MS = 30_000

type StreamType = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize'

/**
 * The streams of a command on a SPDY connection, when the client has opened all of them (k8s.io/kubelet,
 * pkg/cri/streaming/remotecommand). Undefined when it does not in time, or goes away: the connection is closed then.
 */
export async function spdyCommand(
  log: Logger,
  transport: Duplex,
  protocol: string,
  options: CommandOptions,
  timeoutMs = STREAM_CREATION_TIMEOUT_MS,
): Promise<CommandConnection | undefined> {
  const gone = new AbortController()
  const streams = new Map<string, SpdyStream>()
  const wanted = wantedStreams(options, protocol)
  const complete = Promise.withResolvers<void>()
  const session = new SpdySession({
    log,
    transport,
    onStream: (stream) => {
      const type = stream.header('streamtype')
      if (!(wanted as readonly string[]).includes(type) || streams.has(type))
        throw new SpdyError(`invalid stream type ${JSON.stringify(type)}`)
      streams.set(type, stream)
      if (streams.size === wanted.length) complete.resolve()
    },
  })
  const timer = setTimeout(() => session.close(), timeoutMs)
  void session.run().then(() => gone.abort())
  gone.signal.addEventListener('abort', () => complete.resolve(), { once: true })
  await complete.promise
  clearTimeout(timer)
  if (gone.signal.aborted || streams.size < wanted.length) return undefined
  return connectionOf(streams as ReadonlyMap<StreamType, SpdyStream>, session, protocol, gone.signal)
}

function wantedStreams(
  { stdin, stdout, stderr, tty }: CommandOptions,
  protocol: string,
): readonly StreamType[] {
  const resizes = tty && ['v4.channel.k8s.io', 'v3.channel.k8s.io'].includes(protocol)
  return [
    'error',
    ...(stdin ? (['stdin'] as const) : []),
    ...(stdout ? (['stdout'] as const) : []),
    ...(stderr ? (['stderr'] as const) : []),
    ...(resizes ? (['resize'] as const) : []),
  ]
}

function connectionOf(
  streams: ReadonlyMap<StreamType, SpdyStream>,
  session: SpdySession,
  protocol: string,
  signal: AbortSignal,
): CommandConnection {
  const error = streams.get('error') as SpdyStream
  // Nothing is to come on those that we write to.
  for (const type of ['error', 'stdout', 'stderr'] as const) streams.get(type)?.resume()
  const part = (type: Exclude<StreamType, 'error'>) => {
    const stream = streams.get(type)
    return stream ? { [type]: stream } : {}
  }
  return {
    ...part('stdin'),
    ...part('stdout'),
    ...part('stderr'),
    ...part('resize'),
    signal,
    sendStatus: (status) =>
      new Promise((resolve, reject) => {
        error.once('error', reject).once('close', resolve)
        error.end(statusText(status, protocol === 'v4.channel.k8s.io'), resolve)
      }),
    close: () => {
      for (const each of streams.values()) if (!each.destroyed) each.end()
      session.close()
    },
  }
}
