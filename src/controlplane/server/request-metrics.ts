import { MetricFactory } from '../../common/metric-factory.ts'
import { collectProcessMetrics } from '../../common/process-metrics.ts'
import { Gauge, Registry } from '../../common/prometheus.ts'
import { type Answer, asStatus, type IncomingRequest, type UpgradeAnswer } from '../http/index.ts'

const PREFIX = 'apiserver'

/** Those of k8s.io/apiserver, endpoints/metrics. */
const DURATION_BUCKETS_SECONDS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]

const WRITES: readonly string[] = ['create', 'update', 'patch', 'delete', 'deletecollection']

interface Labels {
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly scope: string
  readonly component: 'apiserver'
}

export interface RequestMetricsOptions {
  /** Whether there is such a resource: others are all counted as one, or a client could make up as many as it likes. */
  isResource(group: string, version: string, resource: string): boolean
  /** How many requests wait to be carried out. */
  waiting(): { readonly reading: number; readonly writing: number }
}

/** What a control plane counts of the requests that it carries out, with a kube-apiserver's names; docs/metrics.md has them all. */
export class RequestMetrics {
  readonly registry = new Registry()
  readonly #make = new MetricFactory(this.registry, PREFIX)
  readonly #options: RequestMetricsOptions
  readonly #requests = this.#make.counter(
    'request_total',
    'Requests by what they were for and how they were answered.',
    ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component', 'code'],
  )
  readonly #durations = this.#make.histogram(
    'request_duration_seconds',
    'Time until requests other than watches were answered, in seconds.',
    DURATION_BUCKETS_SECONDS,
    ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component'],
  )
  readonly #inFlight = this.#make.gauge(
    'current_inflight_requests',
    'Requests that are being carried out, or wait for it.',
    ['request_kind'],
  )
  readonly #longRunning = this.#make.gauge('longrunning_requests', 'Open watches, and connections to pods.', [
    'verb',
    'group',
    'version',
    'resource',
    'subresource',
    'scope',
    'component',
  ])

  constructor(options: RequestMetricsOptions) {
    this.#options = options
    new Gauge({
      name: `${PREFIX}_current_inqueue_requests`,
      help: 'Requests that wait to be carried out.',
      labelNames: ['request_kind'],
      registers: [this.registry],
      collect() {
        const { reading, writing } = options.waiting()
        this.set({ request_kind: 'readOnly' }, reading)
        this.set({ request_kind: 'mutating' }, writing)
      },
    })
  }

  collectProcessMetrics(): void {
    collectProcessMetrics(this.registry)
  }

  /** Carries a request out and counts it. */
  async observe<Answered extends Answer | UpgradeAnswer>(
    request: IncomingRequest,
    handle: () => Promise<Answered>,
  ): Promise<Answered> {
    const labels = this.#labelsOf(request)
    const dryRun = request.url.searchParams.get('dryRun') === 'All' ? 'All' : ''
    const kind = { request_kind: WRITES.includes(labels.verb.toLowerCase()) ? 'mutating' : 'readOnly' }
    const start = performance.now()
    this.#inFlight.inc(kind)
    let code = 500
    try {
      const answer = await handle()
      code = answer.status
      if ('body' in answer) {
        const seconds = (performance.now() - start) / 1000
        this.#durations.observe({ ...labels, dry_run: dryRun }, seconds)
        return answer
      }
      this.#longRunning.inc(labels)
      request.signal.addEventListener('abort', () => this.#longRunning.dec(labels), { once: true })
      return answer
    } catch (error) {
      code = asStatus(error).httpStatus
      throw error
    } finally {
      this.#inFlight.dec(kind)
      this.#requests.inc({ ...labels, dry_run: dryRun, code })
    }
  }

  #labelsOf({ method, info }: IncomingRequest): Labels {
    const component = 'apiserver'
    const nothing = { group: '', version: '', resource: '', subresource: '', component } as const
    if (!info.isResource) return { ...nothing, verb: knownMethod(method), scope: '' }
    const { verb, group, version, resource, subresource, namespace, name } = info
    if (!this.#options.isResource(group, version, resource))
      return { ...nothing, verb: knownMethod(method), scope: '' }
    const scope =
      namespace === '' ? (name === '' ? 'cluster' : 'resource') : name === '' ? 'namespace' : 'resource'
    // Subresources are not looked up; those that have a name for it are few.
    return {
      verb: verb.toUpperCase(),
      group,
      version,
      resource,
      subresource: knownPart(subresource),
      scope,
      component,
    }
  }
}

const PARTS = [
  'status',
  'scale',
  'finalize',
  'approval',
  'binding',
  'eviction',
  'token',
  'log',
  'exec',
  'attach',
  'portforward',
  'proxy',
  'resize',
  'ephemeralcontainers',
]
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT']

function knownPart(subresource: string): string {
  return subresource === '' || PARTS.includes(subresource) ? subresource : 'other'
}

function knownMethod(method: string): string {
  return METHODS.includes(method) ? method : 'other'
}
