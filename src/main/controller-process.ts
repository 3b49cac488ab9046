import { randomUUID } from 'node:crypto'
import os from 'node:os'
import type { ConfigIo } from '../common/config-io.ts'
import { type ControllerConfig, parseListenAddress } from '../common/controller-flags.ts'
import { ConfigError } from '../common/errors.ts'
import { FileChanges } from '../common/file-changes.ts'
import type { CommandSpec } from '../common/flags.ts'
import {
  checklistRoute,
  HttpEndpoints,
  metricsRoute,
  type Route,
  type Routes,
  sendError,
} from '../common/http-endpoints.ts'
import type { Logger } from '../common/log.ts'
import { collectProcessMetrics } from '../common/process-metrics.ts'
import { Registry } from '../common/prometheus.ts'
import { opensslCiphersOf, tlsVersionOf } from '../common/tls-names.ts'
import {
  DelegatedAuthorization,
  findAccess,
  KubeClient,
  KubeMetrics,
  type LeaderElectionOptions,
  Manager,
} from '../kube/index.ts'
import type { ProcessDefinition } from './run-process.ts'
import { type ServingCertificate, servingCertificate } from './serving-certificate.ts'
import { settleHeapSoon } from './settle-heap.ts'

/** Undefined, or what is wrong in a few words. */
export type HealthCheck = () => string | undefined

/** As the flags of the same names have it. */
export type ServingTls = Pick<ControllerConfig, 'tlsMinVersion' | 'tlsCipherSuites'>

export interface ControllerSetting {
  readonly log: Logger
  /** Of the cluster of `--kubeconfig`, or of the Pod. Started; stopped when the process ends. */
  readonly client: KubeClient
  readonly manager: Manager
  readonly metrics: KubeMetrics
  readonly registry: Registry
  /** That of `--namespace`, or the Pod's. */
  readonly namespace: string
  /** Aborted when the process is to stop. */
  readonly signal: AbortSignal
  /** What `/healthz` fails by, beside the manager's own health. */
  addHealthCheck(name: string, check: HealthCheck): void
  /** Answers a path, or all below one that ends in a slash, to those who may `get` or `post` it. */
  addRoute(path: string, route: Route): void
  /** What its port is to accept, in place of what the flags say. */
  serveWith(tls: ServingTls): void
  /** Stops the process in order, so that it is started anew. */
  restart(reason: string): void
}

export interface ControllerProcess<Config extends ControllerConfig> {
  readonly spec: CommandSpec
  parse(argv: readonly string[], env: NodeJS.ProcessEnv, io: ConfigIo): Config
  /** The Lease in the process's namespace whose holder works; absent for processes that work side by side. */
  readonly lock?: string
  /** As in `User-Agent`. @default the client's own */
  readonly userAgent?: string
  /** Adds controllers and other parts to the manager, which then runs. */
  setUp(setting: ControllerSetting, config: Config): void | Promise<void>
}

/** A process that consists of controllers: reads where the API is, serves its health, waits to lead, works until it is stopped. */
export function controllerProcess<Config extends ControllerConfig>(
  definition: ControllerProcess<Config>,
): ProcessDefinition<Config> {
  return {
    spec: definition.spec,
    parse: definition.parse,
    run: (config, { log, signal }) => runControllers(definition, config, log, signal),
  }
}

async function runControllers<Config extends ControllerConfig>(
  { lock, userAgent, setUp }: ControllerProcess<Config>,
  config: Config,
  log: Logger,
  stopSignal: AbortSignal,
): Promise<void> {
  const registry = new Registry()
  collectProcessMetrics(registry)
  const metrics = new KubeMetrics(registry)
  const client = new KubeClient(
    { readAccess: findAccess({ env: process.env, kubeconfig: config.kubeconfig }), log, metrics },
    { qps: config.kubeApiQps, burst: config.kubeApiBurst, ...(userAgent && { userAgent }) },
  )
  await client.start()
  const ending = new AbortController()
  const signal = AbortSignal.any([stopSignal, ending.signal])
  const restart = (reason: string) => {
    log.info({ reason }, 'stopping to be started anew')
    ending.abort()
  }
  try {
    const ownNamespace = await client.namespace()
    const namespace = config.namespace || ownNamespace || ''
    const leaderElection =
      config.disableLeaderElection || !lock
        ? undefined
        : election(config, { name: lock, namespace, isOwnNamespace: namespace === ownNamespace })
    const manager = new Manager({ client, log, metrics }, leaderElection && { leaderElection })
    const checks: Record<string, HealthCheck> = {
      manager: () => (manager.health.alive ? undefined : 'stopped'),
    }
    const addHealthCheck = (name: string, check: HealthCheck) => {
      checks[name] = check
    }
    const routes: Record<string, Route> = {}
    const addRoute = (path: string, route: Route) => {
      routes[path] = route
    }
    let serving: ServingTls = config
    const serveWith = (tls: ServingTls) => {
      serving = tls
    }
    await setUp(
      {
        log,
        client,
        manager,
        metrics,
        registry,
        namespace,
        signal,
        addHealthCheck,
        addRoute,
        serveWith,
        restart,
      },
      config,
    )
    const certificate = await servingCertificate(process.env)
    const parts = { log, client, registry, manager, checks, routes, certificate }
    manager.add(healthEndpoints({ listen: config.listen, ...serving }, parts))
    const files = [...config.terminateOnFiles, ...certificate.files]
    manager.add(new FileChanges({ files, onChange: (file) => restart(`${file} has changed`) }))
    settleHeapSoon()
    await manager.run(signal)
  } finally {
    await client.stop()
  }
}

interface Lock {
  readonly name: string
  readonly namespace: string
  /** Whether it is the one that our access names. */
  readonly isOwnNamespace: boolean
}

function election(
  config: ControllerConfig,
  { name, namespace, isOwnNamespace }: Lock,
): LeaderElectionOptions {
  if (namespace === '')
    throw new ConfigError(
      'it is not clear in which namespace the Lease for leader election is: give --namespace, or --disable-leader-election',
    )
  const { POD_NAME: pod, KUBECONFIG, KUBERNETES_SERVICE_HOST } = process.env
  const isAccessOfPod = !config.kubeconfig && !KUBECONFIG && KUBERNETES_SERVICE_HOST !== undefined
  return {
    namespace,
    name,
    identity: `${pod || os.hostname()}_${randomUUID()}`,
    ...(pod && { predecessorPrefix: `${pod}_`, isPod: isAccessOfPod && isOwnNamespace }),
    leaseDurationMs: config.leaderElectionLeaseDurationMs,
    renewDeadlineMs: config.leaderElectionRenewDeadlineMs,
    retryPeriodMs: config.leaderElectionRetryPeriodMs,
  }
}

interface HealthParts {
  readonly log: Logger
  readonly client: KubeClient
  readonly registry: Registry
  readonly manager: Manager
  readonly checks: Readonly<Record<string, HealthCheck>>
  readonly routes: Routes
  readonly certificate: ServingCertificate
}

function healthEndpoints(
  config: ServingTls & { readonly listen: string },
  parts: HealthParts,
): HttpEndpoints {
  const { log, client, registry, manager, checks } = parts
  const health: Route = (request, response, url) => checklistRoute(checks)(request, response, url)
  const ready: Route = (request, response, url) =>
    checklistRoute({ ...checks, caches: () => (manager.health.ready ? undefined : manager.health.state) })(
      request,
      response,
      url,
    )
  const guarded = { '/metrics': metricsRoute(registry), ...parts.routes }
  const authorization = new DelegatedAuthorization(client)
  const { cert, key } = parts.certificate
  return new HttpEndpoints(
    {
      log,
      routes: {
        '/healthz': health,
        '/livez': health,
        '/readyz': ready,
        ...Object.fromEntries(
          Object.entries(guarded).map(([path, route]) => [path, authorized(authorization, route)]),
        ),
      },
    },
    {
      name: 'health',
      ...parseListenAddress(config.listen, '--listen'),
      flag: '--listen',
      tls: {
        cert,
        key,
        minVersion: tlsVersionOf(config.tlsMinVersion),
        ciphers: opensslCiphersOf(config.tlsCipherSuites),
      },
    },
  )
}

function authorized(authorization: DelegatedAuthorization, route: Route): Route {
  return async (request, response, url) => {
    const nonResourceAttributes = { path: url.pathname, verb: (request.method ?? 'GET').toLowerCase() }
    const verdict = await authorization.judge(request.headers.authorization, { nonResourceAttributes })
    if (verdict === 'allowed') await route(request, response, url)
    else if (verdict === 'unauthenticated') sendError(response, 401, 'Unauthorized')
    else sendError(response, 403, 'Forbidden')
  }
}
