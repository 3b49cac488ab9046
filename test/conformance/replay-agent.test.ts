import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fixture } from '../proxy-agent/fixture.ts'
import { eventually } from '../support/eventually.ts'
import { type AcceptedStream, GrpcServerPeer } from '../support/grpc-server-peer.ts'
import { endProcesses } from '../support/processes.ts'
import {
  amount,
  encodeMessage,
  type RecordedLine,
  rebuildMessage,
  recordedTunnel,
  Substitutes,
  transcript,
} from '../support/recorded-tunnel.ts'
import { type Behaviour, Target } from '../support/targets.ts'
import { AgentProcess } from '../support/tunnel-processes.ts'

/** Ours reads up to 64 KiB of a target at once, the original 4 KiB: of these, only the bytes are compared. */
const RECUT = 'client writes 200,000 bytes at once'

/** Ours asks the system, which does not tell what DNS server it has asked. */
const DNS_SERVER = ' on 198.51.100.53:53'

/** Ours goes by itself once it has nothing to do, for which the original waits for a second signal: the replay holds a connection. */
const DRAINS = 'agent gets SIGTERM: drains'
const EXITS = 'agent gets a second SIGTERM'

const IDENTIFIERS = 'host=cluster1&host=cluster1.x&ipv4=10.0.0.1'

/** What stood at port 18100: confirms the first line, which says what to do, and returns what comes behind it. */
const confirming: Behaviour = (socket) => {
  socket.once('end', () => socket.end())
  socket.once('data', () => {
    socket.write('!')
    socket.pipe(socket)
  })
}

/** What stood at port 18101. */
const sayingBye: Behaviour = (socket) => void socket.resume().end('bye')

const lines = recordedTunnel.filter(({ stream }) => stream === 'agent#1')
const scenarios = Map.groupBy(lines, ({ scenario }) => scenario)
const fixture = new Fixture()
let peer: GrpcServerPeer
let confirmer: Target
let byeSayer: Target
let substitutes: Substitutes
let stream: AcceptedStream

beforeAll(async () => {
  const { agentServer, agentCa } = await fixture.pki()
  peer = fixture.owns(await GrpcServerPeer.start(agentServer, agentCa))
  confirmer = fixture.owns(await Target.start(confirming))
  byeSayer = fixture.owns(await Target.start(sayingBye))
  // Nobody listens at the two other addresses, here as there.
  substitutes = new Substitutes({
    '127.0.0.1:18100': confirmer.address,
    '127.0.0.1:18101': byeSayer.address,
    [DNS_SERVER]: '',
  })
})

afterAll(async () => {
  await endProcesses()
  await fixture.stop()
})

/** Plays the server's lines, and waits for the agent at its own. */
async function play(scenario: string): Promise<void> {
  const played = scenarios.get(scenario)
  if (!played) throw new Error(`nothing was recorded of ${scenario}`)
  const before = stream.messages.length
  const got = () => stream.messages.slice(before)
  const expected: Buffer[] = []
  for (const { dir, headers, message } of played) {
    if (dir === 'server -> agent') {
      if (headers) stream.respond(headers)
      else if (message) stream.sendMessage(substitutes.applyTo(rebuildMessage(message)))
    } else if (headers) {
      expect(withoutOurOwn(stream.headers)).toEqual(withoutTheirs(headers))
    } else if (message) {
      const original = rebuildMessage(message)
      await eventually(() => amount(got()) >= amount([...expected, original])).toBe(true)
      const answer = got()[expected.length]
      if (answer) substitutes.learn(original, answer)
      expected.push(substitutes.applyTo(original))
    }
  }
  await expectEnding(played.find(({ end }) => end)?.end)
  expect(transcript(got(), scenario === RECUT)).toEqual(transcript(expected, scenario === RECUT))
}

/** Without an end in the recording, there is silence. A reset is there with a code, and with a second line behind it. */
async function expectEnding(end: string | undefined): Promise<void> {
  if (end !== undefined) {
    expect(await stream.ended).toBe(end.replace(/ \d+$/, ''))
  } else {
    await stream.settled()
    expect(stream.ending).toBeUndefined()
  }
}

/** A connection of the server's that the recording does not have. */
async function hold(): Promise<void> {
  const dial = { type: 'DIAL_REQ', protocol: 'tcp', address: confirmer.address, random: 1n } as const
  stream.sendMessage(encodeMessage(dial))
  await eventually(() => stream.messages.length).toBe(1)
}

/** Our agent announces our extensions, of which the recorded server takes no notice. */
function withoutOurOwn(headers: AcceptedStream['headers']): Record<string, unknown> {
  const known = Object.entries(headers).filter(([name]) => !name.startsWith('cluster-proxy-'))
  return Object.fromEntries(known)
}

/** The original names its implementation, which ours does not; and it leaves out the server's port, as in a certificate. */
function withoutTheirs({ 'user-agent': _agent, ...headers }: NonNullable<RecordedLine['headers']>) {
  return { ...headers, ':authority': `${headers[':authority']}:${peer.port}` }
}

describe('to the recorded original of the server', () => {
  describe('our agent says what the original agent said', () => {
    beforeAll(async () => {
      await fixture.agent(
        {
          servers: [{ host: 'localhost', port: peer.port }],
          hostAliases: { localhost: ['127.0.0.1'] },
          agentIdentifiers: IDENTIFIERS,
        },
        { lookup: (host) => Promise.reject(Object.assign(new Error(host), { code: 'ENOTFOUND' })) },
      )
      stream = await peer.nextStream()
    })

    const inProcess = [...scenarios.keys()].filter((scenario) => scenario !== DRAINS && scenario !== EXITS)

    it.each(inProcess)('%s', async (scenario) => {
      await play(scenario)
      await eventually(() => confirmer.sockets.size + byeSayer.sockets.size).toBe(0)
    })
  })

  describe('our agent, as a process, says what the original agent said', () => {
    let agent: AgentProcess

    beforeAll(async () => {
      agent = await AgentProcess.start(
        { agentPort: peer.port },
        {
          pki: await fixture.pki(),
          flags: {
            'proxy-server-host': 'localhost',
            'host-aliases': 'localhost=127.0.0.1',
            'agent-id': 'agent-1',
            'agent-identifiers': IDENTIFIERS,
          },
        },
      )
      stream = await peer.nextStream()
    })

    it('agent connects', () => play('agent connects'))

    it(DRAINS, async () => {
      await hold()
      agent.process.kill('SIGTERM')
      await play(DRAINS)
    })

    it(EXITS, async () => {
      agent.process.kill('SIGTERM')
      await play(EXITS)
    })
  })
})
