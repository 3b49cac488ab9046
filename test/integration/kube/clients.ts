import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import {
  KubeClient,
  type KubeClientOptions,
  type ReadAccess,
  readKubeconfig,
} from '../../../src/kube/index.ts'
import type { TestControlPlane } from '../../support/control-plane.ts'
import type { ControlPlaneProcess } from '../../support/control-plane-process.ts'

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

export const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', namespaced: true } as const
export const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces', namespaced: false } as const

/** As many requests as it likes: tests do not wait. */
const UNLIMITED: KubeClientOptions = { qps: -1 }

const clients: KubeClient[] = []

/** To be an `afterEach` of every test file that makes clients. */
export async function stopClients(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.stop()))
}

export function clientWith(readAccess: ReadAccess, options: KubeClientOptions = {}): KubeClient {
  const client = new KubeClient({ readAccess }, { ...UNLIMITED, ...options })
  clients.push(client)
  return client
}

/** The administrator's, of a server in this process. */
export function clientOf({ url, tls }: TestControlPlane, options?: KubeClientOptions): KubeClient {
  return clientWith(async () => ({ server: url, tls }), options)
}

/** The administrator's, of a server in another process; perhaps by a relay. */
export function clientOfProcess(cluster: ControlPlaneProcess, port = cluster.port): KubeClient {
  return clientWith(async () => ({
    ...(await readKubeconfig([cluster.kubeconfig])),
    server: new URL(`https://127.0.0.1:${port}`),
  }))
}

export async function makeNamespace(client: KubeClient, name: string): Promise<void> {
  await client.resource(NAMESPACES).create({ metadata: { name } })
}
