import path from 'node:path'
import { aborted } from '../common/aborted.ts'
import type { ConfigIo } from '../common/config-io.ts'
import type { CommandSpec } from '../common/flags.ts'
import { HttpEndpoints, metricsRoute, type Route, sendText } from '../common/http-endpoints.ts'
import type { Logger } from '../common/log.ts'
import { collectProcessMetrics } from '../common/process-metrics.ts'
import { Registry } from '../common/prometheus.ts'
import { TlsFiles } from '../common/tls-files.ts'
import { opensslCiphersOf, tlsVersionOf } from '../common/tls-names.ts'
import type { WebhookFlagValues } from '../common/webhook-flags.ts'
import { findAccess, KubeClient, KubeMetrics } from '../kube/index.ts'
import { type ReviewHandler, WebhookMetrics, WebhookServer } from '../kube/webhook/index.ts'
import type { ProcessConfig, ProcessDefinition } from './run-process.ts'

export interface WebhookContext {
  readonly log: Logger
  /** Of the API that calls. */
  readonly client: KubeClient
  /** Aborted when the process is to end. */
  readonly signal: AbortSignal
}

export interface WebhookProcessOptions<Config extends WebhookFlagValues & ProcessConfig> {
  readonly spec: CommandSpec
  parse(argv: readonly string[], env: NodeJS.ProcessEnv, io: ConfigIo): Config
  /** What answers, by path. */
  routes(
    context: WebhookContext,
    config: Config,
  ): Readonly<Record<string, ReviewHandler>> | Promise<Readonly<Record<string, ReviewHandler>>>
}

/** A process that serves webhooks to an API server, with health checks and metrics beside them. */
export function webhookProcess<Config extends WebhookFlagValues & ProcessConfig>({
  spec,
  parse,
  routes,
}: WebhookProcessOptions<Config>): ProcessDefinition<Config> {
  return {
    spec,
    parse,
    async run(config, { log, signal }) {
      const registry = new Registry()
      collectProcessMetrics(registry)
      const readAccess = findAccess({ env: process.env, kubeconfig: config.kubeconfig })
      const client = new KubeClient({ readAccess, log, metrics: new KubeMetrics(registry) })
      await client.start()
      const tls = new TlsFiles(
        { log },
        {
          name: 'webhook',
          certFile: path.join(config.certdir, 'tls.crt'),
          keyFile: path.join(config.certdir, 'tls.key'),
          caFile: '',
        },
      )
      await tls.start()
      const server = new WebhookServer(
        { log, tls, metrics: new WebhookMetrics(registry) },
        {
          host: '',
          port: config.port,
          flag: '--port',
          routes: await routes({ log, client, signal }, config),
          minVersion: tlsVersionOf(config.tlsMinVersion),
          ciphers: opensslCiphersOf(config.tlsCipherSuites),
        },
      )
      const parts = [server, ...endpoints(config, log, registry)]
      for (const part of parts) await part.start()
      await aborted(signal)
      for (const part of parts) await part.stop()
      tls.stop()
      await client.stop()
    },
  }
}

/** Served once the webhooks are. */
function endpoints(
  { healthProbePort, metricsPort }: WebhookFlagValues,
  log: Logger,
  registry: Registry,
): HttpEndpoints[] {
  const ok: Route = (_, response) => sendText(response, 200, 'ok')
  const endpoint = (name: string, flag: string, port: number, routes: Record<string, Route>) =>
    port === 0 ? [] : [new HttpEndpoints({ log, routes }, { name, host: '', port, flag })]
  return [
    ...endpoint('health', '--health-probe-port', healthProbePort, { '/healthz': ok, '/readyz': ok }),
    ...endpoint('metrics', '--metrics-port', metricsPort, { '/metrics': metricsRoute(registry) }),
  ]
}
