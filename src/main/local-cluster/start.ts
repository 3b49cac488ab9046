import path from 'node:path'
import { verifyBetween } from '../../common/config-checks.ts'
import { AppError, ConfigError, errorMessage } from '../../common/errors.ts'
import { durationFlag, intFlag } from '../../common/flags.ts'
import { KLOG_FLAGS, KLOG_GROUP } from '../../common/klog-flags.ts'
import { shellWord } from '../../common/shell-word.ts'
import { ClusterStore, contextName, findRun, verifyClusterName } from '../../local-cluster/clusters/index.ts'
import type { ProcessDefinition } from '../run-process.ts'
import { type CommandConfig, KUBECONFIG_FLAGS, kubeconfigFile, parseCommand, STORE_FLAGS } from './flags.ts'
import { launch, waitForStart } from './launch.ts'
import { mergeCluster } from './merge.ts'
import { RANGE_FLAGS, RUN_FLAGS, verifyRange } from './run-flags.ts'

const LAST_PORT = 65_535

const START_FLAGS = {
  port: intFlag(0, 'Port of the API server, kept from then on. 0 takes 6443, or another one that is free.', {
    placeholder: 'PORT',
  }),
  wait: durationFlag(60_000, 'How long it may take until the cluster is ready. 0 does not wait.'),
} as const

const FLAGS = {
  ...STORE_FLAGS,
  ...START_FLAGS,
  ...RANGE_FLAGS,
  ...RUN_FLAGS,
  ...KUBECONFIG_FLAGS,
  ...KLOG_FLAGS,
}

type StartConfig = CommandConfig<typeof FLAGS> & { readonly kubeconfigFile: string }

export const startClusters: ProcessDefinition<StartConfig> = {
  spec: {
    name: 'local-cluster start',
    description:
      'Starts Kubernetes clusters on this machine, each with an API server, controllers and a node that runs Pods as processes. They go on in the background; one that exists is started again with everything in it.',
    arguments: { placeholder: 'NAME...', least: 1, most: 64 },
    groups: [
      { title: 'Clusters', flags: { ...STORE_FLAGS, ...START_FLAGS, ...RANGE_FLAGS } },
      { title: 'Pods', flags: RUN_FLAGS },
      { title: 'Kubeconfig', flags: KUBECONFIG_FLAGS },
      KLOG_GROUP,
    ],
  },
  interactive: true,
  parse(argv, env, io) {
    const config = parseCommand<typeof FLAGS>(startClusters.spec, argv, env, io)
    for (const name of config.words) verifyClusterName(name)
    verifyBetween('port', config.port, 0, LAST_PORT)
    verifyRange(config)
    if (config.port !== 0 && config.words.length > 1)
      throw new ConfigError('--port is for one cluster, and there are several names')
    return { ...config, kubeconfigFile: kubeconfigFile(config.kubeconfig, env) }
  },
  async run(config, { signal }) {
    const names = [...new Set(config.words)]
    const width = Math.max(...names.map((name) => name.length))
    const outcomes = await Promise.allSettled(
      names.map((name) =>
        startCluster(name, config, signal, (text) =>
          process.stdout.write(`${name.padEnd(width)}  ${text}\n`),
        ),
      ),
    )
    const failures = outcomes.flatMap((outcome, at) =>
      outcome.status === 'rejected' ? [`${names[at]}: ${errorMessage(outcome.reason)}`] : [],
    )
    if (failures.length > 0) throw new AppError('ERR_CLUSTER_NOT_STARTED', failures.join('\n'))
    if (config.merge) await mergeAll(names, config)
    for (const name of names) process.stdout.write(`${usage(name, config)}\n`)
  },
}

async function startCluster(
  name: string,
  config: StartConfig,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<void> {
  const store = new ClusterStore(config.dataDir, { firstSlot: config.firstRange })
  const begin = performance.now()
  const cluster = (await store.find(name)) ?? (await store.create(name, { port: config.port }))
  if (config.port !== 0 && cluster.facts.port !== config.port)
    throw new ConfigError(
      `it has port ${cluster.facts.port} since it was made: leave --port away, or delete it and start it anew`,
    )
  const { waitMs } = config
  const patience = { waitMs, signal, overdue: waitMs > 0 ? AbortSignal.timeout(waitMs) : undefined }
  const running = await findRun(cluster.folder)
  const ignored = ignoredImages(config)
  if (running?.isReady) {
    tell(`is running${ignored}`)
    return
  }
  if (running || !(await launch(store, name, config, patience, tell))) {
    await waitForStart(cluster, patience, tell)
    if (ignored !== '') tell(`is running${ignored}`)
  }
  if (waitMs > 0) tell(`ready in ${((performance.now() - begin) / 1_000).toFixed(1)} s`)
}

/** Which images there are is settled when a cluster's process starts. */
function ignoredImages({ ownImage, hostImage, webImage }: StartConfig): string {
  const given = [...ownImage, ...hostImage, ...webImage]
  return given.length > 0 ? `, as it was started: for ${given.join(', ')}, stop it and start it again` : ''
}

/** The last one merged is current, and that should be the first one named. */
async function mergeAll(
  names: readonly string[],
  { dataDir, kubeconfigFile: file }: StartConfig,
): Promise<void> {
  const store = new ClusterStore(dataDir)
  for (const name of names.toReversed()) await mergeCluster(store, await store.get(name), file)
}

function usage(name: string, { merge, dataDir }: StartConfig): string {
  const file = path.join(new ClusterStore(dataDir).folderOf(name), 'admin.kubeconfig')
  return `kubectl ${merge ? `--context ${contextName(name)}` : `--kubeconfig ${shellWord(file)}`} get nodes`
}
