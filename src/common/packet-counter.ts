import { Counter, type Registry } from './prometheus.ts'

/** A leg of the tunnel and its direction, in konnectivity's label values. */
export type Segment = 'from_client' | 'to_client' | 'from_agent' | 'to_agent'

/**
 * Counts packets, for the one place where a counter with labels is too slow: an increment costs a property, and labels are
 * only put together when somebody collects.
 */
export class PacketCounter {
  readonly #counts: Record<Segment, Record<string, number>> = {
    from_client: {},
    to_client: {},
    from_agent: {},
    to_agent: {},
  }

  constructor(registry: Registry, prefix: string) {
    const counts = this.#counts
    new Counter({
      name: `${prefix}_stream_packets_total`,
      help: 'Packets by segment of the tunnel and packet type.',
      labelNames: ['segment', 'packet_type'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [segment, byType] of Object.entries(counts)) {
          for (const [type, count] of Object.entries(byType)) this.inc({ segment, packet_type: type }, count)
        }
      },
    })
  }

  count(segment: Segment, packetType: string): void {
    const byType = this.#counts[segment]
    byType[packetType] = (byType[packetType] ?? 0) + 1
  }
}
