import { createServer } from 'node:net'
import { ConfigError } from '../../common/errors.ts'

/** The usual one of an API server; a cluster has an address of its own, so it is hardly ever taken. */
const USUAL = 6443

/** Below the ports that systems give to outgoing connections, so that a cluster finds its port free at the next start, too. */
const FIRST = 26_443
const LAST = 26_999

/** A port for an API server at an address, where nobody listens. */
export async function freePort(host: string): Promise<number> {
  if (await isFree(host, USUAL)) return USUAL
  for (let port = FIRST; port <= LAST; port++) {
    if (await isFree(host, port)) return port
  }
  throw new ConfigError(`neither port ${USUAL} nor one from ${FIRST} to ${LAST} is free: give one by --port`)
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
