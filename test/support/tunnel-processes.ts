import http from 'node:http'
import net from 'node:net'
import {
  createHttpConnectTunnel,
  createTunnel,
  credentialsFromFiles,
  type Tunnel,
} from '../../src/konnectivity-client/index.ts'
import { freePortsFor } from './ports.ts'
import { CLUSTER_PROXY, type Exit, TestProcess } from './processes.ts'
import type { FrontendEndpoint } from './scripted-frontend.ts'
import type { TestPki } from './test-pki.ts'
import { until } from './until.ts'

/** Flags by name, without their hyphens. A list makes a flag several times. */
export type Flags = Readonly<Record<string, string | number | boolean | readonly string[]>>

export type FrontendMode = 'grpc' | 'http-connect'

/** What the processes share: their command line, and the health port by which they are seen to be ready. */
abstract class TunnelProcess {
  readonly #commandLine: string
  readonly #args: readonly string[]
  readonly #healthPort: number
  #process: TestProcess

  constructor(commandLine: string, flags: Flags, healthPort: number) {
    this.#commandLine = commandLine
    this.#args = toArguments(flags)
    this.#healthPort = healthPort
    this.#process = this.#start()
  }

  get process(): TestProcess {
    return this.#process
  }

  /** Starts it again, as it was, once it has ended. */
  async restart(): Promise<void> {
    await this.#process.exited
    this.#process = this.#start()
  }

  /** As from a crash: nobody is told, except by the kernel. */
  async crash(): Promise<Exit> {
    return this.#process.end()
  }

  /** The status that a path of its health port answers with; undefined when nobody answers. */
  async status(path: string): Promise<number | undefined> {
    return (await this.#get(path))?.status
  }

  async isReady(): Promise<boolean> {
    return (await this.status('/readyz')) === 200
  }

  /** Resolves when it says that it is ready; fails at once when it has ended instead. */
  async ready(): Promise<void> {
    await until(() => {
      if (this.#process.exit) throw new Error(`ended by itself: ${this.#process.output}`)
      return this.isReady()
    }, `${this.#process.name} is ready`)
  }

  /** The value of a metric, by its name behind the namespace, and labels, as they are written; 0 before it was counted. */
  async metric(name: string): Promise<number> {
    const answer = await this.#get('/metrics')
    const line = answer?.body.split('\n').find((text) => text.startsWith(`${name} `))
    return Number(line?.slice(name.length) ?? 0)
  }

  #start(): TestProcess {
    return TestProcess.startCommandLine(this.#commandLine, this.#args)
  }

  #get(path: string): Promise<{ status: number; body: string } | undefined> {
    return new Promise((resolve) => {
      const request = http.get(
        { host: '127.0.0.1', port: this.#healthPort, path, agent: false, timeout: 5_000 },
        async (response) => {
          const body = (await response.toArray().catch(() => [])).join('')
          resolve({ status: response.statusCode ?? 0, body })
        },
      )
      request.on('timeout', () => request.destroy())
      request.on('error', () => resolve(undefined))
    })
  }
}

export interface ServerProcessOptions {
  readonly pki: TestPki
  /** Takes frontends on this unix socket instead of a port. */
  readonly socketPath?: string | undefined
  readonly mode?: string
  /** More flags. */
  readonly flags?: Flags
  /** @default our own */
  readonly commandLine?: string | undefined
}

/** A proxy server in a process of its own, with flags that konnectivity has, too. */
export class ServerProcess extends TunnelProcess {
  readonly pki: TestPki
  readonly endpoint: FrontendEndpoint
  readonly agentPort: number

  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    return new ServerProcess(options, await freePortsFor('frontend', 'agent', 'health', 'admin'))
  }

  private constructor(
    { pki, socketPath, mode = 'grpc,http-connect', flags = {}, commandLine }: ServerProcessOptions,
    ports: Readonly<Record<'frontend' | 'agent' | 'health' | 'admin', number>>,
  ) {
    const { frontendServer, frontendCa, agentServer, agentCa } = pki
    const frontends =
      socketPath === undefined
        ? {
            'server-bind-address': '127.0.0.1',
            'server-port': ports.frontend,
            'server-ca-cert': frontendCa.caFile,
            'server-cert': frontendServer.certFile,
            'server-key': frontendServer.keyFile,
          }
        : { 'uds-name': socketPath, 'server-port': 0 }
    super(
      commandLine ?? `'${CLUSTER_PROXY}' proxy-server`,
      {
        mode,
        ...frontends,
        'agent-bind-address': '127.0.0.1',
        'agent-port': ports.agent,
        'cluster-ca-cert': agentCa.caFile,
        'cluster-cert': agentServer.certFile,
        'cluster-key': agentServer.keyFile,
        'health-bind-address': '127.0.0.1',
        'health-port': ports.health,
        'admin-bind-address': '127.0.0.1',
        'admin-port': ports.admin,
        ...flags,
      },
      ports.health,
    )
    this.pki = pki
    this.agentPort = ports.agent
    this.endpoint = socketPath === undefined ? { port: ports.frontend, pki } : { path: socketPath }
  }

  /** Resolves when frontends can connect. */
  async listening(): Promise<void> {
    await until(() => canConnect(this.endpoint), 'the server takes frontends')
  }

  /** A tunnel through this server, in this process. */
  tunnel(mode: FrontendMode = 'grpc'): Tunnel {
    const { frontendCa, frontendClient } = this.pki
    const address = 'path' in this.endpoint ? `unix:${this.endpoint.path}` : `127.0.0.1:${this.endpoint.port}`
    const credentials = credentialsFromFiles({
      ca: frontendCa.caFile,
      cert: frontendClient.certFile,
      key: frontendClient.keyFile,
    })
    return mode === 'grpc'
      ? createTunnel({ address, credentials })
      : createHttpConnectTunnel({ address, credentials })
  }

  /** How many agents are connected. */
  agents(): Promise<number> {
    return this.metric('konnectivity_network_proxy_server_grpc_connections{service_method="Connect"}')
  }
}

export interface AgentProcessOptions {
  readonly pki: TestPki
  readonly flags?: Flags
  /** @default our own */
  readonly commandLine?: string | undefined
}

/** An agent in a process of its own, with flags that konnectivity has, too. */
export class AgentProcess extends TunnelProcess {
  /** For a server on this machine; other servers are a matter of `flags`. */
  static async start(
    server: { readonly agentPort: number } | undefined,
    { pki, flags = {}, commandLine }: AgentProcessOptions,
  ): Promise<AgentProcess> {
    const ports = await freePortsFor('health', 'admin')
    const ownFlags = {
      ...(server && { 'proxy-server-host': '127.0.0.1', 'proxy-server-port': server.agentPort }),
      'ca-cert': pki.agentCa.caFile,
      'agent-cert': pki.agentClient.certFile,
      'agent-key': pki.agentClient.keyFile,
      'health-server-host': '127.0.0.1',
      'health-server-port': ports.health,
      'admin-bind-address': '127.0.0.1',
      'admin-server-port': ports.admin,
      'sync-interval': '100ms',
      'sync-interval-cap': '500ms',
      'probe-interval': '100ms',
      ...flags,
    }
    return new AgentProcess(commandLine ?? `'${CLUSTER_PROXY}' proxy-agent`, ownFlags, ports.health)
  }

  /** How many connections to targets it has. */
  connections(): Promise<number> {
    return this.metric('konnectivity_network_proxy_agent_open_endpoint_connections')
  }
}

/** A server and an agent, ready for frontends. */
export async function startTunnel(
  server: ServerProcessOptions,
  agent: Omit<AgentProcessOptions, 'pki'> = {},
): Promise<{ server: ServerProcess; agent: AgentProcess }> {
  const serverProcess = await ServerProcess.start(server)
  const agentProcess = await AgentProcess.start(serverProcess, { pki: server.pki, ...agent })
  await Promise.all([serverProcess.listening(), serverProcess.ready(), agentProcess.ready()])
  return { server: serverProcess, agent: agentProcess }
}

function toArguments(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, values]) =>
    [values].flat().map((value) => `--${name}=${value}`),
  )
}

function canConnect(endpoint: FrontendEndpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect('path' in endpoint ? endpoint : { port: endpoint.port, host: '127.0.0.1' })
    socket.once('connect', () => socket.end(() => socket.destroy()))
    socket.once('error', () => {})
    socket.once('close', (hadError) => resolve(!hadError))
  })
}
