import type { WebSocket } from 'ws'
import { badRequest } from '../api/status.ts'
import { type ChannelProtocol, ChannelSocket } from './channel-socket.ts'
import { forward } from './forward.ts'
import { forwardError } from './forward-error.ts'
import { type ForwardTarget, parsePort } from './forward-pairs.ts'
import { closeSignal } from './web-socket.ts'

const PROTOCOLS: readonly ChannelProtocol[] = [
  { name: 'v4.channel.k8s.io', base64: false, closes: false },
  { name: 'v4.base64.channel.k8s.io', base64: true, closes: false },
  { name: '', base64: false, closes: false },
]
/** Two channels each, whose numbers are one byte. */
const MAX_PORTS = 127

export function forwardProtocol(offered: readonly string[]): ChannelProtocol | undefined {
  const names = offered.length === 0 ? [''] : offered
  return names.map((name) => PROTOCOLS.find((each) => each.name === name)).find((each) => each)
}

/**
 * The ports that the query names, several in one parameter or in several.
 *
 * @throws StatusError BadRequest
 */
export function forwardPorts(query: URLSearchParams): number[] {
  const texts = query.getAll('ports').flatMap((each) => each.split(','))
  if (texts.length === 0) throw badRequest('query parameter "port" is required')
  if (texts.length > MAX_PORTS) throw badRequest(`no more than ${MAX_PORTS} ports can be forwarded at once`)
  return texts.map((text) => {
    if (text === '') throw badRequest('query parameter "port" cannot be empty')
    return parsePort(text, badRequest)
  })
}

/**
 * Forwards one connection to each port over a WebSocket: channel 2n has its data, 2n+1 an error, and both begin with the port. Resolves
 * when all have ended. Never rejects.
 */
export async function serveForwardChannels(
  { log, pod, connect }: ForwardTarget,
  socket: WebSocket,
  protocol: ChannelProtocol,
  ports: readonly number[],
): Promise<void> {
  const channels = new ChannelSocket(socket, protocol)
  const signal = closeSignal(socket)
  const carry = async (port: number, index: number): Promise<void> => {
    const [data, error] = [2 * index, 2 * index + 1]
    const number = Buffer.alloc(2)
    number.writeUInt16LE(port)
    const client = channels.duplex(data)
    client.on('error', () => {}) // of a client that has gone
    try {
      await Promise.all([channels.send(data, number), channels.send(error, number)])
      const connection = await connect(port)
      // The client can end neither direction by itself, so both end with the pod's.
      connection.once('end', () => channels.endReading(data))
      await forward(client, connection, signal)
    } catch (err) {
      log.debug({ err, pod, port }, 'cannot forward a port')
      if (!signal.aborted)
        await channels.send(error, Buffer.from(forwardError(pod, port, err))).catch(() => {})
    } finally {
      client.destroy()
    }
  }
  await Promise.all(ports.map(carry))
  channels.close()
}
