import { MetricFactory } from '../common/metric-factory.ts'
import { PacketCounter, type Segment } from '../common/packet-counter.ts'
import { collectProcessMetrics } from '../common/process-metrics.ts'
import { Registry } from '../common/prometheus.ts'
import type { PacketTypeName } from '../wire/index.ts'

const PREFIX = 'konnectivity_network_proxy_agent'

const LATENCY_BUCKETS_SECONDS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 30]

/**
 * The proxy agent's metrics, with konnectivity's names, labels and buckets; docs/metrics.md describes them. A registry of its
 * own, so that several agents can live in one process.
 */
export class ProxyAgentMetrics {
  readonly registry = new Registry()
  readonly #make = new MetricFactory(this.registry, PREFIX)
  readonly #packets = new PacketCounter(this.registry, PREFIX)

  /** Seconds to connect to a target. */
  readonly dialDuration = this.#make.histogram(
    'dial_duration_seconds',
    'Time to connect to the target, in seconds.',
    LATENCY_BUCKETS_SECONDS,
  )
  /** `direction` is `to_server` or `from_server`. */
  readonly serverConnectionFailures = this.#make.counter(
    'server_connection_failure_count',
    'Failures to send to or receive from a proxy server, by direction. Deprecated, see stream_errors_total.',
    ['direction'],
  )
  /** `reason` is `timeout` or `unknown`, as konnectivity has it, or our `denied`. */
  readonly endpointDialFailures = this.#make.counter(
    'endpoint_dial_failure_total',
    'Failures to connect to a target, by reason.',
    ['reason'],
  )
  readonly openServerConnections = this.#make.gauge(
    'open_server_connections',
    'Proxy servers that the agent is connected to.',
  )
  readonly knownServerCount = this.#make.gauge(
    'known_server_count',
    'Proxy servers that the agent wants to be connected to.',
  )
  readonly openEndpointConnections = this.#make.gauge(
    'open_endpoint_connections',
    'Open connections to targets.',
  )
  /** `code` is the name of a gRPC status, `packet_type` that of a packet or `Unknown`. */
  readonly streamErrors = this.#make.counter(
    'stream_errors_total',
    'Errors of gRPC streams by segment of the tunnel, gRPC status code and packet type.',
    ['segment', 'code', 'packet_type'],
  )

  readonly leaseLists = this.#make.counter(
    'lease_lists_total',
    "Attempts to list the proxy servers' Leases by HTTP status code and reason.",
    ['http_response_code', 'reason'],
  )
  readonly leaseWatches = this.#make.counter(
    'lease_watches_total',
    "Attempts to watch the proxy servers' Leases by HTTP status code and reason.",
    ['http_response_code', 'reason'],
  )
  readonly leaseListLatency = this.#make.histogram(
    'lease_list_latency_seconds',
    "Time to list the proxy servers' Leases, in seconds, by HTTP status code.",
    LATENCY_BUCKETS_SECONDS,
    ['http_response_code'],
  )

  /** Ours. `peer` is always `server`. */
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
  /** Ours. Unix time; `certificate` is always `agent`. */
  readonly certificateExpiry = this.#make.gauge(
    'certificate_expiry_timestamp_seconds',
    'When the certificate in use expires, in seconds since the epoch.',
    ['certificate'],
  )

  constructor() {
    for (const reason of ['timeout', 'unknown', 'denied']) this.endpointDialFailures.inc({ reason }, 0)
  }

  /** Adds what a process has only once: CPU, memory, garbage collection, event loop. For mains, not for tests. */
  collectProcessMetrics(): void {
    collectProcessMetrics(this.registry)
  }

  countPacket(segment: Segment, type: PacketTypeName): void {
    this.#packets.count(segment, type)
  }
}
