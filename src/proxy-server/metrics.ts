import { HotHistogram } from '../common/hot-histogram.ts'
import { MetricFactory } from '../common/metric-factory.ts'
import { PacketCounter, type Segment } from '../common/packet-counter.ts'
import { collectProcessMetrics } from '../common/process-metrics.ts'
import { Registry } from '../common/prometheus.ts'
import type { PacketTypeName } from '../wire/index.ts'

const PREFIX = 'konnectivity_network_proxy_server'

const LATENCY_BUCKETS_SECONDS = [1e-6, 1e-5, 1e-4, 0.005, 0.025, 0.1, 0.5, 2.5, 12.5]
const CONNECTION_BUCKETS_SECONDS = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 14_400, 43_200, 86_400]
const LEASE_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * The proxy server's metrics, with konnectivity's names, labels and buckets; docs/metrics.md describes them. A registry of
 * its own, so that several servers can live in one process.
 */
export class ProxyServerMetrics {
  readonly registry = new Registry()
  readonly #make = new MetricFactory(this.registry, PREFIX)
  readonly #packets = new PacketCounter(this.registry, PREFIX)

  /** Seconds from a dial's arrival to its successful answer. */
  readonly dialDuration = this.#make.histogram(
    'dial_duration_seconds',
    'Time to dial the target, in seconds.',
    LATENCY_BUCKETS_SECONDS,
  )
  /** Seconds that a write to a frontend had to wait. */
  readonly frontendWriteDuration = new HotHistogram(this.registry, {
    name: `${PREFIX}_frontend_write_duration_seconds`,
    help: 'Time that writes to frontends took, in seconds.',
    bounds: LATENCY_BUCKETS_SECONDS,
  })
  /** Seconds from establishment to the end, however it came. */
  readonly connectionDuration = this.#make.histogram(
    'connection_duration_seconds',
    'How long connections lasted once they were established, in seconds.',
    CONNECTION_BUCKETS_SECONDS,
  )
  /** Open streams; `service_method` is `Proxy` for frontends and `Connect` for agents. */
  readonly grpcConnections = this.#make.gauge('grpc_connections', 'Open gRPC streams by service method.', [
    'service_method',
  ])
  readonly httpConnections = this.#make.gauge('http_connections', 'Open HTTP CONNECT connections.')
  readonly readyBackendConnections = this.#make.gauge(
    'ready_backend_connections',
    'Connected agents. Deprecated, see ready_backends.',
  )
  /** Distinct identifiers, not streams, that a strategy can choose from; only of the strategies that are in use. */
  readonly readyBackends = this.#make.gauge('ready_backends', 'Connected agents by proxy strategy.', [
    'proxy_strategy',
  ])
  readonly pendingDials = this.#make.gauge(
    'pending_backend_dials',
    'Dials that agents have not answered yet.',
  )
  readonly establishedConnections = this.#make.gauge('established_connections', 'Established connections.')
  /** Sources that are paused because a peer does not read fast enough. */
  readonly fullReceiveChannels = this.#make.gauge(
    'full_receive_channels',
    'Streams that are not read for now because what was received cannot go on, by service method.',
    ['service_method'],
  )
  /** `reason` is konnectivity's: no_agent, error_response, unrecognized_response, send_rsp and so on. */
  readonly dialFailures = this.#make.counter('dial_failure_count', 'Failed dials by reason.', ['reason'])
  /** `code` is the name of a gRPC status, `packet_type` that of a packet or `Unknown`. */
  readonly streamErrors = this.#make.counter(
    'stream_errors_total',
    'Errors of gRPC streams by segment of the tunnel, gRPC status code and packet type.',
    ['segment', 'code', 'packet_type'],
  )

  readonly culledLeases = this.#make.counter('culled_leases_count', 'Expired Leases that were deleted.')
  readonly leaseDeleteLatency = this.#make.histogram(
    'lease_delete_latency_seconds',
    'Time to delete a Lease, in seconds, by HTTP status code.',
    LEASE_BUCKETS_SECONDS,
    ['http_status_code'],
  )
  readonly leaseDeletes = this.#make.counter(
    'lease_delete_total',
    'Attempts to delete a Lease by HTTP status code and reason.',
    ['http_status_code', 'reason'],
  )
  readonly leaseListLatency = this.#make.histogram(
    'lease_list_latency_seconds',
    'Time to list the Leases, in seconds, by HTTP status code.',
    LEASE_BUCKETS_SECONDS,
    ['http_status_code'],
  )
  readonly leaseLists = this.#make.counter(
    'lease_list_total',
    'Attempts to list the Leases by HTTP status code and reason.',
    ['http_status_code', 'reason'],
  )

  /** Ours. `peer` is `agent` or `frontend`. */
  readonly protocolErrors = this.#make.counter(
    'protocol_errors_total',
    'Streams that were ended because the peer broke the wire protocol, by kind of peer.',
    ['peer'],
  )
  /** Ours. Connections that did not end by an orderly close. */
  readonly connectionsReset = this.#make.counter(
    'connections_reset_total',
    'Connections that were broken off, by reason.',
    ['reason'],
  )
  /** Ours. What is buffered toward peers that read more slowly than their sources send. */
  readonly queuedBytes = this.#make.gauge('queued_bytes', 'Bytes that wait in queues, by where they go.', [
    'to',
  ])
  /** Ours. Unix time; `certificate` is `server` or `cluster`. */
  readonly certificateExpiry = this.#make.gauge(
    'certificate_expiry_timestamp_seconds',
    'When the certificate in use expires, in seconds since the epoch.',
    ['certificate'],
  )

  constructor() {
    for (const method of ['Proxy', 'Connect']) {
      this.grpcConnections.set({ service_method: method }, 0)
      this.fullReceiveChannels.set({ service_method: method }, 0)
    }
  }

  /** Adds what a process has only once: CPU, memory, garbage collection, event loop. For mains, not for tests. */
  collectProcessMetrics(): void {
    collectProcessMetrics(this.registry)
  }

  countPacket(segment: Segment, type: PacketTypeName): void {
    this.#packets.count(segment, type)
  }
}
