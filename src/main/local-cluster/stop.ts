import { ConfigError } from '../../common/errors.ts'
import { boolFlag } from '../../common/flags.ts'
import { KLOG_FLAGS, KLOG_GROUP } from '../../common/klog-flags.ts'
import {
  type ClusterFolder,
  ClusterStore,
  DamagedClusterError,
  DeletedClusterError,
  findRun,
  stopRun,
  verifyClusterName,
} from '../../local-cluster/clusters/index.ts'
import type { ProcessDefinition } from '../run-process.ts'
import { type CommandConfig, parseCommand, STORE_FLAGS } from './flags.ts'
import { unmergeCluster } from './merge.ts'

/** Pods have their grace periods. */
const STOP_TIMEOUT_MS = 60_000

const STOP_FLAGS = { all: boolFlag(false, 'All clusters, instead of those with the names.') } as const
const FLAGS = { ...STORE_FLAGS, ...STOP_FLAGS, ...KLOG_FLAGS }

type StopConfig = CommandConfig<typeof FLAGS>

export const stopClusters: ProcessDefinition<StopConfig> = {
  spec: {
    name: 'local-cluster stop',
    description: 'Ends clusters and their Pods. What is in them stays, and is there again after a start.',
    arguments: { placeholder: 'NAME...', least: 0, most: 64 },
    groups: [{ title: 'Clusters', flags: { ...STORE_FLAGS, ...STOP_FLAGS } }, KLOG_GROUP],
  },
  interactive: true,
  parse: (argv, env, io) => withNames(parseCommand<typeof FLAGS>(stopClusters.spec, argv, env, io)),
  async run(config) {
    const clusters = await named(config, (store, name) => store.get(name))
    await Promise.all(
      clusters.map(async ({ facts: { name }, folder }) => {
        const ran = await stopRun(folder, STOP_TIMEOUT_MS)
        process.stdout.write(`${name} ${ran ? 'stopped' : 'was not running'}\n`)
      }),
    )
  },
}

export const deleteClusters: ProcessDefinition<StopConfig> = {
  spec: {
    name: 'local-cluster delete',
    description: 'Ends clusters and removes everything in them, and their contexts from kubeconfigs.',
    arguments: { placeholder: 'NAME...', least: 0, most: 64 },
    groups: [{ title: 'Clusters', flags: { ...STORE_FLAGS, ...STOP_FLAGS } }, KLOG_GROUP],
  },
  interactive: true,
  parse: (argv, env, io) => withNames(parseCommand<typeof FLAGS>(deleteClusters.spec, argv, env, io)),
  async run(config) {
    const store = new ClusterStore(config.dataDir)
    const damaged = config.all ? await store.listDamaged() : []
    const clusters = await named(config, async (_, name) => {
      try {
        const cluster = await store.find(name)
        // Whoever deletes wants it gone, and it is.
        if (!cluster) process.stdout.write(`${name} was not there\n`)
        return cluster
      } catch (error) {
        if (!(error instanceof DamagedClusterError)) throw error
        damaged.push(name)
        return undefined
      }
    })
    for (const cluster of clusters) await unmergeCluster(cluster)
    await Promise.all([
      ...clusters.map(({ facts: { name } }) => deleteCluster(store, name)),
      ...damaged.map((name) => deleteDamaged(store, name)),
    ])
  },
}

/** Whoever starts it meanwhile has it stopped again, or finds that it is gone. */
async function deleteCluster(store: ClusterStore, name: string): Promise<void> {
  const removeUnlessRunning = async () => {
    if (await findRun(store.folderOf(name))) return false
    await store.remove(name)
    return true
  }
  try {
    do await stopRun(store.folderOf(name), STOP_TIMEOUT_MS)
    while (!(await store.withLock(name, removeUnlessRunning)))
  } catch (error) {
    if (!(error instanceof DeletedClusterError)) throw error
  }
  process.stdout.write(`${name} deleted\n`)
}

async function deleteDamaged(store: ClusterStore, name: string): Promise<void> {
  await stopRun(store.folderOf(name), STOP_TIMEOUT_MS)
  await store.remove(name)
  process.stdout.write(`${name} deleted\n`)
}

function withNames(config: StopConfig): StopConfig {
  for (const name of config.words) verifyClusterName(name)
  if (config.all === config.words.length > 0)
    throw new ConfigError(
      config.all ? 'give names or --all, not both' : 'NAME is missing; --all takes all clusters',
    )
  return config
}

async function named(
  { dataDir, words, all }: StopConfig,
  find: (store: ClusterStore, name: string) => Promise<ClusterFolder | undefined>,
): Promise<ClusterFolder[]> {
  const store = new ClusterStore(dataDir)
  if (all) return store.list()
  const found: ClusterFolder[] = []
  for (const name of new Set(words)) {
    const cluster = await find(store, name)
    if (cluster) found.push(cluster)
  }
  return found
}
