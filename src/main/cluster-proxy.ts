import module from 'node:module'
import path from 'node:path'
import { didYouMean } from '../common/suggest.ts'
import type { ProcessConfig, ProcessDefinition } from './run-process.ts'
import { surviveUnwritableOutput } from './unwritable-output.ts'

const EXIT_FAILED = 1

interface ProcessEntry {
  readonly summary: string
  /** Starts the process with its own arguments. Its modules are loaded only now. */
  start(argv: readonly string[]): Promise<void>
}

/** Every process of this executable; a new one is a line here and a file beside this one. */
const PROCESSES: Readonly<Record<string, ProcessEntry>> = {
  'proxy-server': {
    summary: 'runs on the hub: joins connections from frontends to the tunnels of agents',
    start: async (argv) => run((await import('./proxy-server.ts')).proxyServerProcess, argv),
  },
  'proxy-agent': {
    summary: 'runs on a managed cluster: dials the hub and opens connections inside the cluster',
    start: async (argv) => run((await import('./proxy-agent.ts')).proxyAgentProcess, argv),
  },
  controlplane: {
    summary: 'runs anywhere: a Kubernetes API server in one process',
    start: async (argv) => run((await import('./controlplane.ts')).controlPlaneProcess, argv),
  },
  registration: {
    summary: 'registers clusters with a hub, on either end',
    start: async (argv) => (await import('./registration.ts')).registration(argv),
  },
  work: {
    summary: 'brings works from a hub to its clusters',
    start: async (argv) => (await import('./work.ts')).work(argv),
  },
  placement: {
    summary: 'chooses among the clusters of a hub',
    start: async (argv) => (await import('./placement.ts')).placement(argv),
  },
  'local-cluster': {
    summary: 'starts and stops whole clusters on this machine, whose Pods are processes',
    start: async (argv) => (await import('./local-cluster.ts')).localCluster(argv),
  },
  'registration-operator': {
    summary: 'deploys what a hub or a managed cluster is made of, and keeps it so',
    start: async (argv) => (await import('./registration-operator.ts')).registrationOperator(argv),
  },
  addon: {
    summary: 'manages add-ons of clusters, on the hub',
    start: async (argv) => (await import('./addon.ts')).addOn(argv),
  },
  quickstart: {
    summary: 'shows a whole tunnel at work on this machine',
    start: async (argv) => run((await import('./quickstart.ts')).quickstartProcess, argv),
  },
}

async function run<Config extends ProcessConfig>(
  definition: ProcessDefinition<Config>,
  argv: readonly string[],
): Promise<void> {
  const { runProcess } = await import('./run-process.ts')
  await runProcess(definition, argv)
}

async function main([word = '--help', ...argv]: readonly string[]): Promise<void> {
  const name = nameOf(word)
  if (name === 'help' && argv[0] !== undefined) return main([argv[0], '--help'])
  if (['help', '--help', '-h'].includes(name)) {
    process.stdout.write(usage())
    return
  }
  if (name === '--version') {
    const { versionText } = await import('./version.ts')
    process.stdout.write(`${versionText()}\n`)
    return
  }
  const entry = Object.hasOwn(PROCESSES, name) ? PROCESSES[name] : undefined
  if (entry) return entry.start(argv)

  process.stderr.write(
    `cluster-proxy: unknown process ${JSON.stringify(name)}${didYouMean(name, Object.keys(PROCESSES))}\n`,
  )
  process.stderr.write('Run "cluster-proxy --help" for the list.\n')
  process.exitCode = EXIT_FAILED
}

/** Manifests name programs by where they are in an image: `/registration controller`. */
function nameOf(word: string): string {
  return word.startsWith('/') ? path.posix.basename(word) : word
}

function usage(): string {
  const list = Object.entries(PROCESSES).map(([name, { summary }]) => `  ${name.padEnd(16)}${summary}`)
  return [
    'Reaches Kubernetes clusters by name, through tunnels that the clusters dial.',
    '',
    'Usage:',
    '  cluster-proxy <process> [flags]',
    '  cluster-proxy help <process>',
    '',
    'Processes:',
    ...list,
    '',
  ].join('\n')
}

surviveUnwritableOutput()
module.enableCompileCache() // before the first process is imported
await main(process.argv.slice(2))
