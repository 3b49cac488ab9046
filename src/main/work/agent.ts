import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { aborted } from '../../common/aborted.ts'
import { ConfigError } from '../../common/errors.ts'
import { findAccess, KubeClient } from '../../kube/index.ts'
import {
  parseWorkAgentConfig,
  WORK_AGENT_COMMAND,
  WorkAgent,
  type WorkAgentConfig,
} from '../../work/agent/index.ts'
import { type ControllerSetting, controllerProcess } from '../controller-process.ts'
import { agentIdentity } from './agent-identity.ts'
import { ManagedClients } from './managed-clients.ts'

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
    const agent = await workAgentOf(setting, config)
    setting.manager.whileLeading(async (signal) => {
      try {
        await agent.start()
        await aborted(signal)
      } finally {
        await agent.stop()
      }
    })
  },
})

/** What runs the agent: started and stopped as one, with its clients. */
async function workAgentOf(setting: ControllerSetting, config: WorkAgentConfig) {
  const { log, metrics } = setting
  const { workloadSourceConfig } = config
  const hub = new KubeClient(
    { log, metrics, readAccess: findAccess({ env: {}, kubeconfig: workloadSourceConfig }) },
    { qps: config.hubKubeApiQps, burst: config.hubKubeApiBurst, userAgent: USER_AGENT },
  )
  const clients = new ManagedClients(setting, config, USER_AGENT)
  const agent = new WorkAgent(
    {
      hub,
      managed: clients.managed,
      impersonate: (username) => clients.impersonate(username),
      log,
      metrics,
    },
    {
      ...config.agent,
      ...(await agentIdentity(config)),
      hubServer: await serverOf(workloadSourceConfig),
    },
  )
  return {
    async start() {
      await hub.start()
      await clients.start()
      agent.start()
    },
    async stop() {
      await agent.stop()
      await Promise.all([hub.stop(), clients.stop()])
    },
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
