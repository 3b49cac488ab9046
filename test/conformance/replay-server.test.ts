import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodePacket } from '../../src/wire/index.ts'
import { eventually } from '../support/eventually.ts'
import type { GrpcPeer } from '../support/grpc-peer.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'
import {
  amount,
  type RecordedLine,
  rebuildMessage,
  recordedTunnel,
  transcript,
} from '../support/recorded-tunnel.ts'

/** Our server sends at most 64 KiB in one DATA, and joins those that have to wait: of these, only the bytes are compared. */
const RECUT = 'client writes 200,000 bytes at once'

/** Our server keeps the CLOSE_REQ of a client whose connection is over to itself: the agent would not know what it means. */
const LATE_CLOSE_REQ = 'remote closes after sending'

let fixture: ProxyServerFixture
const peers = new Map<string, GrpcPeer>()

beforeAll(async () => {
  fixture = await ProxyServerFixture.create({ serverId: '4e696b6d-17aa-4509-b5e5-b2de3a743804' })
})

afterAll(() => fixture.stop())

/** Plays the client's and the agent's lines, and waits for the server at its own. */
async function play(lines: readonly RecordedLine[]): Promise<void> {
  const before = new Map([...peers].map(([name, peer]) => [name, peer.messages.length]))
  const got = (name: string) => (peers.get(name)?.messages ?? []).slice(before.get(name) ?? 0)
  const expected = new Map<string, Buffer[]>()
  for (const line of lines) {
    const peer = peers.get(line.stream)
    if (!line.dir.startsWith('server')) {
      await say(line, peer)
    } else if (line.headers) {
      const { date, ...headers } = (await peer?.headers) ?? {}
      expect(Object.fromEntries(Object.entries(headers))).toEqual(line.headers)
    } else if (line.message) {
      const message = rebuildMessage(line.message)
      if (isLeftOut(line, message)) continue
      const messages = expected.get(line.stream) ?? []
      expected.set(line.stream, messages)
      messages.push(message)
      await eventually(() => amount(got(line.stream)) >= amount(messages)).toBe(true)
    }
  }
  await Promise.all([...peers.values()].filter((peer) => !peer.stream.closed).map((peer) => peer.settled()))
  for (const name of peers.keys()) {
    const recut = lines[0]?.scenario === RECUT
    expect(transcript(got(name), recut), name).toEqual(transcript(expected.get(name) ?? [], recut))
  }
}

async function say(line: RecordedLine, peer: GrpcPeer | undefined): Promise<void> {
  if (line.headers) {
    peers.set(line.stream, await open(line.headers))
  } else if (line.message) {
    // A stream that our server has ended, behind CLOSE_RSP, takes no more.
    if (peer?.stream.writable) peer.sendMessage(rebuildMessage(line.message))
  } else {
    // The originals' servers leave it to the client to end a stream, and it always resets; ours ends it in order before.
    const code = Number(/^RST_STREAM (\d+)$/.exec(line.end ?? '')?.[1] ?? 0)
    if (peer && !isOver(peer)) await peer.reset(code as 0 | 2 | 8)
    await peer?.ended
  }
}

/** True for a client that has been told that its connection is closed, or that there will be none. */
function isOver({ packets }: GrpcPeer): boolean {
  return packets.some(
    (packet) => packet.type === 'CLOSE_RSP' || (packet.type === 'DIAL_RSP' && packet.error !== ''),
  )
}

async function open(headers: Readonly<Record<string, string>>): Promise<GrpcPeer> {
  const { agentid, agentidentifiers = '' } = headers
  const metadata = { 'user-agent': headers['user-agent'] ?? '' }
  if (agentid === undefined) return fixture.openStream({ metadata })
  return fixture.openAgent({ agentId: agentid, identifiers: agentidentifiers, metadata })
}

function isLeftOut({ scenario, dir }: RecordedLine, message: Buffer): boolean {
  const { type } = decodePacket([message])
  return scenario === LATE_CLOSE_REQ && dir === 'server -> agent' && type === 'CLOSE_REQ'
}

describe('our server, to the recorded originals of client and agent, says what the original server said', () => {
  const scenarios = Map.groupBy(recordedTunnel, ({ scenario }) => scenario)

  it.each([...scenarios])('%s', async (_, lines) => {
    await play(lines)
    await fixture.expectIdle()
  })

  it('and ends the streams of clients in order, once their connections are over', async () => {
    const ends = await Promise.all([...peers].map(async ([name, peer]) => [name, await peer.ended] as const))
    const statuses = ends.map(([name, { status }]) => `${name} ${status}`)
    // The last client went away in the middle, and the agent resets its own stream.
    const inOrder = [2, 3, 4, 5, 6, 7, 8, 9].map((number) => `client#${number} 0`)
    expect(statuses).toEqual(['agent#1 undefined', ...inOrder, 'client#10 undefined'])
  })
})
