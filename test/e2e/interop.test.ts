import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Exit, endProcesses, TestProcess } from '../support/processes.ts'
import { echoing, Target } from '../support/targets.ts'
import { createTestPki, type TestPki } from '../support/test-pki.ts'
import {
  type AgentProcess,
  type FrontendMode,
  type ServerProcess,
  type ServerProcessOptions,
  startTunnel,
} from '../support/tunnel-processes.ts'
import { until } from '../support/until.ts'

/** Another program may play any of the roles, docs/interop.md says how. */
const { CLUSTER_PROXY_SERVER, CLUSTER_PROXY_AGENT, CLUSTER_PROXY_CLIENT } = process.env
const ownClient = fileURLToPath(new URL('../support/interop-client.ts', import.meta.url))
const client = CLUSTER_PROXY_CLIENT || `'${process.execPath}' '${ownClient}'`

const PAGE = 'a page from inside the cluster\n'
const GOODBYE = randomBytes(200_000).toString('base64')

/** What the agent's cluster has to offer. */
class Targets {
  readonly #servers: net.Server[] = []
  echo!: Target
  /** Tells about itself over HTTP. */
  web!: string
  /** Says something and closes. */
  goodbye!: string
  /** Nobody listens there. */
  closed!: string

  async start(): Promise<void> {
    this.echo = await Target.start(echoing)
    this.web = await this.#listen(http.createServer((_, response) => response.end(PAGE)))
    this.goodbye = await this.#listen(net.createServer((socket) => socket.end(GOODBYE)))
    this.closed = await this.#listen(net.createServer())
    const server = this.#servers.pop() as net.Server
    server.close()
    await once(server, 'close')
  }

  async stop(): Promise<void> {
    await this.echo.stop()
    for (const server of this.#servers) server.close()
  }

  async #listen(server: net.Server): Promise<string> {
    this.#servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }
}

const targets = new Targets()
let pki: TestPki
let dir: string

beforeAll(async () => {
  pki = await createTestPki()
  dir = await mkdtemp(path.join(os.tmpdir(), 'interop-'))
  await targets.start()
})

afterAll(async () => {
  await targets.stop()
  await rm(dir, { recursive: true })
})

const frontends: readonly [FrontendMode, 'mTLS' | 'unix socket'][] = [
  ['grpc', 'mTLS'],
  ['grpc', 'unix socket'],
  ['http-connect', 'mTLS'],
  ['http-connect', 'unix socket'],
]

describe.each(frontends)('server, agent and client, by %s over %s', (mode, transport) => {
  let server: ServerProcess
  let agent: AgentProcess

  beforeAll(async () => {
    const socketPath = transport === 'mTLS' ? undefined : path.join(dir, `${mode}.sock`)
    const options: ServerProcessOptions = {
      pki,
      socketPath,
      mode,
      flags: { 'server-id': 'server-1', 'server-count': 1 },
      commandLine: CLUSTER_PROXY_SERVER,
    }
    const started = await startTunnel(options, {
      flags: { 'agent-id': 'agent-1' },
      commandLine: CLUSTER_PROXY_AGENT,
    })
    server = started.server
    agent = started.agent
  })

  afterAll(endProcesses)

  function startClient(clientMode: string, target: string, flags: readonly string[] = [], input?: string) {
    const { endpoint } = server
    const { frontendCa, frontendClient } = pki
    const proxy =
      'path' in endpoint
        ? [`--uds=${endpoint.path}`]
        : [
            `--proxy=127.0.0.1:${endpoint.port}`,
            `--ca=${frontendCa.caFile}`,
            `--cert=${frontendClient.certFile}`,
            `--key=${frontendClient.keyFile}`,
          ]
    const args = [...proxy, `--protocol=${mode}`, `--mode=${clientMode}`, `--target=${target}`, ...flags]
    return TestProcess.startCommandLine(client, args, input === undefined ? {} : { input })
  }

  interface Outcome extends Exit {
    readonly stdout: string
    readonly stderr: string
  }

  async function runClient(...args: Parameters<typeof startClient>): Promise<Outcome> {
    const running = startClient(...args)
    const exit = await running.exited
    return { ...exit, stdout: running.stdout, stderr: running.stderr }
  }

  /** Returns what the client has to show. */
  async function succeed(...args: Parameters<typeof startClient>): Promise<string> {
    const { stdout, stderr, ...exit } = await runClient(...args)
    expect(exit, stdout.slice(-1000) + stderr.slice(0, 1000)).toEqual({ status: 0, signal: null })
    return stdout
  }

  it('returns what was sent', async () => {
    expect(await succeed('echo', targets.echo.address, [], 'hello\n')).toBe('hello\n')
  })

  it('gets a page', async () => {
    expect(await succeed('get', targets.web, ['--path=/'])).toBe(PAGE)
  })

  it('carries 4 MB there and back', async () => {
    await succeed('bulk', targets.echo.address, ['--n=4000000'])
  })

  it('dials 50 times, one after the other', async () => {
    await succeed('seq', targets.echo.address, ['--n=50'])
  })

  it('dials 100 times at once', async () => {
    await succeed('par', targets.echo.address, ['--n=100'])
  })

  it('tells that a dial was refused', async () => {
    const { status, stderr } = await runClient('read', targets.closed)
    expect(status).toBe(1)
    expect(stderr).toContain(`dial tcp ${targets.closed}: connect: connection refused`)
  })

  it('tells that there is no such host', async () => {
    const { status, stderr } = await runClient('read', 'nowhere.invalid:80')
    expect(status).toBe(1)
    expect(stderr).toContain('lookup nowhere.invalid')
  })

  it('brings everything that a target has said before it closed', async () => {
    const said = await succeed('read', targets.goodbye)
    expect(said.length).toBe(GOODBYE.length)
    expect(said === GOODBYE).toBe(true)
  })

  it('closes the connection to the target when the client is gone', async () => {
    const held = startClient('hold', targets.echo.address)
    await until(() => targets.echo.sockets.size > 0, 'the target is connected')
    await held.end()
    await until(() => targets.echo.sockets.size === 0, 'the target is rid of the connection')
  })

  it('goes on when the agent was restarted', async () => {
    await agent.crash()
    await agent.restart()
    await Promise.all([agent.ready(), server.ready()])
    expect(await succeed('echo', targets.echo.address, [], 'again\n')).toBe('again\n')
  })

  it('goes on when the server was restarted', async () => {
    await server.crash()
    await server.restart()
    await Promise.all([server.ready(), server.listening()])
    expect(await succeed('echo', targets.echo.address, [], 'and again\n')).toBe('and again\n')
  })
})
