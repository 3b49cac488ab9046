import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Tunnel, TunnelSocket } from '../../src/konnectivity-client/index.ts'
import { CertificateAuthority, writeCredentialFiles } from '../../src/pki/index.ts'
import { pingPong } from '../support/ping-pong.ts'
import { freePort } from '../support/ports.ts'
import { CLUSTER_PROXY, endProcesses, type LogLine, run } from '../support/processes.ts'
import { ConnectClient, ScriptedFrontend } from '../support/scripted-frontend.ts'
import { type Behaviour, echoing, flooding, sending, Target } from '../support/targets.ts'
import { createTestPki, type TestPki } from '../support/test-pki.ts'
import { AgentProcess, ServerProcess, startTunnel } from '../support/tunnel-processes.ts'
import { until, untilStill } from '../support/until.ts'

afterEach(endProcesses)

const MIB = 1024 * 1024
const CLEAN_EXIT = { status: 0, signal: null }

async function startTarget(behaviour: Behaviour): Promise<Target> {
  const target = await Target.start(behaviour)
  onTestFinished(() => target.stop())
  return target
}

/** Connects; what becomes of the connection is looked at where it matters. */
async function dial(tunnel: Tunnel, address: string): Promise<TunnelSocket> {
  const socket = await tunnel.dial(address)
  socket.on('error', () => {})
  return socket
}

/** A download that is really under way. */
async function download(
  socket: TunnelSocket,
): Promise<{ end: Promise<{ ended: boolean; code: string | undefined }> }> {
  let received = 0
  let ended = false
  let code: string | undefined
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length
  })
  socket.once('end', () => {
    ended = true
  })
  socket.once('error', (error: NodeJS.ErrnoException) => {
    code = error.code
  })
  const end = new Promise<{ ended: boolean; code: string | undefined }>((resolve) => {
    socket.once('close', () => resolve({ ended, code }))
  })
  await until(() => received > MIB, 'a MiB has arrived')
  return { end }
}

async function startDownloads(server: ServerProcess, target: Target) {
  const tunnel = server.tunnel()
  onTestFinished(() => tunnel.close())
  const bySdk = await download(await dial(tunnel, target.address))
  const byConnect = await ConnectClient.request(server.endpoint, target.address)
  onTestFinished(() => byConnect.destroy())
  await byConnect.bodyOf(MIB)
  return { tunnel, bySdk, byConnect }
}

describe('when a process is killed', () => {
  it('an agent, downloads through it end with an error and not as if they were complete', async () => {
    const target = await startTarget(flooding)
    const { server, agent } = await startTunnel({ pki: await createTestPki() })
    const { bySdk, byConnect } = await startDownloads(server, target)

    await agent.crash()
    expect(await bySdk.end).toEqual({ ended: false, code: 'ECONNRESET' })
    expect(await byConnect.closed).toBe('ECONNRESET')
    await expect(byConnect.ended).rejects.toThrow('closed without an end')
    await until(() => target.sockets.size === 0, 'the target is rid of its connections')
  })

  it('a server, downloads through it end with an error, and its agent and clients come back to the next', async () => {
    const flood = await startTarget(flooding)
    const echo = await startTarget(echoing)
    const { server, agent } = await startTunnel({ pki: await createTestPki() })
    const { tunnel, bySdk, byConnect } = await startDownloads(server, flood)

    await server.crash()
    expect(await bySdk.end).toEqual({ ended: false, code: 'ECONNRESET' })
    await Promise.race([byConnect.closed, byConnect.ended])
    await until(() => flood.sockets.size === 0, 'the target is rid of its connections')
    await until(async () => !(await agent.isReady()), 'the agent knows')

    await server.restart()
    await Promise.all([server.listening(), server.ready(), agent.ready()])
    const socket = await dial(tunnel, echo.address)
    await pingPong(socket, 3)
    socket.destroy()
  })

  it('one of two agents of a host, the other goes on serving', async () => {
    const target = await startTarget(echoing)
    const pki = await createTestPki()
    const server = await ServerProcess.start({ pki, flags: { 'proxy-strategies': 'destHost' } })
    const flags = { 'agent-identifiers': 'host=cluster1', 'host-aliases': 'cluster1=127.0.0.1' }
    const agents = await Promise.all([1, 2].map(() => AgentProcess.start(server, { pki, flags })))
    await until(async () => (await server.agents()) === 2, 'both agents are connected')

    await using tunnel = server.tunnel()
    const address = `cluster1:${target.port}`
    const sockets = await Promise.all(Array.from({ length: 20 }, () => dial(tunnel, address)))
    const [victim, survivor] = agents as [AgentProcess, AgentProcess]
    const shares = [await victim.connections(), await survivor.connections()] as const
    expect(Math.min(...shares)).toBeGreaterThan(0)

    await victim.crash()
    await until(
      () => sockets.filter(({ destroyed }) => destroyed).length === shares[0],
      'its connections broke',
    )
    await Promise.all(sockets.filter(({ destroyed }) => !destroyed).map((socket) => pingPong(socket, 10)))
    for (let count = 0; count < 10; count++) await pingPong(await dial(tunnel, address), 1)
  })
})

describe('when a process is asked to stop', () => {
  it('an agent asks for no more, lets its connection go on, and ends with it', async () => {
    const target = await startTarget(echoing)
    const { server, agent } = await startTunnel({ pki: await createTestPki() })
    await using tunnel = server.tunnel()
    const socket = await dial(tunnel, target.address)
    await pingPong(socket, 1)

    agent.process.kill('SIGTERM')
    await server.process.logged('agent is draining')
    await pingPong(socket, 50)
    expect(agent.process.exit).toBeUndefined()
    socket.destroy()
    expect(await agent.process.exited).toEqual(CLEAN_EXIT)
  })

  it('a draining agent leaves new dials to another', async () => {
    const target = await startTarget(echoing)
    const pki = await createTestPki()
    const { server, agent } = await startTunnel({ pki })
    await using tunnel = server.tunnel()
    const old = await dial(tunnel, target.address)
    const other = await AgentProcess.start(server, { pki })
    await other.ready()
    await until(async () => (await server.agents()) === 2, 'both agents are connected')

    agent.process.kill('SIGTERM')
    await server.process.logged('agent is draining')
    for (let count = 0; count < 5; count++) await pingPong(await dial(tunnel, target.address), 1)
    expect(await other.connections()).toBe(5)
    expect(await agent.connections()).toBe(1)
    old.destroy()
    expect(await agent.process.exited).toEqual(CLEAN_EXIT)
  })

  it('a server takes nothing new, lets its connections go on, and ends with the last', async () => {
    const target = await startTarget(echoing)
    const { server, agent } = await startTunnel({
      pki: await createTestPki(),
      flags: { 'graceful-shutdown-timeout': '5m' },
    })
    await using tunnel = server.tunnel()
    const socket = await dial(tunnel, target.address)
    const client = await ConnectClient.request(server.endpoint, target.address)
    await client.head()

    server.process.kill('SIGTERM')
    await server.process.logged('waiting for connections to end')
    await expect(server.tunnel().dial(target.address)).rejects.toMatchObject({ reason: 'streamsetup' })
    await pingPong(socket, 50)
    client.socket.end('and out')
    expect(String(await client.bodyOf(7))).toBe('and out')
    await pingPong(socket, 50)
    expect(server.process.exit).toBeUndefined()
    client.destroy()
    socket.destroy()
    expect(await server.process.exited).toEqual(CLEAN_EXIT)
    await until(async () => !(await agent.isReady()), 'the agent knows')
  })

  it('a server without patience breaks its connections off, and says so', async () => {
    const target = await startTarget(flooding)
    const { server } = await startTunnel({ pki: await createTestPki() })
    const { bySdk, byConnect } = await startDownloads(server, target)
    server.process.kill('SIGTERM')
    expect(await bySdk.end).toEqual({ ended: false, code: 'ECONNRESET' })
    expect(await byConnect.closed).toBe('ECONNRESET')
    expect(await server.process.exited).toEqual(CLEAN_EXIT)
    expect(server.process.log).toContainEqual(
      expect.objectContaining({ msg: 'connections broken off by the shutdown', connections: 2 }),
    )
  })
})

it('three servers serve through one agent that was told of each', async () => {
  const target = await startTarget(echoing)
  const pki = await createTestPki()
  const servers = await Promise.all(
    [1, 2, 3].map((number) =>
      ServerProcess.start({ pki, flags: { 'server-id': `server-${number}`, 'server-count': 3 } }),
    ),
  )
  const addresses = servers.map(({ agentPort }) => `127.0.0.1:${agentPort}`)
  await AgentProcess.start(undefined, { pki, flags: { 'proxy-server': addresses } })
  await Promise.all(servers.map((server) => Promise.all([server.ready(), server.listening()])))

  const serve = async (server: ServerProcess) => {
    await using tunnel = server.tunnel()
    await pingPong(await dial(tunnel, target.address), 3)
  }
  for (const server of servers) await serve(server)
  const [first, ...others] = servers as [ServerProcess, ...ServerProcess[]]
  await first.crash()
  for (const server of others) await serve(server)
  await first.restart()
  await Promise.all([first.ready(), first.listening()])
  await serve(first)
})

describe('certificates that change on disk', () => {
  async function rotate({ dir }: TestPki, side: 'frontend' | 'agent'): Promise<X509Certificate> {
    const authority = await CertificateAuthority.create({ commonName: 'the next CA' })
    const server = await authority.issueServerCertificate({
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
    })
    const client = await authority.issueClientCertificate({ commonName: 'the next client' })
    const caPem = authority.certificatePem
    await writeCredentialFiles(path.join(dir, `${side}Server`), { ...server, caPem })
    await writeCredentialFiles(path.join(dir, `${side}Client`), { ...client, caPem })
    return new X509Certificate(server.certificatePem)
  }

  it('count for new handshakes, and leave live connections alone', async () => {
    const pki = await createTestPki(await mkdtemp(path.join(os.tmpdir(), 'rotation-')))
    const target = await startTarget(echoing)
    const { server, agent } = await startTunnel({ pki })
    await using tunnel = server.tunnel()
    const live = await dial(tunnel, target.address)
    await pingPong(live, 1)

    const [frontends, agents] = await Promise.all([rotate(pki, 'frontend'), rotate(pki, 'agent')])
    const { port } = server.endpoint as { port: number }
    await until(
      async () => (await shownAt(port)) === frontends.fingerprint256,
      'frontends see the new certificate',
    )
    await until(async () => (await shownAt(server.agentPort)) === agents.fingerprint256, 'agents do, too')
    await pingPong(live, 10)

    const nextAgent = await AgentProcess.start(server, { pki })
    await nextAgent.ready()
    await until(async () => (await server.agents()) === 2, 'both agents are connected')
    await using nextTunnel = server.tunnel()
    await pingPong(await dial(nextTunnel, target.address), 10)
    await using lateTunnel = server.tunnel() // with what the files say now
    await pingPong(await dial(lateTunnel, target.address), 10)
    await pingPong(live, 10)
    await expect(ConnectClient.request(server.endpoint, target.address)).rejects.toThrow() // with the old ones
    await nextAgent.crash()
    await agent.ready()
    await pingPong(live, 10)
  })
})

it('an agent notices that a server has frozen, and comes back to it when it thaws', async () => {
  const target = await startTarget(echoing)
  const { server, agent } = await startTunnel({ pki: await createTestPki() })
  await using tunnel = server.tunnel()
  const live = await dial(tunnel, target.address)
  server.process.kill('SIGSTOP')
  await until(async () => (await agent.status('/readyz')) === 503, 'the agent says that it is not ready')
  await agent.process.logged('proxy server does not answer')
  await until(() => live.destroyed, 'the SDK has given up, too')
  server.process.kill('SIGCONT')
  await Promise.all([agent.ready(), server.ready()])
  await pingPong(await dial(tunnel, target.address), 3)
})

describe('peers that do not trust each other', () => {
  /** The agent may be there before the server. */
  const isNotAboutTheStart = ({ err }: LogLine) => !err?.message.includes('ECONNREFUSED')

  it('a server tells which agent it refuses and why, and so does the agent', async () => {
    const pki = await createTestPki()
    const server = await ServerProcess.start({ pki })
    const { certFile, keyFile } = pki.wrongCaClient
    const agent = await AgentProcess.start(server, {
      pki,
      flags: { 'agent-cert': certFile, 'agent-key': keyFile },
    })
    expect(await server.process.logged('handshake failed')).toMatchObject({
      level: 40,
      peer: '127.0.0.1',
      reason: 'certificate refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    })
    const complaint = await agent.process.logged('cannot connect to proxy server', isNotAboutTheStart)
    expect(complaint.err?.message).toMatch(/may not accept our certificate/)
    expect(complaint.err?.stack).toBeUndefined()
  })

  it('an agent tells that it does not trust the server', async () => {
    const pki = await createTestPki()
    const server = await ServerProcess.start({ pki })
    const agent = await AgentProcess.start(server, { pki, flags: { 'ca-cert': pki.frontendCa.caFile } })
    const complaint = await agent.process.logged('cannot connect to proxy server', isNotAboutTheStart)
    expect(complaint.err?.message).toMatch(/self-signed certificate in certificate chain/)
    expect(complaint.err?.stack).toBeUndefined()
    expect(await server.process.logged('handshake failed')).toMatchObject({
      level: 40,
      reason: 'the peer went away, it may not trust our certificate',
    })
  })
})

describe('a command line that cannot work', () => {
  it.each([
    ['proxy-server', '--server-port=many', /--server-port/],
    ['proxy-server', '--mode=udp', /mode must be/],
    ['proxy-server', '--server-cert=/nowhere/tls.crt', /server-(cert|key)|\/nowhere\/tls\.crt/],
    ['proxy-agent', '--sync-interval=soon', /--sync-interval/],
    ['proxy-agent', '--proxy-server=here', /proxy-server must be/],
    ['proxy-agent', '--ca-cert=/nowhere/ca.crt', /\/nowhere\/ca\.crt/],
  ])('%s %s: status 1, and what is wrong', async (process_, flag, what) => {
    const { stdout, stderr, ...exit } = await run(CLUSTER_PROXY, [process_, flag])
    expect(exit).toEqual({ status: 1, signal: null })
    expect(stderr).toMatch(new RegExp(`^cluster-proxy ${process_}: .*\n.*--help`))
    expect(stderr).toMatch(what)
    expect(stdout + stderr).not.toMatch(/^ +at /m)
  })

  it.each(['server-port', 'agent-port', 'health-port', 'admin-port'])(
    'a server whose --%s is taken: status 1, and which',
    async (flag) => {
      const port = await takePort()
      const { process } = await ServerProcess.start({ pki: await createTestPki(), flags: { [flag]: port } })
      expect(await process.exited).toEqual({ status: 1, signal: null })
      expect(process.log.at(-1)).toMatchObject({
        msg: 'failed',
        err: { message: `listen tcp 127.0.0.1:${port}: bind: address already in use (set by --${flag})` },
      })
      expect(process.output).not.toMatch(/\\n +at /)
    },
  )

  it.each(['health-server-port', 'admin-server-port'])(
    'an agent whose --%s is taken: status 1, and which',
    async (flag) => {
      const port = await takePort()
      const { process } = await AgentProcess.start(undefined, {
        pki: await createTestPki(),
        flags: { [flag]: port },
      })
      expect(await process.exited).toEqual({ status: 1, signal: null })
      expect(process.log.at(-1)?.err?.message).toBe(
        `listen tcp 127.0.0.1:${port}: bind: address already in use (set by --${flag})`,
      )
    },
  )
})

describe('300 readers that do not read', () => {
  const READERS = 300
  const WINDOW_BYTES = 128 * 1024
  /** docs/protocol.md, section 4: the connection window, and what the frontend's stream has been given. */
  const BOUND_BYTES = WINDOW_BYTES + 192 * 1024
  /** What else a connection costs, and memory that the runtime has not given back. */
  const SLACK_BYTES = 256 * 1024
  const BASE_BYTES = 96 * MIB
  /** Of a reader, in HTTP/2. The SDK's is so large that what the target sends would fit into it. */
  const READER_WINDOW_BYTES = 32 * 1024

  it('cost the server no more than is documented, and nobody else anything', async () => {
    const target = await startTarget(sending(4 * MIB))
    const echo = await startTarget(echoing)
    const flags = { 'connection-window': WINDOW_BYTES }
    const { server } = await startTunnel({ pki: await createTestPki(), flags }, { flags })
    await using tunnel = server.tunnel()
    await pingPong(await dial(tunnel, echo.address), 1)
    const before = await server.metric('process_resident_memory_bytes')

    const frontend = ScriptedFrontend.connect(server.endpoint, READER_WINDOW_BYTES)
    onTestFinished(() => frontend.close())
    const connect = async () => {
      const stream = frontend.open({ extensions: true })
      await stream.dial(target.address)
      stream.stream.pause()
    }
    for (let count = 0; count < READERS; count += 50) await Promise.all(Array.from({ length: 50 }, connect))
    const queued = () => server.metric('konnectivity_network_proxy_server_queued_bytes{to="frontend"}')
    await until(async () => (await queued()) > READERS * WINDOW_BYTES, 'more than the windows is queued')
    const most = await untilStill(queued, 1_000)
    const grown = (await server.metric('process_resident_memory_bytes')) - before
    expect(most).toBeLessThanOrEqual(READERS * BOUND_BYTES)
    expect(grown).toBeLessThan(READERS * (BOUND_BYTES + SLACK_BYTES) + BASE_BYTES)
    await pingPong(await dial(tunnel, echo.address), 20)
  })
})

/** The fingerprint of the certificate that a listener shows. */
async function shownAt(port: number): Promise<string | undefined> {
  const socket = tls.connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ALPNProtocols: ['h2', 'http/1.1'],
  })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerX509Certificate() ?? {}
  socket.destroy()
  return fingerprint256
}

async function takePort(): Promise<number> {
  const server = net.createServer()
  server.listen(await freePort(), '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}
