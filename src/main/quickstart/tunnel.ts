import { readFile } from 'node:fs/promises'
import {
  createTunnel,
  credentialsFromFiles,
  type Tunnel as SdkTunnel,
} from '../../konnectivity-client/index.ts'
import { EXECUTABLE } from './checkout.ts'
import { ManagedProcess } from './child-process.ts'
import type { ClusterEndpoint } from './clusters.ts'
import { type ClusterHealth, isHealthy } from './health-table.ts'
import { probe } from './probe.ts'
import { freePorts, type Workshop } from './workshop.ts'

/** How long it may take until every cluster answers, in ms. */
const READY_TIMEOUT_MS = 60_000
const PROBE_PAUSE_MS = 100

/** A proxy server, and an agent for each cluster. */
export class Tunnel {
  /** Where frontends dial. */
  readonly proxyPort: number
  readonly #workshop: Workshop
  readonly #endpoints: readonly ClusterEndpoint[]

  /** @param started is told of every process */
  static async start(
    workshop: Workshop,
    endpoints: readonly ClusterEndpoint[],
    started: (child: ManagedProcess) => void,
  ): Promise<Tunnel> {
    const [proxyPort = 0, agentPort = 0, ...ports] = await freePorts(4 + 2 * endpoints.length)
    const start = (name: string, args: readonly string[]) =>
      started(new ManagedProcess(name, args, { executable: EXECUTABLE, logDir: workshop.dir }))
    start('proxy-server', serverArgs(workshop, proxyPort, agentPort, ports.splice(0, 2)))
    for (const endpoint of endpoints)
      start(`proxy-agent-${endpoint.name}`, agentArgs(workshop, endpoint, agentPort, ports.splice(0, 2)))
    return new Tunnel(workshop, endpoints, proxyPort)
  }

  private constructor(workshop: Workshop, endpoints: readonly ClusterEndpoint[], proxyPort: number) {
    this.#workshop = workshop
    this.#endpoints = endpoints
    this.proxyPort = proxyPort
  }

  /** What every cluster answers. Agents take a moment to connect; what is reported in the end is what was found in the end. */
  async health(signal: AbortSignal): Promise<ClusterHealth[]> {
    const { caFile: ca, certificateFile: cert, privateKeyFile: key } = this.#workshop.frontend
    const credentials = credentialsFromFiles({ ca, cert, key })
    await using tunnel = createTunnel({ address: `localhost:${this.proxyPort}`, credentials })
    const deadline = performance.now() + READY_TIMEOUT_MS
    for (;;) {
      const table = await this.#probeAll(tunnel)
      if (table.every(isHealthy) || signal.aborted || performance.now() > deadline) return table
      await new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MS))
    }
  }

  #probeAll(tunnel: SdkTunnel): Promise<ClusterHealth[]> {
    return Promise.all(
      this.#endpoints.map(async (endpoint) =>
        probe(tunnel, endpoint, await readFile(endpoint.caFile, 'utf8')),
      ),
    )
  }
}

function serverArgs(
  { server }: Workshop,
  proxyPort: number,
  agentPort: number,
  [healthPort, adminPort]: readonly number[],
): string[] {
  return [
    'proxy-server',
    '--mode=grpc,http-connect',
    '--proxy-strategies=destHost',
    `--server-ca-cert=${server.caFile}`,
    `--server-cert=${server.certificateFile}`,
    `--server-key=${server.privateKeyFile}`,
    '--server-bind-address=127.0.0.1',
    `--server-port=${proxyPort}`,
    `--cluster-ca-cert=${server.caFile}`,
    `--cluster-cert=${server.certificateFile}`,
    `--cluster-key=${server.privateKeyFile}`,
    '--agent-bind-address=127.0.0.1',
    `--agent-port=${agentPort}`,
    '--health-bind-address=127.0.0.1',
    `--health-port=${healthPort}`,
    `--admin-port=${adminPort}`,
  ]
}

function agentArgs(
  { agent }: Workshop,
  { name, host }: ClusterEndpoint,
  agentPort: number,
  [healthPort, adminPort]: readonly number[],
): string[] {
  return [
    'proxy-agent',
    `--proxy-server=localhost:${agentPort}`,
    `--agent-id=${name}`,
    `--agent-identifiers=host=${name}`,
    `--host-aliases=${name}=${host}`,
    `--ca-cert=${agent.caFile}`,
    `--agent-cert=${agent.certificateFile}`,
    `--agent-key=${agent.privateKeyFile}`,
    '--sync-interval=200ms',
    '--health-server-host=127.0.0.1',
    `--health-server-port=${healthPort}`,
    `--admin-server-port=${adminPort}`,
  ]
}
