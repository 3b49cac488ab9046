import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { stringify } from 'yaml'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { clusterPropertyCrd, spokeCrds } from '../../../src/apis/crds.ts'
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import {
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CUSTOM_RESOURCE_DEFINITIONS,
  NAMESPACES,
  SECRETS,
} from '../../../src/apis/resources.ts'
import { silentLogger } from '../../../src/common/log.ts'
import {
  type Clock,
  type ClusterTls,
  KubeClient,
  type ResourceDefinition,
  systemClock,
} from '../../../src/kube/index.ts'
import { KubeControllers } from '../../../src/kube-controllers/index.ts'
import type { WallClock } from '../../../src/pki/index.ts'
import {
  DEFAULT_AGENT_OPTIONS,
  RegistrationAgent,
  type RegistrationAgentComponents,
  type RegistrationAgentOptions,
} from '../../../src/registration/agent/index.ts'
import { clusterSubject } from '../../../src/registration/cluster-identity.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { type AnyObject, conditionsOf, HubBench } from './hub-bench.ts'

export const AGENT_NAMESPACE = 'open-cluster-management-agent'

const BOOTSTRAP_ROLE = {
  metadata: { name: 'open-cluster-management:bootstrap' },
  rules: [
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['certificatesigningrequests'],
      verbs: ['create', 'get', 'list', 'watch'],
    },
    {
      apiGroups: ['cluster.open-cluster-management.io'],
      resources: ['managedclusters'],
      verbs: ['get', 'create', 'list', 'watch'],
    },
  ],
}
const BOOTSTRAP_BINDING = {
  metadata: { name: 'open-cluster-management:bootstrap' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: BOOTSTRAP_ROLE.metadata.name },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'bootstrappers' }],
}

export interface KubeconfigChanges {
  readonly name?: string
  readonly server?: string
  readonly proxyUrl?: string
  readonly caPem?: string
}

/** A hub with its controllers, a cluster to be managed, and agents for it. */
export class AgentBench {
  readonly hub: HubBench
  readonly spoke: TestControlPlane
  readonly spokeClient: KubeClient
  readonly directory: string
  readonly #signing: { client: KubeClient; controllers: KubeControllers }
  readonly #running: { ending: AbortController; ended: Promise<void> }[] = []

  static async start(): Promise<AgentBench> {
    const [hub, spoke, directory] = await Promise.all([
      HubBench.start(),
      TestControlPlane.start(),
      mkdtemp(path.join(os.tmpdir(), 'registration-agent-')),
    ])
    await hub.resource(CLUSTER_ROLES).create(BOOTSTRAP_ROLE as unknown as AnyObject)
    await hub.resource(CLUSTER_ROLE_BINDINGS).create(BOOTSTRAP_BINDING as unknown as AnyObject)
    const bench = new AgentBench(hub, spoke, directory)
    for (const definition of [...spokeCrds(), clusterPropertyCrd()])
      await bench.onSpoke(CUSTOM_RESOURCE_DEFINITIONS).create(definition as AnyObject)
    await bench.createNamespace(AGENT_NAMESPACE)
    return bench
  }

  private constructor(hub: HubBench, spoke: TestControlPlane, directory: string) {
    this.hub = hub
    this.spoke = spoke
    this.directory = directory
    this.spokeClient = clientOf(spoke)
    const client = hub.newClient()
    const controllers = new KubeControllers(
      { client, authority: hub.server.authority(), tokens: { fillTokenSecret: async (secret) => secret } },
      { controllers: ['certificatesigningrequest-signing-controller'] },
    )
    controllers.start()
    this.#signing = { client, controllers }
  }

  onSpoke(definition: ResourceDefinition) {
    return this.spokeClient.resource<AnyObject>(definition)
  }

  async createNamespace(name: string): Promise<void> {
    await this.onSpoke(NAMESPACES).create({ metadata: { name } } as AnyObject)
  }

  /** A kubeconfig with credentials that allow for joining. */
  async bootstrapKubeconfig(changes: KubeconfigChanges = {}): Promise<string> {
    const { server } = this.hub
    const issued = await server
      .authority()
      .issueClientCertificate({ commonName: 'bootstrap', organizations: ['bootstrappers'] })
    return kubeconfigText({ ca: server.tls.ca ?? '', server: server.url.origin, ...changes }, issued)
  }

  async writeBootstrapSecret(kubeconfig: string, name = 'bootstrap-hub-kubeconfig'): Promise<void> {
    await this.writeSecret(name, { kubeconfig })
  }

  async writeSecret(name: string, texts: Readonly<Record<string, string>>): Promise<void> {
    const data = Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    )
    const key = { namespace: AGENT_NAMESPACE, name }
    const existing = await this.onSpoke(SECRETS).find(key)
    if (existing) await this.onSpoke(SECRETS).patch(key, { type: 'merge', body: { data } })
    else await this.onSpoke(SECRETS).create({ metadata: key, data } as unknown as AnyObject)
  }

  /** What the agent keeps, as text. */
  async secret(name = 'hub-kubeconfig-secret', namespace = AGENT_NAMESPACE) {
    const secret = await this.onSpoke(SECRETS).find({ namespace, name })
    return Object.fromEntries(
      Object.entries<string>(secret?.data ?? {}).map(([key, value]) => [
        key,
        Buffer.from(value, 'base64').toString(),
      ]),
    )
  }

  /** A certificate of the agent, as if it were issued at another time. */
  certificate(clusterName: string, agentName: string, clock: WallClock, validityMs: number) {
    const subject = clusterSubject(clusterName, agentName)
    return this.hub.server.authority(clock).issueClientCertificate({ ...subject, validityMs })
  }

  /** Starts an agent; `stop` ends it in order. */
  async startAgent(
    options: Partial<RegistrationAgentOptions> = {},
    clock: Clock = systemClock,
    more: Partial<RegistrationAgentComponents> = {},
  ) {
    const file = path.join(this.directory, 'bootstrap-kubeconfig')
    await writeFile(file, await this.bootstrapKubeconfig(), { flag: 'wx' }).catch(() => {}) // that of the agent before
    const agent = new RegistrationAgent(
      {
        management: this.spokeClient,
        spoke: this.spokeClient,
        log: silentLogger,
        clock,
        readSpokeCaBundle: async () => 'ca of the managed cluster',
        ...more,
      },
      { ...DEFAULT_AGENT_OPTIONS, agentName: 'agent', bootstrapKubeconfigs: [file], ...options },
    )
    const ending = new AbortController()
    const ended = agent.run(ending.signal)
    this.#running.push({ ending, ended })
    const stop = async () => {
      ending.abort()
      await ended
    }
    return { agent, stop }
  }

  /** As `clusteradm accept` does it. */
  async accept(clusterName: string): Promise<void> {
    await this.untilCluster(clusterName, () => true)
    await this.hub.merge(MANAGED_CLUSTERS, { name: clusterName }, { spec: { hubAcceptsClient: true } })
    const requests = await this.hub.until(CERTIFICATE_SIGNING_REQUESTS, {}, (all) =>
      [...all.values()].some((request) => isPendingOf(request, clusterName)),
    )
    for (const request of requests.values()) {
      if (isPendingOf(request, clusterName)) await this.decide(request, 'Approved')
    }
  }

  async decide(request: AnyObject, type: 'Approved' | 'Denied'): Promise<void> {
    const condition = { type, status: 'True', reason: 'ByTheTest', message: '' }
    const status = { ...request.status, conditions: [condition] }
    await this.hub
      .resource(CERTIFICATE_SIGNING_REQUESTS)
      .update({ ...request, status } as AnyObject, { subresource: 'approval' })
  }

  untilCluster(clusterName: string, isAsWanted: (cluster: AnyObject) => boolean): Promise<AnyObject> {
    return this.hub.untilOne(MANAGED_CLUSTERS, { name: clusterName }, isAsWanted)
  }

  untilAvailable(clusterName: string): Promise<AnyObject> {
    return this.untilCluster(
      clusterName,
      (cluster) => conditionsOf(cluster).ManagedClusterConditionAvailable === 'True',
    )
  }

  async join(clusterName: string, options: Partial<RegistrationAgentOptions> = {}) {
    const started = await this.startAgent({ clusterName, ...options })
    await this.accept(clusterName)
    await this.untilAvailable(clusterName)
    return started
  }

  async close(): Promise<void> {
    for (const { ending } of this.#running) ending.abort()
    await Promise.all(this.#running.map(({ ended }) => ended))
    await this.#signing.controllers.stop()
    await this.#signing.client.stop()
    await this.spokeClient.stop()
    await this.hub.close()
    await this.spoke.close()
    await rm(this.directory, { recursive: true, force: true })
  }
}

export function isPendingOf(
  { metadata, status }: KubeObject & { status?: AnyObject },
  name: string,
): boolean {
  return Boolean(metadata.name?.startsWith(`${name}-`)) && !status?.conditions?.length
}

function clientOf({ url: server, tls }: { url: URL; tls: ClusterTls }): KubeClient {
  return new KubeClient({ readAccess: async () => ({ server, tls }) }, { qps: -1 })
}

function kubeconfigText(
  { name = 'hub', ca, caPem = ca, server, proxyUrl }: KubeconfigChanges & { ca: string },
  { certificatePem, privateKeyPem }: { certificatePem: string; privateKeyPem: string },
): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bootstrap',
    clusters: [
      {
        name,
        cluster: {
          server,
          'certificate-authority-data': base64(caPem),
          ...(proxyUrl && { 'proxy-url': proxyUrl }),
        },
      },
    ],
    contexts: [{ name: 'bootstrap', context: { cluster: name, user: 'bootstrap' } }],
    users: [
      {
        name: 'bootstrap',
        user: {
          'client-certificate-data': base64(certificatePem),
          'client-key-data': base64(privateKeyPem),
        },
      },
    ],
  })
}
