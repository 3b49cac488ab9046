import type { DialFailureReason } from '../common/errors.ts'

/** The life of a connection in the label values of konnectivity's `client_connections`. */
export type ConnectionStatus = 'created' | 'dialing' | 'ok' | 'closing'

/** Which way a packet went: `from_client` is what we sent. */
export type Segment = 'from_client' | 'to_client'

/** What a tunnel counts. */
export interface ClientMetrics {
  countPacket(segment: Segment, packetType: string): void
  /** @param code gRPC's name of the status, such as `Unavailable` */
  countStreamError(segment: Segment, code: string, packetType: string): void
  countDialFailure(reason: DialFailureReason): void
  /** Undefined stands for before a connection's first and after its last status. */
  moveConnection(from: ConnectionStatus | undefined, to: ConnectionStatus | undefined): void
}

interface MetricConfiguration<R> {
  name: string
  help: string
  labelNames: string[]
  registers?: R[]
}

interface CounterLike {
  labels(labels: Record<string, string>): { inc(): void }
}

interface GaugeLike {
  labels(labels: Record<string, string>): { inc(): void; dec(): void }
}

/** The part of prom-client, or of anything like it, that is needed to register the metrics. */
export interface MetricsLibrary<R> {
  readonly Counter: new (configuration: MetricConfiguration<R>) => CounterLike
  readonly Gauge: new (configuration: MetricConfiguration<R>) => GaugeLike
}

const PREFIX = 'konnectivity_network_proxy_client_'

export const NO_METRICS: ClientMetrics = {
  countPacket() {},
  countStreamError() {},
  countDialFailure() {},
  moveConnection() {},
}

/**
 * Registers konnectivity's client metrics and returns what to pass to the tunnels, which may share it.
 *
 * @param library prom-client: `registerMetrics(promClient)`
 * @param registry the registry to register with; the library's default one when left out
 */
export function registerMetrics<R>(library: MetricsLibrary<R>, registry?: R): ClientMetrics {
  const registers = registry === undefined ? {} : { registers: [registry] }
  const packets = new library.Counter({
    name: `${PREFIX}stream_packets_total`,
    help: 'Packets sent and received, by segment and packet type',
    labelNames: ['segment', 'packet_type'],
    ...registers,
  })
  const errors = new library.Counter({
    name: `${PREFIX}stream_errors_total`,
    help: 'Streams that failed, by segment, gRPC code and packet type',
    labelNames: ['segment', 'code', 'packet_type'],
    ...registers,
  })
  const failures = new library.Counter({
    name: `${PREFIX}dial_failure_total`,
    help: 'Dials that failed, by reason',
    labelNames: ['reason'],
    ...registers,
  })
  const connections = new library.Gauge({
    name: `${PREFIX}client_connections`,
    help: 'Connections through the tunnel, by status',
    labelNames: ['status'],
    ...registers,
  })

  // Looking up a labelled counter costs more than counting, and packets are counted one by one.
  const packetCounters = new Map<string, { inc(): void }>()
  return {
    countPacket(segment, packetType) {
      const key = segment + packetType
      let counter = packetCounters.get(key)
      if (!counter) {
        counter = packets.labels({ segment, packet_type: packetType })
        packetCounters.set(key, counter)
      }
      counter.inc()
    },
    countStreamError(segment, code, packetType) {
      errors.labels({ segment, code, packet_type: packetType }).inc()
    },
    countDialFailure(reason) {
      failures.labels({ reason }).inc()
    },
    moveConnection(from, to) {
      if (from) connections.labels({ status: from }).dec()
      if (to) connections.labels({ status: to }).inc()
    },
  }
}
