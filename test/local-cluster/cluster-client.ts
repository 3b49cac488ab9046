import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { KubeObject } from '../../src/apis/meta/v1.ts'
import { silentLogger } from '../../src/common/log.ts'
import { ControlPlane, ControlPlaneCredentials, MemoryJournal } from '../../src/controlplane/index.ts'
import {
  type ClusterAccess,
  KubeClient,
  type ResourceDefinition,
  readKubeconfig,
} from '../../src/kube/index.ts'

const core = (plural: string): ResourceDefinition => ({ group: '', version: 'v1', plural, namespaced: true })

export const PODS = core('pods')
export const SECRETS = core('secrets')
export const CONFIG_MAPS = core('configmaps')
export const SERVICES = core('services')
export const SERVICE_ACCOUNTS = core('serviceaccounts')
export const EVENTS = core('events')
export const ENDPOINT_SLICES: ResourceDefinition = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  namespaced: true,
}

const HOST = '127.0.0.1'
const CLOCK = { now: Date.now }

/** A control plane without controllers whose Services are on loopback, and its administrator's client. */
export class ClusterClient {
  readonly client: KubeClient
  /** The administrator's. */
  readonly access: ClusterAccess
  readonly apiServer: { readonly host: string; readonly port: number }
  readonly #controlPlane: ControlPlane
  readonly #folder: string

  static async start(): Promise<ClusterClient> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'cluster-client-'))
    const credentials = await ControlPlaneCredentials.open(folder, {
      server: `https://${HOST}:6443`,
      names: { dnsNames: ['localhost', 'kubernetes'], ipAddresses: [HOST] },
      clock: CLOCK,
    })
    const controlPlane = await ControlPlane.open(
      { log: silentLogger, journal: new MemoryJournal(), credentials, clock: CLOCK },
      {
        host: HOST,
        port: 0,
        flag: '--secure-port',
        address: `${HOST}:6443`,
        serviceCidrs: ['127.185.0.0/16'],
        release: '0.0.0',
      },
    )
    await controlPlane.start()
    const { tls } = await readKubeconfig([credentials.kubeconfigFile])
    const server = new URL(`https://${HOST}:${controlPlane.port}`)
    return new ClusterClient({ server, tls }, controlPlane, folder)
  }

  private constructor(access: ClusterAccess, controlPlane: ControlPlane, folder: string) {
    this.access = access
    this.client = new KubeClient({ readAccess: async () => access }, { qps: -1 })
    this.apiServer = { host: HOST, port: controlPlane.port }
    this.#controlPlane = controlPlane
    this.#folder = folder
  }

  create<T extends KubeObject>(definition: ResourceDefinition, object: T): Promise<T> {
    return this.client.resource<T>(definition).create(object)
  }

  merge(definition: ResourceDefinition, name: string, body: object): Promise<KubeObject> {
    return this.client.resource(definition).patch({ namespace: 'default', name }, { type: 'merge', body })
  }

  async delete(definition: ResourceDefinition, name: string): Promise<void> {
    await this.client.resource(definition).delete({ namespace: 'default', name })
  }

  async close(): Promise<void> {
    await this.client.stop()
    await this.#controlPlane.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
