import type { KubeObject } from '../../src/apis/meta/v1.ts'
import { KubeClient, type ResourceDefinition } from '../../src/kube/index.ts'
import { TestControlPlane } from '../support/control-plane.ts'

const core = (plural: string): ResourceDefinition => ({ group: '', version: 'v1', plural, namespaced: true })

export const PODS = core('pods')
export const SECRETS = core('secrets')
export const CONFIG_MAPS = core('configmaps')
export const SERVICES = core('services')
export const SERVICE_ACCOUNTS = core('serviceaccounts')
export const ENDPOINT_SLICES: ResourceDefinition = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  namespaced: true,
}

/** A control plane without controllers, and its administrator's client. */
export class ClusterClient {
  readonly client: KubeClient
  readonly #controlPlane: TestControlPlane

  static async start(): Promise<ClusterClient> {
    return new ClusterClient(await TestControlPlane.start())
  }

  private constructor(controlPlane: TestControlPlane) {
    this.#controlPlane = controlPlane
    const { url: server, tls } = controlPlane
    this.client = new KubeClient({ readAccess: async () => ({ server, tls }) }, { qps: -1 })
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
    await this.#controlPlane.close()
  }
}
