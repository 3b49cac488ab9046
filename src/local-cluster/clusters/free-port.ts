import { createServer } from 'node:net'
import { ConfigError } from '../../common/errors.ts'

/** Below the ports that systems give to outgoing connections, so that a cluster finds its port free at the next start, too. */
const FIRST = 26_443
const LAST = 26_999

/** A port of 127.0.0.1 that nobody listens at. */
export async function freePort(excluded: ReadonlySet<number>): Promise<number> {
  for (let port = FIRST; port <= LAST; port++) {
    if (!excluded.has(port) && (await isFree(port))) return port
  }
  throw new ConfigError(`no port from ${FIRST} to ${LAST} is free: give one by --port`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
