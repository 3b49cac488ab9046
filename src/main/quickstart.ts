import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { aborted } from '../common/aborted.ts'
import { boolFlag, type CommandSpec } from '../common/flags.ts'
import { KLOG_FLAGS, KLOG_GROUP, logLevelOf } from '../common/klog-flags.ts'
import { parseFlags } from '../common/parse-flags.ts'
import { createTunnel, credentialsFromFiles, type Tunnel } from '../konnectivity-client/index.ts'
import { ManagedProcess } from './quickstart/child-process.ts'
import { ClusterService } from './quickstart/cluster-service.ts'
import { type ClusterHealth, healthTable } from './quickstart/health-table.ts'
import { instructions } from './quickstart/instructions.ts'
import { probe } from './quickstart/probe.ts'
import { createWorkshop, freePorts, type Workshop } from './quickstart/workshop.ts'
import type { ProcessConfig, ProcessDefinition, RunContext } from './run-process.ts'

const EXECUTABLE = fileURLToPath(new URL('./cluster-proxy.ts', import.meta.url))
const ROOT = path.resolve(path.dirname(EXECUTABLE), '../..')
/** How long the tunnel may take until every cluster answers, in ms. */
const READY_TIMEOUT_MS = 60_000
const PROBE_PAUSE_MS = 100

const QUICKSTART_FLAGS = {
  once: boolFlag(false, 'Exit after the table, with status 0 if every cluster is healthy.'),
} as const

const QUICKSTART_COMMAND: CommandSpec = {
  name: 'quickstart',
  description:
    'Starts a proxy server, two agents and a service behind each on this machine, and reaches the services by their cluster names.',
  groups: [{ title: 'Quickstart', flags: QUICKSTART_FLAGS }, KLOG_GROUP],
}

interface QuickstartConfig extends ProcessConfig {
  readonly once: boolean
}

interface Cluster {
  readonly name: string
  /** Each cluster has a loopback address of its own, that only its agent is told. */
  readonly host: string
  readonly port: number
}

interface Stoppable {
  stop(): Promise<void>
}

export const quickstartProcess: ProcessDefinition<QuickstartConfig> = {
  spec: QUICKSTART_COMMAND,
  interactive: true,
  parse: (argv, env, io) => {
    const { values, warnings } = parseFlags<typeof QUICKSTART_FLAGS & typeof KLOG_FLAGS>(
      QUICKSTART_COMMAND,
      argv,
      env,
      io,
    )
    // What it shows is for people; logs join in only when asked for.
    const logLevel = values.v > KLOG_FLAGS.v.defaultValue ? logLevelOf(values.v) : 'warn'
    return { once: values.once, logLevel, warnings }
  },
  async run(config, context) {
    const workshop = await createWorkshop()
    const parts: Stoppable[] = []
    try {
      await show(config, context, workshop, parts)
    } finally {
      await Promise.all(parts.map((part) => part.stop()))
      await workshop.remove()
    }
  },
}

async function show(
  { once }: QuickstartConfig,
  { signal }: RunContext,
  workshop: Workshop,
  parts: Stoppable[],
): Promise<void> {
  const [servicePort, proxyPort, ...ports] = (await freePorts(9)) as [number, number, ...number[]]
  const clusters: Cluster[] = [
    { name: 'cluster1', host: '127.0.1.1', port: servicePort },
    { name: 'cluster2', host: '127.0.2.1', port: servicePort },
  ]
  const start = (name: string, args: readonly string[]) => {
    const child = new ManagedProcess(name, args, { executable: EXECUTABLE, logDir: workshop.dir })
    parts.push(child)
    return child
  }

  say('Starting a proxy server, and an agent and a service for each cluster ...')
  const service = await workshop.issueServiceCertificate(clusters.map(({ name }) => name))
  for (const cluster of clusters) {
    const part = new ClusterService(cluster.name, cluster, service)
    await part.start()
    parts.push(part)
  }
  const [agentPort, ...otherPorts] = ports as [number, ...number[]]
  const children = [
    start('proxy-server', serverArgs(workshop, proxyPort, agentPort, otherPorts.splice(0, 2))),
    ...clusters.map((cluster) =>
      start(`proxy-agent-${cluster.name}`, agentArgs(workshop, cluster, agentPort, otherPorts.splice(0, 2))),
    ),
  ]
  const ended = new AbortController()
  const failure = Promise.race(children.map((child) => child.failed(ended.signal)))
  failure.catch(() => {}) // looked at below, where it matters
  try {
    await using tunnel = createTunnel({
      address: `localhost:${proxyPort}`,
      credentials: credentialsFromFiles({
        ca: workshop.frontend.caFile,
        cert: workshop.frontend.certificateFile,
        key: workshop.frontend.privateKeyFile,
      }),
    })
    const ca = await readFile(workshop.frontend.caFile, 'utf8')
    const table = await Promise.race([probeUntilHealthy(tunnel, clusters, ca, signal), failure])
    if (signal.aborted) return
    say(`\n${healthTable(table)}\n`)
    if (once) {
      if (!table.every(isHealthy)) throw new Error('not every cluster is healthy')
      return
    }
    const { dir, frontend } = workshop
    say(instructions({ root: ROOT, node: process.execPath, proxyPort, servicePort, frontend, dir }))
    await Promise.race([aborted(signal), failure])
    say('\nStopping ...')
  } catch (error) {
    if (!signal.aborted) throw error // Ctrl-C goes to every process of the terminal, and ends those that still load
  } finally {
    ended.abort()
  }
}

/** Agents take a moment to connect; what is reported in the end is what was found in the end. */
async function probeUntilHealthy(
  tunnel: Tunnel,
  clusters: readonly Cluster[],
  ca: string,
  signal: AbortSignal,
): Promise<ClusterHealth[]> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  for (;;) {
    const table = await Promise.all(clusters.map((cluster) => probe(tunnel, cluster, ca)))
    if (table.every(isHealthy) || signal.aborted || performance.now() > deadline) return table
    await new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MS))
  }
}

function isHealthy(health: ClusterHealth): boolean {
  return health.available && health.probedHealth
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
  cluster: Cluster,
  agentPort: number,
  [healthPort, adminPort]: readonly number[],
): string[] {
  return [
    'proxy-agent',
    `--proxy-server=localhost:${agentPort}`,
    `--agent-id=${cluster.name}`,
    `--agent-identifiers=host=${cluster.name}`,
    `--host-aliases=${cluster.name}=${cluster.host}`,
    `--ca-cert=${agent.caFile}`,
    `--agent-cert=${agent.certificateFile}`,
    `--agent-key=${agent.privateKeyFile}`,
    '--sync-interval=200ms',
    '--health-server-host=127.0.0.1',
    `--health-server-port=${healthPort}`,
    `--admin-server-port=${adminPort}`,
  ]
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
