import { ConfigError } from '../../common/errors.ts'
import { stringFlag } from '../../common/flags.ts'
import { KLOG_FLAGS, KLOG_GROUP } from '../../common/klog-flags.ts'
import {
  addressRanges,
  type ClusterFolder,
  ClusterStore,
  contextName,
  findRun,
} from '../../local-cluster/clusters/index.ts'
import type { ProcessDefinition } from '../run-process.ts'
import { type CommandConfig, parseCommand, STORE_FLAGS } from './flags.ts'
import { serverOf } from './merge.ts'

const LIST_FLAGS = {
  output: stringFlag('table', "How to print them: 'table', 'name' or 'json'.", {
    shorthand: 'o',
    placeholder: 'FORMAT',
  }),
} as const

const FLAGS = { ...STORE_FLAGS, ...LIST_FLAGS, ...KLOG_FLAGS }

interface ListedCluster {
  readonly name: string
  /** Whether there is a process of it. */
  readonly running: boolean
  /** Whether everything in it has been started. */
  readonly ready: boolean
  readonly server: string
  readonly context: string
  readonly podRange: string
  readonly serviceRange: string
  readonly folder: string
}

const PRINTERS: Readonly<Record<string, (clusters: readonly ListedCluster[]) => string>> = {
  name: (clusters) => clusters.map(({ name }) => `${name}\n`).join(''),
  json: (clusters) => `${JSON.stringify(clusters, null, 2)}\n`,
  table: (clusters) => (clusters.length === 0 ? 'There are no clusters.\n' : table(clusters)),
}

export const listClusters: ProcessDefinition<CommandConfig<typeof FLAGS>> = {
  spec: {
    name: 'local-cluster list',
    description: 'Shows the clusters of this user on this machine.',
    groups: [{ title: 'Clusters', flags: { ...STORE_FLAGS, ...LIST_FLAGS } }, KLOG_GROUP],
  },
  interactive: true,
  parse(argv, env, io) {
    const config = parseCommand<typeof FLAGS>(listClusters.spec, argv, env, io)
    if (!Object.hasOwn(PRINTERS, config.output))
      throw new ConfigError(
        `--output must be one of ${Object.keys(PRINTERS).join(', ')}, got ${JSON.stringify(config.output)}`,
      )
    return config
  },
  async run({ dataDir, output }) {
    const store = new ClusterStore(dataDir)
    const clusters = await Promise.all((await store.list()).map(listed))
    process.stdout.write(PRINTERS[output]?.(clusters) ?? '')
    for (const name of await store.listDamaged()) {
      process.stderr.write(
        `${name} is damaged; to be rid of it: cluster-proxy local-cluster delete ${name}\n`,
      )
    }
  },
}

async function listed({ facts, folder }: ClusterFolder): Promise<ListedCluster> {
  const { pods, services } = addressRanges(facts.slot)
  const run = await findRun(folder)
  return {
    name: facts.name,
    running: run !== undefined,
    ready: run?.isReady ?? false,
    server: serverOf(facts),
    context: contextName(facts.name),
    podRange: pods,
    serviceRange: services,
    folder,
  }
}

function table(clusters: readonly ListedCluster[]): string {
  const rows = clusters.map((cluster) => [
    cluster.name,
    status(cluster),
    cluster.server,
    cluster.context,
    cluster.podRange,
  ])
  const all = [['NAME', 'STATUS', 'SERVER', 'CONTEXT', 'PODS'], ...rows]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)) + 3)
  return all
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('')}\n`)
    .join('')
}

function status({ running, ready }: ListedCluster): string {
  if (!running) return 'Stopped'
  return ready ? 'Running' : 'Starting'
}
