import type { Secret } from '../../../src/apis/core/v1.ts'
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import {
  type Clock,
  type ClusterTls,
  type Impersonation,
  KubeClient,
  type ResourceClient,
  type ResourceDefinition,
  type SelectionOptions,
  type Transport,
} from '../../../src/kube/index.ts'
import { KubeControllers, type TokenFiller } from '../../../src/kube-controllers/index.ts'
import { CertificateAuthority } from '../../../src/pki/index.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { untilObjects } from '../../support/until-objects.ts'

/** Any object, as a test wants to look at it. */
// biome-ignore lint/suspicious/noExplicitAny: a test says with its expectation what an object looks like
export type AnyObject = KubeObject & Record<string, any>

/** The signing key is the control plane's; what controllers do with a token is the same for any. */
const TOKENS: TokenFiller = {
  fillTokenSecret: async (secret, account): Promise<Secret> => ({
    ...secret,
    metadata: {
      ...secret.metadata,
      annotations: {
        ...secret.metadata.annotations,
        'kubernetes.io/service-account.uid': account.metadata.uid ?? '',
      },
    },
    data: {
      'ca.crt': Buffer.from((await AUTHORITY).certificatePem).toString('base64'),
      namespace: Buffer.from(account.metadata.namespace ?? '').toString('base64'),
      token: Buffer.from(`token of ${account.metadata.uid}`).toString('base64'),
    },
  }),
}

export const AUTHORITY = CertificateAuthority.create({ commonName: 'clients' })

/** A control plane in memory, controllers beside it that can be stopped and started anew, and a client that looks on. */
export class ControllersBench {
  readonly client: KubeClient
  readonly #server: TestControlPlane
  readonly #selection: readonly string[]
  readonly #clock: Clock | undefined
  #running: { client: KubeClient; controllers: KubeControllers } | undefined

  /** `clock`: the controllers'. */
  static async start(controllers: readonly string[] = ['*'], clock?: Clock): Promise<ControllersBench> {
    const bench = new ControllersBench(await TestControlPlane.start(), controllers, clock)
    await bench.startControllers()
    return bench
  }

  private constructor(server: TestControlPlane, selection: readonly string[], clock: Clock | undefined) {
    this.#server = server
    this.#selection = selection
    this.#clock = clock
    this.client = this.newClient()
  }

  async startControllers(): Promise<void> {
    const client = this.newClient({ clock: this.#clock })
    const components = { client, authority: await AUTHORITY, tokens: TOKENS }
    const controllers = new KubeControllers(components, { controllers: this.#selection })
    controllers.start()
    this.#running = { client, controllers }
  }

  async stopControllers(): Promise<void> {
    await this.#running?.controllers.stop()
    await this.#running?.client.stop()
  }

  async close(): Promise<void> {
    await this.stopControllers()
    await this.client.stop()
    await this.#server.close()
  }

  resource(definition: ResourceDefinition): ResourceClient<AnyObject> {
    return this.client.resource<AnyObject>(definition)
  }

  /** The administrator's, or that of somebody for whom the administrator acts. Whoever asks for it stops it. */
  newClient(
    options: {
      readonly clock?: Clock | undefined
      readonly impersonate?: Impersonation
      /** Makes what carries the requests, in the place of connections. */
      readonly transport?: ((tls: ClusterTls) => Transport) | undefined
    } = {},
  ): KubeClient {
    const { clock, impersonate, transport } = options
    const { url: server, tls } = this.#server
    const components = {
      readAccess: async () => ({ server, tls }),
      ...(clock && { clock }),
      ...(transport && { transport: transport(tls) }),
    }
    return new KubeClient(components, { qps: -1, ...(impersonate && { impersonate }) })
  }

  /** Watches the objects until they are as they should be, by their keys (`namespace/name`), and resolves with them. */
  async until(
    definition: ResourceDefinition,
    selection: SelectionOptions,
    isAsWanted: (objects: ReadonlyMap<string, AnyObject>) => boolean,
  ): Promise<ReadonlyMap<string, AnyObject>> {
    return untilObjects(this.resource(definition), selection, isAsWanted)
  }

  async createNamespace(name: string): Promise<void> {
    await this.resource(NAMESPACES).create({ metadata: { name } })
  }

  /** Resolves once nothing of the names is left. */
  async untilGone(definition: ResourceDefinition, ...keys: string[]): Promise<void> {
    await this.until(definition, {}, (objects) => keys.every((key) => !objects.has(key)))
  }
}

export const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces', namespaced: false }
export const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', namespaced: true }
export const SECRETS = { group: '', version: 'v1', plural: 'secrets', namespaced: true }
export const SERVICE_ACCOUNTS = { group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true }
export const EVENTS = { group: 'events.k8s.io', version: 'v1', plural: 'events', namespaced: true }
export const DEFINITIONS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  namespaced: false,
}
export const WIDGETS = { group: 'example.com', version: 'v1', plural: 'widgets', namespaced: true }

/** Makes widgets a resource, and resolves once they are one. */
export async function defineWidgets(bench: ControllersBench): Promise<void> {
  await bench.resource(DEFINITIONS).create({
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  } as unknown as AnyObject)
  await bench.until(DEFINITIONS, {}, (objects) =>
    Boolean(
      objects
        .get('widgets.example.com')
        ?.status?.conditions?.some(
          (each: { type: string; status: string }) => each.type === 'Established' && each.status === 'True',
        ),
    ),
  )
}
