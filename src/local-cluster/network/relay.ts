import net, { type Socket } from 'node:net'
import type { HostPort } from './service-endpoints.ts'

/** How long an endpoint may take to accept; all are on this machine. */
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Connects a client with the first endpoint that takes it, and carries bytes both ways until both sides have ended. Where none
 * does, the client is reset: it has sent nothing to anybody. Never rejects.
 *
 * @returns the endpoint, once it is connected
 */
export async function relay(client: Socket, endpoints: readonly HostPort[]): Promise<HostPort | undefined> {
  client.on('error', () => {}) // a reset client shows by its 'close'
  for (const endpoint of endpoints) {
    const target = await dial(endpoint, client)
    if (client.destroyed) {
      target?.destroy()
      return undefined
    }
    if (!target) continue
    join(client, target)
    return endpoint
  }
  client.resetAndDestroy()
  return undefined
}

/** The endpoint sees the connection come from where the client is, as if nobody were between them. */
function dial({ host, port }: HostPort, client: Socket): Promise<Socket | undefined> {
  const { remoteAddress = '' } = client
  const localAddress = /^127\./.test(remoteAddress) && /^127\./.test(host) ? remoteAddress : undefined
  return new Promise((resolve) => {
    const target = net.connect({
      host,
      port,
      allowHalfOpen: true,
      noDelay: true,
      timeout: CONNECT_TIMEOUT_MS,
      ...(localAddress !== undefined && { localAddress }),
    })
    const giveUp = () => target.destroy()
    client.once('close', giveUp)
    target.once('timeout', giveUp)
    target.once('close', () => resolve(undefined))
    target.on('error', () => {}) // 'close' follows
    target.once('connect', () => {
      target.setTimeout(0)
      target.off('timeout', giveUp)
      client.off('close', giveUp)
      resolve(target)
    })
  })
}

/** Ends and resets of one side become those of the other. */
function join(client: Socket, target: Socket): void {
  for (const [one, other] of [
    [client, target],
    [target, client],
  ] as const) {
    one.pipe(other)
    one.once('error', () => other.resetAndDestroy())
    one.once('close', () => other.destroySoon())
  }
}
