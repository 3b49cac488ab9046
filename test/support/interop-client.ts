// The client's role in the interop tests, played by our SDK. The contract is in docs/interop.md.
import { randomBytes } from 'node:crypto'
import http from 'node:http'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import {
  createHttpConnectTunnel,
  createTunnel,
  credentialsFromFiles,
  httpAgent,
  type Tunnel,
  type TunnelSocket,
} from '../../src/konnectivity-client/index.ts'

const ECHOED_BYTES = 64

const { values } = parseArgs({
  options: {
    proxy: { type: 'string' },
    ca: { type: 'string' },
    cert: { type: 'string' },
    key: { type: 'string' },
    uds: { type: 'string' },
    protocol: { type: 'string', default: 'grpc' },
    target: { type: 'string', default: '' },
    mode: { type: 'string', default: 'echo' },
    path: { type: 'string', default: '/' },
    n: { type: 'string', default: '1' },
  },
})
const { target, path } = values
const n = Number(values.n)

const modes: Readonly<Record<string, (tunnel: Tunnel) => Promise<void>>> = {
  echo,
  read,
  get,
  bulk,
  seq,
  par,
  hold,
}

async function echo(tunnel: Tunnel): Promise<void> {
  const sent = Buffer.concat(await process.stdin.toArray())
  process.stdout.write(await exchange(tunnel, sent))
}

async function read(tunnel: Tunnel): Promise<void> {
  await pipeline(await tunnel.dial(target), process.stdout, { end: false })
}

async function get(tunnel: Tunnel): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
  const agent = httpAgent(tunnel, { keepAlive: false })
  http.get(`http://${target}${path}`, { agent }, resolve).on('error', reject)
  const response = await promise
  await pipeline(response, process.stdout, { end: false })
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
}

async function bulk(tunnel: Tunnel): Promise<void> {
  await exchangeRandom(tunnel, n)
}

async function seq(tunnel: Tunnel): Promise<void> {
  for (let count = 0; count < n; count++) await exchangeRandom(tunnel, ECHOED_BYTES)
}

async function par(tunnel: Tunnel): Promise<void> {
  await Promise.all(Array.from({ length: n }, () => exchangeRandom(tunnel, ECHOED_BYTES)))
}

async function hold(tunnel: Tunnel): Promise<void> {
  const socket = await tunnel.dial(target)
  await new Promise((_, reject) => socket.once('close', () => reject(new Error('the connection ended'))))
}

async function exchangeRandom(tunnel: Tunnel, size: number): Promise<void> {
  const bytes = randomBytes(size)
  if (!(await exchange(tunnel, bytes)).equals(bytes)) throw new Error('what came back differs')
}

/** Sends bytes to a target that returns them. Does not end its side before, since not every peer can half-close. */
async function exchange(tunnel: Tunnel, bytes: Buffer): Promise<Buffer> {
  const socket = await tunnel.dial(target)
  socket.write(bytes)
  const returned = await take(socket, bytes.length)
  await new Promise((resolve) => socket.end(resolve))
  socket.destroy()
  return returned
}

async function take(socket: TunnelSocket, size: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let missing = size
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk)
    missing -= chunk.length
    if (missing <= 0) return Buffer.concat(chunks)
  }
  throw new Error(`the connection ended ${missing} bytes early`)
}

try {
  const { ca, cert, key, uds, proxy } = values
  const options = {
    address: uds === undefined ? (proxy ?? '') : `unix:${uds}`,
    credentials: credentialsFromFiles({ ca, cert, key }),
  }
  const runMode = modes[values.mode]
  if (!runMode) throw new Error(`unknown mode ${values.mode}`)
  await using tunnel = values.protocol === 'grpc' ? createTunnel(options) : createHttpConnectTunnel(options)
  await runMode(tunnel)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
