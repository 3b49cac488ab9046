import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  createSingleUseGrpcTunnel,
  createTunnel,
  type Tunnel,
  type TunnelSocket,
} from '../../src/konnectivity-client/index.ts'
import { decodePacket, type Packet } from '../../src/wire/index.ts'
import {
  expectDialError,
  record,
  type SocketRecord,
  testCredentials,
} from '../konnectivity-client/fixture.ts'
import { eventually } from '../support/eventually.ts'
import { type AcceptedStream, GrpcServerPeer } from '../support/grpc-server-peer.ts'
import { endProcesses, ROOT, TestProcess } from '../support/processes.ts'
import {
  amount,
  type RecordedLine,
  rebuildMessage,
  recordedTunnel,
  Substitutes,
  transcript,
} from '../support/recorded-tunnel.ts'
import { createTestPki, type TestPki } from '../support/test-pki.ts'

/** Ours sends at most 64 KiB in one DATA: of these, only the bytes are compared. */
const RECUT = 'client writes 200,000 bytes at once'

/** Ours has nothing to ask for any more once the server has said CLOSE_RSP, and goes. */
const LATE_CLOSE_REQ = 'remote closes after sending'

const REUSABLE = 'reusable tunnel: two dials on one connection, closed one after the other'

/** In this one the client is a process, which is killed. */
const GOES_AWAY = 'client process goes away with a connection open'

/** What the program that used the client did with one connection, in the recording, and does again. */
interface Program {
  readonly stream: AcceptedStream
  write(bytes: Buffer): Promise<void>
  /** Closes the connection when everything that the server has `said` is there. */
  close(said: readonly Packet[]): Promise<void>
  /** Lets go of everything, and checks what became of all that the server has `said`. */
  finish(said: readonly Packet[]): Promise<void>
}

/** A client's stream, and what was said on it. */
interface Side {
  readonly program: Program
  readonly substitutes: Substitutes
  readonly expected: Buffer[]
  readonly said: Packet[]
}

const clientLines = recordedTunnel.filter(({ stream }) => stream.startsWith('client#'))
const scenarios = Map.groupBy(clientLines, ({ scenario }) => scenario)
let pki: TestPki
let peer: GrpcServerPeer
let tunnel: Tunnel | undefined

beforeAll(async () => {
  pki = await createTestPki()
  peer = await GrpcServerPeer.start(pki.frontendServer, pki.frontendCa)
})

afterEach(async () => {
  await tunnel?.close()
  tunnel = undefined
})

afterAll(async () => {
  await endProcesses()
  await peer.stop()
})

/** Plays the server's lines and those of whoever uses the client, and waits for the client at its own. */
async function play(lines: readonly RecordedLine[]): Promise<void> {
  const scenario = lines[0]?.scenario ?? ''
  const sides = new Map<string, Side>()
  for (const line of lines) {
    if (line.dir === 'client -> server' && line.headers) {
      const ofStream = lines.filter(({ stream }) => stream === line.stream)
      const program = await start(scenario, addressIn(ofStream))
      sides.set(line.stream, { program, substitutes: new Substitutes(), expected: [], said: [] })
      expect(withoutOurOwn(program.stream.headers)).toEqual(withoutTheirs(line.headers))
      continue
    }
    const side = sides.get(line.stream)
    if (!side) throw new Error(`${line.stream} was not opened`)
    if (line.dir === 'server -> client') say(line, side)
    else if (line.message) await hear(line.message, side, scenario)
    else await expectEnding(line, side)
  }
  for (const [name, { program, expected }] of sides) {
    const recut = scenario === RECUT
    expect(transcript(program.stream.messages, recut), name).toEqual(transcript(expected, recut))
  }
  const sessions = new Set([...sides.values()].map(({ program }) => program.stream.session))
  expect(sessions.size).toBe(1)
}

function say({ headers, message }: RecordedLine, { program, substitutes, said }: Side): void {
  if (headers) program.stream.respond(headers)
  if (!message) return
  expect(program.stream.ending).toBeUndefined()
  const original = rebuildMessage(message)
  said.push(decodePacket([original]))
  program.stream.sendMessage(substitutes.applyTo(original))
}

/** Lets the program do what the original's did, and waits until the client has told the server. */
async function hear(
  message: NonNullable<RecordedLine['message']>,
  { program, substitutes, expected, said }: Side,
  scenario: string,
): Promise<void> {
  const original = rebuildMessage(message)
  const packet = decodePacket([original])
  if (packet.type === 'DATA') await program.write(Buffer.concat(packet.chunks))
  if (packet.type === 'CLOSE_REQ') await program.close(said)
  if (packet.type === 'CLOSE_REQ' && scenario === LATE_CLOSE_REQ) return
  const { messages } = program.stream
  await eventually(() => amount(messages) >= amount([...expected, original])).toBe(true)
  const own = messages[expected.length]
  if (own) substitutes.learn(original, own)
  expected.push(substitutes.applyTo(original))
}

/** The original can end its stream early only by a reset. Ours ends it in order, and is reset only when its process is gone. */
async function expectEnding({ scenario, end }: RecordedLine, { program, said }: Side): Promise<void> {
  if (!end?.startsWith('RST_STREAM')) return // the second line of one end
  await program.finish(said)
  expect(await program.stream.ended).toBe(scenario === GOES_AWAY ? 'RST_STREAM' : 'END_STREAM')
}

/** Ours announces our extensions, of which the recorded server takes no notice. */
function withoutOurOwn(headers: AcceptedStream['headers']): Record<string, unknown> {
  const known = Object.entries(headers).filter(([name]) => name !== 'cluster-proxy-extensions')
  return Object.fromEntries(known)
}

/** Each names its implementation; and the original leaves out the server's port, as in a certificate. */
function withoutTheirs(headers: NonNullable<RecordedLine['headers']>): Record<string, string> {
  return { ...headers, 'user-agent': 'konnectivity-client-js', ':authority': `localhost:${peer.port}` }
}

function addressIn(lines: readonly RecordedLine[]): string {
  const messages = lines.flatMap(({ message }) => (message ? [decodePacket([rebuildMessage(message)])] : []))
  const dial = messages.find((packet) => packet.type === 'DIAL_REQ')
  if (!dial) throw new Error('nothing was dialled')
  return dial.address
}

async function start(scenario: string, address: string): Promise<Program> {
  if (scenario === GOES_AWAY) return ClientProcess.start(address)
  const proxy = `localhost:${peer.port}`
  const credentials = await testCredentials()
  tunnel ??=
    scenario === REUSABLE
      ? createTunnel({ address: proxy, credentials })
      : createSingleUseGrpcTunnel(proxy, credentials)
  const dialing = tunnel.dial(address)
  dialing.catch(() => {}) // comes into its own in `finish`
  return new Dial(dialing, await peer.nextStream())
}

/** A dial of our SDK in this process. */
class Dial implements Program {
  readonly stream: AcceptedStream
  readonly #dialing: Promise<{ socket: TunnelSocket; received: SocketRecord }>

  constructor(dialing: Promise<TunnelSocket>, stream: AcceptedStream) {
    this.stream = stream
    this.#dialing = dialing.then((socket) => ({ socket, received: record(socket) }))
    this.#dialing.catch(() => {})
  }

  async write(bytes: Buffer): Promise<void> {
    const { socket } = await this.#dialing
    socket.write(bytes)
  }

  async close(said: readonly Packet[]): Promise<void> {
    const { socket, received } = await this.#dialing
    await eventually(() => received.bytes.length).toBe(bytesIn(said).length)
    if (said.some(({ type }) => type === 'CLOSE_RSP')) await received.closed
    socket.end()
  }

  async finish(said: readonly Packet[]): Promise<void> {
    const [response] = said
    if (response?.type !== 'DIAL_RSP') throw new Error('the dial was not answered')
    if (response.error) {
      await expectDialError(this.#dialing, 'endpoint', response.error)
      return
    }
    const { received } = await this.#dialing
    await received.closed
    expect(received.bytes.equals(bytesIn(said))).toBe(true)
    expect(received.error).toBeUndefined()
  }
}

/** Our SDK in a process of its own, which writes a line and waits for more than the one byte that is the answer. */
class ClientProcess implements Program {
  readonly stream: AcceptedStream
  readonly #process: TestProcess

  static async start(target: string): Promise<ClientProcess> {
    const { frontendCa, frontendClient } = pki
    const flags = {
      proxy: `localhost:${peer.port}`,
      ca: frontendCa.caFile,
      cert: frontendClient.certFile,
      key: frontendClient.keyFile,
      target,
      mode: 'echo',
    }
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
    const script = path.join(ROOT, 'test/support/interop-client.ts')
    const client = TestProcess.start(process.execPath, [script, ...args], { input: 'E\n' })
    return new ClientProcess(client, await peer.nextStream())
  }

  private constructor(client: TestProcess, stream: AcceptedStream) {
    this.#process = client
    this.stream = stream
  }

  async write(): Promise<void> {}

  async close(): Promise<void> {}

  async finish(): Promise<void> {
    expect(await this.#process.end()).toMatchObject({ signal: 'SIGKILL' })
  }
}

function bytesIn(packets: readonly Packet[]): Buffer {
  return Buffer.concat(packets.flatMap((packet) => (packet.type === 'DATA' ? packet.chunks : [])))
}

describe('our client, to the recorded original of the server, says what the original client said', () => {
  it.each([...scenarios])('%s', async (_, lines) => {
    await play(lines)
    if (lines[0]?.scenario === REUSABLE) await tunnel?.close()
    await eventually(() => peer.sessions.size).toBe(0)
  })
})
