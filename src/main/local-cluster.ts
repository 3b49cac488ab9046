import { didYouMean } from '../common/suggest.ts'
import { printKubeconfig } from './local-cluster/kubeconfig.ts'
import { listClusters } from './local-cluster/list.ts'
import { startClusters } from './local-cluster/start.ts'
import { deleteClusters, stopClusters } from './local-cluster/stop.ts'
import { type ProcessConfig, type ProcessDefinition, runProcess } from './run-process.ts'

const EXIT_FAILED = 1

interface CommandEntry {
  readonly summary: string
  start(argv: readonly string[]): Promise<void>
}

const command = <Config extends ProcessConfig>(
  summary: string,
  definition: ProcessDefinition<Config>,
): CommandEntry => ({ summary, start: (argv) => runProcess(definition, argv) })

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  start: command('starts clusters in the background, new or existing ones', startClusters),
  list: command('shows the clusters that there are', listClusters),
  kubeconfig: command("prints a cluster's kubeconfig, or merges it into yours", printKubeconfig),
  stop: command('ends clusters, and keeps what is in them', stopClusters),
  delete: command('ends clusters, and removes everything in them', deleteClusters),
  run: {
    summary: 'runs one cluster in the foreground',
    // An API server and all that belongs to it, which the others need not load.
    start: async (argv) => runProcess((await import('./local-cluster/run.ts')).runCluster, argv),
  },
}

/** `cluster-proxy local-cluster <command>` */
export async function localCluster([name = '--help', ...argv]: readonly string[]): Promise<void> {
  if (['help', '--help', '-h'].includes(name)) {
    const [topic] = argv
    if (topic !== undefined && Object.hasOwn(COMMANDS, topic)) return COMMANDS[topic]?.start(['--help'])
    process.stdout.write(usage())
    return
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (entry) return entry.start(argv)
  process.stderr.write(
    `cluster-proxy local-cluster: unknown command ${JSON.stringify(name)}${didYouMean(name, Object.keys(COMMANDS))}\n`,
  )
  process.stderr.write('Run "cluster-proxy local-cluster --help" for the list.\n')
  process.exitCode = EXIT_FAILED
}

function usage(): string {
  const list = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
  return [
    'Runs whole Kubernetes clusters on this machine, whose Pods are processes of it.',
    '',
    'Usage:',
    '  cluster-proxy local-cluster <command> [flags]',
    '',
    'Commands:',
    ...list,
    '',
  ].join('\n')
}
