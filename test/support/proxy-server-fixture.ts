import { expect, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/common/log.ts'
import {
  type AgentAuthenticator,
  ProxyServer,
  ProxyServerMetrics,
  type ProxyServerOptions,
} from '../../src/proxy-server/index.ts'
import { eventuallyDone } from './eventually.ts'
import { ScriptedAgent, type ScriptedAgentOptions } from './scripted-agent.ts'
import {
  ConnectClient,
  type FrontendEndpoint,
  ScriptedFrontend,
  type ScriptedStream,
  type ScriptedStreamOptions,
} from './scripted-frontend.ts'
import { createTestPki, type TestPki } from './test-pki.ts'

export interface ProxyServerFixtureOptions extends Partial<ProxyServerOptions> {
  /** Take frontends on this unix socket instead of a port. */
  readonly socketPath?: string
  readonly authenticator?: AgentAuthenticator
}

const NAME_PREFIX = 'konnectivity_network_proxy_server_'

/** A proxy server on ports of its own, and everything that a test connects to it. */
export class ProxyServerFixture {
  readonly server: ProxyServer
  readonly metrics: ProxyServerMetrics
  readonly pki: TestPki
  #endpoint: FrontendEndpoint
  readonly #peers: { close(): void }[] = []
  #session: ScriptedFrontend | undefined

  /** Starts a server, which ends with the test and is then checked for what it left behind. */
  static async start(options: ProxyServerFixtureOptions = {}): Promise<ProxyServerFixture> {
    const fixture = await ProxyServerFixture.create(options)
    onTestFinished(() => fixture.stop())
    return fixture
  }

  /** Starts a server for several tests, whose file stops it. */
  static async create(options: ProxyServerFixtureOptions = {}): Promise<ProxyServerFixture> {
    const fixture = new ProxyServerFixture(await createTestPki(), options)
    await fixture.server.start()
    if (options.socketPath === undefined)
      fixture.#endpoint = { port: fixture.server.frontendPort, pki: fixture.pki }
    return fixture
  }

  constructor(pki: TestPki, { authenticator, socketPath, ...options }: ProxyServerFixtureOptions) {
    this.pki = pki
    this.metrics = new ProxyServerMetrics()
    this.#endpoint = { path: socketPath ?? '' }
    const tlsOf = (
      { certPem, keyPem }: { certPem: string; keyPem: string },
      { caPem }: { caPem: string },
    ) => ({ cert: certPem, key: keyPem, ca: caPem })
    this.server = new ProxyServer(
      {
        log: silentLogger,
        metrics: this.metrics,
        agentTls: {
          ...tlsOf(pki.agentServer, pki.agentCa),
          ...(authenticator ? { ca: undefined } : {}),
        },
        frontendTls: socketPath === undefined ? tlsOf(pki.frontendServer, pki.frontendCa) : undefined,
        authenticator,
      },
      {
        serverId: 'server-1',
        serverCount: 1,
        strategies: ['default'],
        frontendModes: ['grpc', 'http-connect'],
        frontendAddress:
          socketPath === undefined
            ? { host: '127.0.0.1', port: 0, flag: '--server-port' }
            : { path: socketPath },
        agentAddress: { host: '127.0.0.1', port: 0, flag: '--agent-port' },
        deleteExistingSocket: true,
        keepaliveMs: 30_000,
        frontendKeepaliveMs: 3_600_000,
        dialTimeoutMs: 10_000,
        halfOpenTimeoutMs: 10_000,
        windowBytes: 512 * 1024,
        gracefulShutdownMs: 0,
        ...options,
      },
    )
  }

  get endpoint(): FrontendEndpoint {
    return this.#endpoint
  }

  async connectAgent(options?: ScriptedAgentOptions): Promise<ScriptedAgent> {
    return this.#keep(await ScriptedAgent.connect(this.server.agentPort, this.pki, options))
  }

  /** An agent that may well be refused. */
  async openAgent(options?: ScriptedAgentOptions): Promise<ScriptedAgent> {
    return this.#keep(await ScriptedAgent.open(this.server.agentPort, this.pki, options))
  }

  /** A gRPC frontend with an HTTP/2 session of its own. */
  connectFrontend(windowBytes?: number): ScriptedFrontend {
    const frontend = ScriptedFrontend.connect(this.endpoint, windowBytes)
    this.#peers.push(frontend)
    return frontend
  }

  /** A stream on a session that all streams of the test share. */
  openStream(options?: ScriptedStreamOptions): ScriptedStream {
    this.#session ??= this.connectFrontend()
    return this.#session.open(options)
  }

  async connectClient(target?: string, pipelined?: string): Promise<ConnectClient> {
    const client = await ConnectClient.request(this.endpoint, target, pipelined)
    this.#peers.push({ close: () => client.destroy() })
    return client
  }

  /** A connection over gRPC that `agent` has accepted. */
  async establish(
    agent: ScriptedAgent,
    options?: ScriptedStreamOptions,
  ): Promise<{ stream: ScriptedStream; connectId: number }> {
    const stream = this.openStream(options)
    const [connectId] = await Promise.all([stream.dial(), agent.accept()])
    return { stream, connectId: connectId as number }
  }

  /** A connection over HTTP CONNECT that `agent` has accepted. */
  async establishClient(agent: ScriptedAgent): Promise<{ client: ConnectClient; connectId: number }> {
    const client = await this.connectClient()
    const connectId = await agent.accept()
    await client.head()
    return { client, connectId: connectId as number }
  }

  /** The value of a metric, by its name without the prefix; 0 where nothing was counted yet. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const metric = this.metrics.registry.getSingleMetric(`${NAME_PREFIX}${name}`)
    if (!metric) throw new Error(`no metric ${name}`)
    const { values } = await metric.get()
    const found = values.find((value) =>
      Object.entries(labels).every(
        ([label, wanted]) => (value.labels as Record<string, unknown>)[label] === wanted,
      ),
    )
    return found?.value ?? 0
  }

  /** How many times a histogram was fed. */
  async observations(name: string): Promise<number> {
    const text = await this.metrics.registry.getSingleMetricAsString(`${NAME_PREFIX}${name}`)
    return Number(/_count (\d+)/.exec(text)?.[1] ?? 0)
  }

  /** Waits until no connection and no dial is left, and the gauges say so too. */
  async expectIdle(): Promise<void> {
    await eventuallyDone(async () => {
      expect({
        busy: this.server.busy,
        pending: await this.metric('pending_backend_dials'),
        established: await this.metric('established_connections'),
        paused: await this.metric('full_receive_channels', { service_method: 'Connect' }),
        pausedFrontends: await this.metric('full_receive_channels', { service_method: 'Proxy' }),
      }).toEqual({ busy: 0, pending: 0, established: 0, paused: 0, pausedFrontends: 0 })
    })
  }

  /** Ends everything, and checks that nothing of it is left in the server. */
  async stop(): Promise<void> {
    for (const peer of this.#peers) peer.close()
    await this.server.stop()
    await this.expectIdle()
    await eventuallyDone(async () => {
      expect({
        frontends: await this.metric('grpc_connections', { service_method: 'Proxy' }),
        agents: await this.metric('grpc_connections', { service_method: 'Connect' }),
        clients: await this.metric('http_connections'),
        ready: await this.metric('ready_backend_connections'),
      }).toEqual({ frontends: 0, agents: 0, clients: 0, ready: 0 })
    })
  }

  #keep(agent: ScriptedAgent): ScriptedAgent {
    this.#peers.push({ close: () => agent.session.destroy() })
    return agent
  }
}
