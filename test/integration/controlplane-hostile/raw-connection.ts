import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'
import type { ClusterTls } from '../../../src/kube/index.ts'

export interface RawAnswer {
  readonly status: number
  readonly text: string
}

/** A connection on which anything can be said. */
export async function connectRaw(server: URL, options: ClusterTls): Promise<tls.TLSSocket> {
  const socket = tls.connect({ ...options, host: server.hostname, port: Number(server.port) })
  await once(socket, 'secureConnect')
  socket.on('error', () => {}) // the server may hang up at any time
  return socket
}

/** Says one thing after the other, no faster than it is taken, as long as there is somebody to say it to. Returns how much it was. */
export async function sayWhileOpen(socket: tls.TLSSocket, said: Iterable<Buffer>): Promise<number> {
  // Not `once`, which rejects when the server hangs up in the middle of a write.
  const closed = new Promise((resolve) => socket.once('close', resolve))
  let length = 0
  for (const each of said) {
    if (!socket.writable) break
    length += each.length
    if (socket.write(each)) continue
    const drained = new Promise((resolve) => socket.once('drain', resolve))
    await Promise.race([drained, closed])
  }
  return length
}

/** Says it, and resolves with everything that is answered until the server closes the connection. */
export async function sayRaw(server: URL, options: ClusterTls, said: string | Buffer): Promise<RawAnswer> {
  const socket = await connectRaw(server, options)
  const answer = text(socket).catch(() => '')
  socket.write(said)
  const answered = await answer
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answered)?.[1] ?? 0), text: answered }
}
