import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { ConfigError } from '../../common/errors.ts'
import { findAccess, KubeClient, type KubeClientComponents } from '../../kube/index.ts'
import {
  parseWorkAgentConfig,
  WORK_AGENT_COMMAND,
  WorkAgent,
  type WorkAgentConfig,
} from '../../work/agent/index.ts'
import { type ControllerSetting, controllerProcess } from '../controller-process.ts'

const USER_AGENT = 'work-agent'

const KUBECONFIG = z.object({
  'current-context': z.string(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string() }) })),
  clusters: z.array(z.object({ name: z.string(), cluster: z.object({ server: z.string() }) })),
})

/** `cluster-proxy work agent` */
export const workAgentProcess = controllerProcess<WorkAgentConfig>({
  spec: WORK_AGENT_COMMAND,
  parse: parseWorkAgentConfig,
  lock: 'work-agent-lock',
  userAgent: USER_AGENT,
  setUp: async (setting, config) => {
    setting.manager.add(await workAgentOf(setting, config))
  },
})

/** What runs the agent: started and stopped as one, with its clients. */
async function workAgentOf({ log, client, metrics }: ControllerSetting, config: WorkAgentConfig) {
  const { workloadSourceConfig, hubKubeconfigDir } = config
  const parts: Pick<KubeClientComponents, 'log' | 'metrics'> = { log, metrics }
  const hub = new KubeClient(
    { ...parts, readAccess: findAccess({ env: {}, kubeconfig: workloadSourceConfig }) },
    { qps: config.hubKubeApiQps, burst: config.hubKubeApiBurst, userAgent: USER_AGENT },
  )
  const readAccess = findAccess({ env: process.env, kubeconfig: config.spokeKubeconfig || config.kubeconfig })
  const limits = { qps: config.kubeApiQps, burst: config.kubeApiBurst, userAgent: USER_AGENT }
  const managed = config.spokeKubeconfig ? new KubeClient({ ...parts, readAccess }, limits) : client
  const users = new Map<string, KubeClient>()
  const impersonate = (username: string) => {
    const known = users.get(username)
    if (known) return known
    const user = new KubeClient({ ...parts, readAccess }, { ...limits, impersonate: { username } })
    users.set(username, user)
    return user
  }
  const clusterName = config.spokeClusterName || (await named(hubKubeconfigDir, 'cluster-name'))
  if (!clusterName)
    throw new ConfigError(
      `it is not clear which cluster this is: give --spoke-cluster-name, or a file cluster-name in ${hubKubeconfigDir}`,
    )
  const agentId = config.agentId || (await named(hubKubeconfigDir, 'agent-name'))
  const agent = new WorkAgent(
    { hub, managed, impersonate, log, metrics },
    {
      clusterName,
      hubServer: await serverOf(workloadSourceConfig),
      ...(agentId && { agentId }),
      statusSyncIntervalMs: config.statusSyncIntervalMs,
      evictionGracePeriodMs: config.appliedmanifestworkEvictionGracePeriodMs,
      workers: config.workloadAgentWorkers,
      maxFeedbackWatches: config.maxFeedbackWatch,
      maxRawJsonLength: config.maxJsonRawLength,
      reportsRawJson: config.gates.RawFeedbackJsonString,
      cachesExecutorRights: config.gates.ExecutorValidatingCaches,
    },
  )
  return {
    async start() {
      await hub.start()
      if (managed !== client) await managed.start()
      agent.start()
    },
    async stop() {
      await agent.stop()
      await Promise.all(
        [hub, ...users.values(), ...(managed === client ? [] : [managed])].map((each) => each.stop()),
      )
    },
  }
}

/** What a file of the secret with the hub's kubeconfig says; empty where there is none. */
async function named(directory: string, file: string): Promise<string> {
  try {
    return (await readFile(path.join(directory, file), 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new ConfigError(`cannot read ${path.join(directory, file)}`, { cause: error })
  }
}

/** The hub's address to the letter: what was applied is known by a hash of it. */
async function serverOf(kubeconfig: string): Promise<string> {
  try {
    const { clusters, contexts, ...config } = KUBECONFIG.parse(parse(await readFile(kubeconfig, 'utf8')))
    const context = contexts.find(({ name }) => name === config['current-context'])
    const cluster = clusters.find(({ name }) => name === context?.context.cluster)
    if (cluster) return cluster.cluster.server
  } catch (error) {
    throw new ConfigError(`--workload-source-config=${kubeconfig} is no kubeconfig`, { cause: error })
  }
  throw new ConfigError(`--workload-source-config=${kubeconfig}: the current context names no cluster`)
}
