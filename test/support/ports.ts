import net from 'node:net'

/** Below the ports that the system gives to outgoing connections, so that none of those takes one of ours. */
const FIRST_PORT = 20_000
const LAST_PORT = 32_767

/** Vitest's workers run at the same time, and a port is free until its process listens: each worker has a part of its own. */
const WORKERS = 4
const PORTS_PER_WORKER = Math.floor((LAST_PORT - FIRST_PORT + 1) / WORKERS)
const firstOfWorker = FIRST_PORT + (Number(process.env.VITEST_POOL_ID ?? 1) % WORKERS) * PORTS_PER_WORKER

/** Where to look next. Begins anywhere, since there may be other test runs on this machine, and gives no port twice. */
let offset = Math.floor(Math.random() * PORTS_PER_WORKER)

/** A port that nobody listens on, for a process that has to be told its own. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORTS_PER_WORKER; tries++) {
    offset = (offset + 1) % PORTS_PER_WORKER
    if (await isFree(firstOfWorker + offset)) return firstOfWorker + offset
  }
  throw new Error(`no free port among the ${PORTS_PER_WORKER} from ${firstOfWorker} on`)
}

/** One port for each name. */
export async function freePortsFor<Name extends string>(
  ...names: readonly Name[]
): Promise<Record<Name, number>> {
  const ports: [Name, number][] = []
  for (const name of names) ports.push([name, await freePort()])
  return Object.fromEntries(ports) as Record<Name, number>
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}
