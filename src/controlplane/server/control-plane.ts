import type { Registry } from 'prom-client'
import type { ListenAddress } from '../../common/listen.ts'
import type { Logger } from '../../common/log.ts'
import type { WallClock } from '../../pki/index.ts'
import {
  clusterServices,
  overriddenServices,
  type ServiceAddress,
  WebhookClient,
} from '../admission/index.ts'
import { badRequest } from '../api/status.ts'
import type { ControlPlaneCredentials } from '../credentials/index.ts'
import { ConversionMetrics } from '../custom/index.ts'
import { builtinCatalog } from '../discovery/index.ts'
import { podEndpoints, ResourceRouter, reviewEndpoints } from '../endpoints/index.ts'
import {
  AccessControl,
  type Answer,
  ApiListener,
  type IncomingRequest,
  RequestLimit,
  type UpgradeAnswer,
} from '../http/index.ts'
import { OpenApiDocuments } from '../openapi/index.ts'
import { type PodRuntime, podStreamEndpoints } from '../pod-streams/index.ts'
import { PRIVILEGED_GROUP_AUTHORIZER, RbacAuthorizer, type User, unionAuthorizer } from '../rbac/index.ts'
import { type KubeObject, ObjectRegistry, type ResourceType } from '../registry/index.ts'
import { ResourceCatalog, type ServedResource } from '../resources/index.ts'
import type { TokenIssuer } from '../service-account-tokens/index.ts'
import { type Journal, ObjectStore } from '../storage/index.ts'
import { AdmissionPlugins } from './admission-plugins.ts'
import { createBootstrapObjects, createKubernetesService } from './bootstrap-objects.ts'
import { builtinResources, reviewedResources } from './builtin-resources.ts'
import { Definitions } from './definitions.ts'
import { DocumentRouter } from './document-router.ts'
import { identitiesOf, SERVICE_ACCOUNTS } from './identities.ts'
import { ObjectSource } from './object-source.ts'
import { RequestMetrics } from './request-metrics.ts'
import { serviceAccountEndpoints } from './service-account-endpoints.ts'
import { storedRbac } from './stored-rbac.ts'
import { StoredServices } from './stored-services.ts'

export interface ControlPlaneComponents {
  readonly log: Logger
  /** Owned from now on. */
  readonly journal: Journal
  /** May be in the making: the journal is opened meanwhile. */
  readonly credentials: ControlPlaneCredentials | Promise<ControlPlaneCredentials>
  readonly clock: WallClock
}

/** All that it needs, ready. */
interface Opened extends Pick<ControlPlaneComponents, 'log' | 'clock'> {
  readonly credentials: ControlPlaneCredentials
  readonly store: ObjectStore
}

export interface ControlPlaneOptions extends ListenAddress {
  /** Where clients reach us, such as `192.0.2.2:6443`. */
  readonly address: string
  /** Where Services get their addresses from, one for each family. */
  readonly serviceCidrs: readonly string[]
  /** Services that webhooks name and that are somewhere else than at their cluster IPs, such as `namespace/name`. @default none */
  readonly serviceAddresses?: ReadonlyMap<string, ServiceAddress>
  /** Whether Services may have endpoints at loopback addresses: where all is on one machine. @default false */
  readonly loopbackEndpoints?: boolean
  /** This project's, such as `0.1.0`. */
  readonly release: string
}

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io'
/** What comes back of objects that are converted together can be larger than they were. */
const CONVERSIONS = { mostResponseBytes: 16 * 1024 * 1024, userAgent: 'kube-apiserver' }
const COMPACT_EVERY_MS = 5_000
const RENEW_EVERY_MS = 60 * 60_000
const GRACE_MS = 10_000

interface Part {
  start(): void
  stop(): void | Promise<void>
}

/** A Kubernetes API server in this process, over a journal. Owns its listener and its store. */
export class ControlPlane {
  /** What is read at `/metrics`; the parts of this process that use it may add theirs. */
  readonly metrics: Registry
  readonly #log: Logger
  readonly #store: ObjectStore
  readonly #listener: ApiListener
  readonly #credentials: ControlPlaneCredentials
  /** What follows the store, in the order in which it is started and stopped. */
  readonly #parts: readonly Part[]
  readonly #conversions: WebhookClient
  readonly #issuer: TokenIssuer
  readonly #bootstrap: () => Promise<void>
  readonly #handleAs: (user: User, request: IncomingRequest) => Promise<Answer | UpgradeAnswer>
  readonly #publish: (port: number) => Promise<void>
  #pods: PodRuntime | undefined
  #timers: NodeJS.Timeout[] = []

  /** Opens the journal. Rejects with a StorageError that says what is wrong with it. */
  static async open(components: ControlPlaneComponents, options: ControlPlaneOptions): Promise<ControlPlane> {
    const { log, journal, clock } = components
    const [store, credentials] = await Promise.all([
      ObjectStore.open(journal, { now: clock.now }),
      components.credentials,
    ])
    return new ControlPlane({ log, clock, credentials, store }, options)
  }

  private constructor({ log, credentials, clock, store }: Opened, options: ControlPlaneOptions) {
    const now = clock.now
    const objects = new ObjectSource({ store })
    const registry = new ObjectRegistry({ store }, { now })

    const groups = builtinCatalog()
    const builtin = builtinResources(groups, now, options)
    const addresses = overriddenServices(
      options.serviceAddresses ?? new Map(),
      clusterServices({ get: (namespace, name) => objects.get('services', namespace, name) }),
    )
    const limit = new RequestLimit()
    const metrics = new RequestMetrics({
      isResource: (...names) => catalog.has(...names),
      waiting: () => limit.waiting,
    })
    metrics.collectProcessMetrics()
    const conversions = new WebhookClient({ services: addresses }, CONVERSIONS)
    const definitions = new Definitions({
      log,
      store,
      objects,
      registry,
      resource: storedResource(builtin, DEFINITIONS),
      conversions,
      conversionMetrics: new ConversionMetrics(metrics.registry),
      now,
    })
    const catalog = new ResourceCatalog({ builtin, groups, custom: definitions })

    const rbac = new RbacAuthorizer({ source: storedRbac(objects) })
    const authorizer = unionAuthorizer([PRIVILEGED_GROUP_AUTHORIZER, rbac])
    const identities = identitiesOf({ credentials, objects, now })
    const admission = new AdmissionPlugins({
      log,
      store,
      objects,
      registry,
      catalog,
      builtin: [...builtin, ...reviewedResources(groups)],
      authorizer,
      rules: rbac,
      services: addresses,
      metrics: metrics.registry,
      now,
    })
    const typeOf = (resource: string) => storedResource(builtin, resource).typeOf('') as ResourceType
    const services = new StoredServices({ objects }, { cidrs: options.serviceCidrs })
    const allocators = new Map([['services', services]])
    const endpoints = { store, registry, admission: admission.chain, allocators, now }
    const reviews = { admission: admission.chain, now }
    const resources = new ResourceRouter({
      ...endpoints,
      catalog,
      special: {
        ...reviewEndpoints({ ...reviews, tokens: identities.tokens, authorizer, rules: rbac }),
        ...serviceAccountEndpoints({ ...reviews, tokens: identities.tokenRequests }),
        ...podEndpoints(endpoints, typeOf('pods')),
        ...podStreamEndpoints(
          { log, objects, registry, authorizer, runtime: () => this.#pods },
          typeOf('pods'),
        ),
      },
    })
    const openApi = new OpenApiDocuments({ catalog: groups }, { now })
    definitions.onChange(() => openApi.setDefinitions(definitions.definitions()))
    const documents = new DocumentRouter(
      { groups: () => catalog.groups(), key: identities.key, metrics: metrics.registry, openApi },
      { address: options.address, issuer: SERVICE_ACCOUNTS.issuer, release: options.release },
    )
    const access = new AccessControl({
      authenticator: identities.authenticator,
      authorizer,
      limit,
      handle: (request) => {
        const { info } = request
        return info.isResource ? resources.handle({ ...request, info }) : documents.handle(request)
      },
    })

    this.#log = log
    this.metrics = metrics.registry
    this.#parts = [rbac, services, definitions, admission]
    this.#conversions = conversions
    this.#issuer = identities.issuer
    this.#store = store
    this.#credentials = credentials
    this.#bootstrap = () =>
      createBootstrapObjects(
        { registry, typeOf },
        {
          clientCa: credentials.authority.certificatePem,
          frontProxyCa: credentials.frontProxyCertificatePem,
        },
      )
    this.#publish = (port) => createKubernetesService({ registry, typeOf, objects, services }, { port })
    this.#handleAs = (user, request) => metrics.observe(request, () => access.handleAs(user, request))
    this.#listener = new ApiListener(
      { log, handle: (request) => metrics.observe(request, () => access.handle(request)) },
      { ...options, certificate: servingOf(credentials), clientCa: credentials.authority.certificatePem },
    )
  }

  /** Rejects with a ListenError when the port is not to be had. */
  async start(): Promise<void> {
    for (const part of this.#parts) part.start()
    await this.#bootstrap()
    await this.#listener.start()
    await this.#publish(this.port)
    this.#timers = [
      setInterval(() => void this.#compact(), COMPACT_EVERY_MS),
      setInterval(() => void this.#renew(), RENEW_EVERY_MS),
    ]
  }

  get port(): number {
    return this.#listener.port
  }

  /** What runs the pods from now on: their logs, commands and ports are had from it. Without one they are refused. */
  usePods(pods: PodRuntime | undefined): void {
    this.#pods = pods
  }

  /**
   * Answers a request of a part of this process, which has no connection.
   *
   * @throws StatusError, StorageError
   */
  async handleAs(user: User, request: IncomingRequest): Promise<Answer> {
    const answer = await this.#handleAs(user, request)
    if ('upgrade' in answer) throw badRequest('there is no connection to upgrade')
    return answer
  }

  /** A Secret for a service account's token, filled in, with what its holder may trust us by. */
  fillTokenSecret(secret: KubeObject, serviceAccount: KubeObject): Promise<KubeObject> {
    return this.#issuer.fillTokenSecret(secret, serviceAccount, this.#credentials.authority.certificatePem)
  }

  /** Ends watches, waits for what is being carried out, and closes the store. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#listener.stop(GRACE_MS)
    for (const part of this.#parts) await part.stop()
    await this.#conversions.close()
    await this.#store.close()
  }

  async #compact(): Promise<void> {
    try {
      await this.#store.compact()
    } catch (err) {
      this.#log.warn({ err }, 'cannot forget old changes, will try again')
    }
  }

  async #renew(): Promise<void> {
    try {
      if (await this.#credentials.renewServing()) this.#listener.useCertificate(servingOf(this.#credentials))
    } catch (err) {
      this.#log.error({ err }, 'cannot renew the serving certificate, will try again')
    }
  }
}

function storedResource(resources: readonly ServedResource[], name: string): ServedResource {
  const found = resources.find((each) => each.storedResource === name && each.isStoredVersion)
  if (!found) throw new Error(`there is no built-in resource ${name}`)
  return found
}

function servingOf({ serving }: ControlPlaneCredentials) {
  return { cert: serving.certificatePem, key: serving.privateKeyPem }
}
