import { once } from 'node:events'
import net from 'node:net'

/** Below the ports that the system gives to outgoing connections, so that none of those takes one of ours. */
const FIRST_PORT = 20_000
const LAST_PORT = 32_767

/**
 * A port is free until its process listens, and other test files, and other test runs, look for ports at the same time.
 * So each takes them from a block of its own, and shows that the block is taken by listening on its first port.
 */
const BLOCK_SIZE = 64
const BLOCKS = Math.floor((LAST_PORT - FIRST_PORT + 1) / BLOCK_SIZE)

let block: Promise<number> | undefined
let used = 0

/** A port that nobody listens on, for a process that has to be told its own. */
export async function freePort(): Promise<number> {
  block ??= claimBlock()
  const guard = await block
  for (let tries = 1; tries < BLOCK_SIZE; tries++) {
    used = (used % (BLOCK_SIZE - 1)) + 1
    const port = guard + used
    const server = await listenOn(port)
    if (!server) continue
    server.close()
    await once(server, 'close')
    return port
  }
  throw new Error(`all ports of the block from ${guard} on are taken`)
}

/** One port for each name. */
export async function freePortsFor<Name extends string>(
  ...names: readonly Name[]
): Promise<Record<Name, number>> {
  const ports: [Name, number][] = []
  for (const name of names) ports.push([name, await freePort()])
  return Object.fromEntries(ports) as Record<Name, number>
}

/** Returns the block's first port, which is ours until this process ends. */
async function claimBlock(): Promise<number> {
  const first = Math.floor(Math.random() * BLOCKS)
  for (let tries = 0; tries < BLOCKS; tries++) {
    const guard = FIRST_PORT + ((first + tries) % BLOCKS) * BLOCK_SIZE
    const server = await listenOn(guard)
    if (!server) continue
    server.unref()
    return guard
  }
  throw new Error(`all blocks of ports between ${FIRST_PORT} and ${LAST_PORT} are taken`)
}

function listenOn(port: number): Promise<net.Server | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, () => resolve(server))
  })
}
