import { once } from 'node:events'
import net from 'node:net'
import type { Logger } from '../../src/common/log.ts'
import {
  DEFAULT_DENIED_DESTINATIONS,
  DestinationPolicy,
  ProxyAgent,
  type ProxyAgentComponents,
  ProxyAgentMetrics,
  type ProxyAgentOptions,
} from '../../src/proxy-agent/index.ts'
import { DEFAULT_WINDOW_BYTES } from '../../src/wire/index.ts'
import { eventually } from '../support/eventually.ts'
import { ScriptedServer, type ScriptedServerOptions } from '../support/scripted-server.ts'
import { createTestPki, type TestPki } from '../support/test-pki.ts'

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Keeps what is logged. */
export function recordingLogger(lines: LogLine[], context: Record<string, unknown> = {}): Logger {
  const at = (level: string) => (first: object | string, message?: string) => {
    const fields = typeof first === 'string' ? context : { ...context, ...first }
    lines.push({ level, message: message ?? String(first), fields })
  }
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    trace: at('trace'),
    child: (fields) => recordingLogger(lines, { ...context, ...fields }),
    isLevelEnabled: () => true,
  }
}

export interface Stoppable {
  stop(): Promise<unknown>
}

/** What one test started; `stop` ends it all, last things first. */
export class Fixture {
  readonly logs: LogLine[] = []
  readonly metrics = new ProxyAgentMetrics()
  readonly #parts: Stoppable[] = []

  pki(): Promise<TestPki> {
    return createTestPki()
  }

  owns<T extends Stoppable>(part: T): T {
    this.#parts.push(part)
    return part
  }

  async server(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
    return this.owns(await ScriptedServer.start(await this.pki(), options))
  }

  /** A started agent with short waits. It is stopped at once at the end of the test. */
  async agent(
    options: Partial<ProxyAgentOptions>,
    components: Partial<ProxyAgentComponents> = {},
  ): Promise<ProxyAgent> {
    const pki = await this.pki()
    const agent = new ProxyAgent(
      {
        log: recordingLogger(this.logs),
        metrics: this.metrics,
        tls: () => ({ ca: pki.agentCa.caPem, cert: pki.agentClient.certPem, key: pki.agentClient.keyPem }),
        destinations: new DestinationPolicy({ allow: [], deny: DEFAULT_DENIED_DESTINATIONS }),
        env: {},
        ...components,
      },
      {
        servers: [],
        agentId: 'agent-1',
        agentIdentifiers: '',
        serverCountSource: 'default',
        syncIntervalMs: 5,
        syncIntervalCapMs: 20,
        syncForever: false,
        refreshMs: 5,
        keepaliveMs: 30_000,
        windowBytes: DEFAULT_WINDOW_BYTES,
        halfOpenTimeoutMs: 300_000,
        allowedProtocols: ['tcp'],
        hostAliases: {},
        drainTimeoutMs: 30_000,
        ...options,
      },
    )
    this.owns({ stop: () => agent.stop(AbortSignal.abort()) })
    agent.start()
    return agent
  }

  /** A target; what it does with its connections is the test's business. */
  async target(onConnection: (socket: net.Socket) => void, options: net.ServerOpts = {}): Promise<Target> {
    const target = new Target(onConnection, options)
    await target.start()
    return this.owns(target)
  }

  /** A server with a connected agent and a target. */
  async tunnel({
    server: serverOptions = {},
    agent: agentOptions = {},
    onConnection = () => {},
  }: TunnelOptions = {}) {
    const server = await this.server(serverOptions)
    const target = await this.target(onConnection, { allowHalfOpen: true })
    const agent = await this.agent({
      servers: [{ host: '127.0.0.1', port: server.port }],
      ...agentOptions,
    })
    const stream = await server.nextStream()
    await eventually(() => agent.isReady()).toBe(true)
    const open = async () => {
      const socket = target.nextSocket()
      const { connectId, error } = await stream.dial(target.address)
      if (error !== '') throw new Error(error)
      return { connectId, socket: await socket }
    }
    return { server, target, agent, stream, open }
  }

  async stop(): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await part.stop()
  }
}

export interface TunnelOptions {
  readonly server?: ScriptedServerOptions
  readonly agent?: Partial<ProxyAgentOptions>
  readonly onConnection?: (socket: net.Socket) => void
}

export class Target implements Stoppable {
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()

  constructor(onConnection: (socket: net.Socket) => void, options: net.ServerOpts) {
    this.#server = net.createServer(options, (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => this.#sockets.delete(socket))
      onConnection(socket)
    })
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`
  }

  get connectionCount(): number {
    return this.#sockets.size
  }

  async nextSocket(): Promise<net.Socket> {
    const [socket] = await once(this.#server, 'connection')
    return socket
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}

/** Everything that comes until the peer's FIN. */
export async function readAll(socket: net.Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk)).resume()
  await once(socket, 'end')
  return Buffer.concat(chunks)
}

/** The error that a socket ends with, if any. */
export function endOf(socket: net.Socket): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    let error: NodeJS.ErrnoException | undefined
    socket.on('error', (reason) => {
      error = reason
    })
    socket.once('close', () => resolve(error))
    socket.resume()
  })
}
