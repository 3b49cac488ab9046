import { createHash } from 'node:crypto'
import type { Secret } from '../../src/apis/core/v1.ts'
import { NODES, SECRETS } from '../../src/apis/resources.ts'
import { type Logger, silentLogger } from '../../src/common/log.ts'
import { createLogger } from '../../src/common/logger.ts'
import { Informer, KubeClient, systemClock } from '../../src/kube/index.ts'
import { HubCredentials } from '../../src/registration/agent/hub-credentials.ts'
import { DEFAULT_AGENT_OPTIONS, RegistrationAgent } from '../../src/registration/agent/index.ts'
import { WorkAgent } from '../../src/work/agent/index.ts'
import { ManagedApi } from './managed-api.ts'

/**
 * The agents of many managed clusters in one process, started by `fork`: a RegistrationAgent each, and a WorkAgent as soon as there
 * are credentials for it, as the klusterlet operator deploys them. Their managed clusters are simulated; their hub is not.
 */
export interface FleetOrder {
  readonly clusters: readonly string[]
  /** A file. */
  readonly bootstrapKubeconfig: string
  readonly hubServer: string
}

const AGENT_NAMESPACE = DEFAULT_AGENT_OPTIONS.namespace
const NODE = {
  metadata: { name: 'node' },
  status: { capacity: { cpu: '4', memory: '16Gi' }, allocatable: { cpu: '4', memory: '15Gi' } },
}
const log: Logger = process.env.CORE_LOG ? createLogger({ level: 'info', name: 'fleet' }) : silentLogger

process.on('message', ({ clusters, ...hub }: FleetOrder) => {
  for (const name of clusters) void runCluster(name, hub)
})
process.once('disconnect', () => process.exit(0))

async function runCluster(
  clusterName: string,
  { bootstrapKubeconfig, hubServer }: Omit<FleetOrder, 'clusters'>,
): Promise<void> {
  const server = new URL('http://managed')
  const managed = new KubeClient(
    { readAccess: async () => ({ server, tls: { rejectUnauthorized: true } }), transport: new ManagedApi() },
    { qps: -1 },
  )
  await managed.resource(NODES).create(NODE)
  const clusterLog = log.child({ clusterName })
  void whenRegistered(managed, (secret) => {
    const credentials = new HubCredentials()
    credentials.update(secret)
    const hub = new KubeClient(
      { readAccess: credentials.readAccess, log: clusterLog },
      { userAgent: 'work-agent' },
    )
    new WorkAgent(
      { hub, managed, impersonate: () => managed, log: clusterLog },
      { clusterName, hubServer },
    ).start()
  })
  const agent = new RegistrationAgent(
    { management: managed, spoke: managed, log: clusterLog, clock: systemClock },
    {
      ...DEFAULT_AGENT_OPTIONS,
      clusterName,
      agentName: createHash('sha256').update(clusterName).digest('hex').slice(0, 5),
      bootstrapKubeconfigs: [bootstrapKubeconfig],
    },
  )
  await agent.run(new AbortController().signal)
}

/** Calls back once, with the agent's credentials. */
async function whenRegistered(managed: KubeClient, callback: (secret: Secret) => void): Promise<void> {
  const { hubSecret: name } = DEFAULT_AGENT_OPTIONS
  const informer = new Informer<Secret>(
    { resource: managed.resource<Secret>(SECRETS), clock: systemClock, log: silentLogger },
    { namespace: AGENT_NAMESPACE, fieldSelector: `metadata.name=${name}` },
  )
  const found = Promise.withResolvers<Secret>()
  const look = (secret: Secret) => {
    if (secret.data?.['tls.crt'] && secret.data.kubeconfig) found.resolve(secret)
  }
  informer.addHandler({ onAdd: look, onUpdate: (_, secret) => look(secret) })
  informer.start()
  const secret = await found.promise
  await informer.stop()
  callback(secret)
}
