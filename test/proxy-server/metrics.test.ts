import { describe, expect, it } from 'vitest'
import { BackendRegistry } from '../../src/proxy-server/backend-registry.ts'
import { ProxyServerMetrics } from '../../src/proxy-server/metrics.ts'

const PREFIX = 'konnectivity_network_proxy_server_'

describe('the metrics of the proxy server', () => {
  it("have konnectivity's names, types and labels, and a few of ours", () => {
    const { registry } = new ProxyServerMetrics()
    const described = registry.getMetricsAsArray().map((metric) => {
      const { name, type, labelNames } = metric as unknown as {
        name: string
        type: string
        labelNames: string[]
      }
      return `${name.replace(PREFIX, '')} ${type} ${labelNames.join(',')}`.trim()
    })
    expect(described.sort()).toEqual([
      'certificate_expiry_timestamp_seconds gauge certificate',
      'connection_duration_seconds histogram',
      'connections_reset_total counter reason',
      'culled_leases_count counter',
      'dial_duration_seconds histogram',
      'dial_failure_count counter reason',
      'established_connections gauge',
      'frontend_write_duration_seconds histogram',
      'full_receive_channels gauge service_method',
      'grpc_connections gauge service_method',
      'http_connections gauge',
      'lease_delete_latency_seconds histogram http_status_code',
      'lease_delete_total counter http_status_code,reason',
      'lease_list_latency_seconds histogram http_status_code',
      'lease_list_total counter http_status_code,reason',
      'pending_backend_dials gauge',
      'protocol_errors_total counter peer',
      'queued_bytes gauge to',
      'ready_backend_connections gauge',
      'ready_backends gauge proxy_strategy',
      'stream_errors_total counter segment,code,packet_type',
      'stream_packets_total counter segment,packet_type',
    ])
  })

  it('counts packets by segment and type', async () => {
    const metrics = new ProxyServerMetrics()
    for (let count = 0; count < 3; count++) metrics.countPacket('from_agent', 'DATA')
    metrics.countPacket('to_client', 'DIAL_RSP')
    for (const scrape of [await metrics.registry.metrics(), await metrics.registry.metrics()]) {
      expect(scrape).toContain(`${PREFIX}stream_packets_total{segment="from_agent",packet_type="DATA"} 3`)
      expect(scrape).toContain(`${PREFIX}stream_packets_total{segment="to_client",packet_type="DIAL_RSP"} 1`)
    }
  })

  it("have konnectivity's buckets", async () => {
    const metrics = new ProxyServerMetrics()
    metrics.dialDuration.observe(0.01)
    metrics.connectionDuration.observe(100)
    const text = await metrics.registry.metrics()
    const bucketsOf = (name: string) =>
      Array.from(text.matchAll(new RegExp(`${PREFIX}${name}_bucket{le="([^"]+)"}`, 'g')), ([, le]) =>
        Number(le),
      )
    expect(bucketsOf('dial_duration_seconds')).toEqual([
      1e-6,
      1e-5,
      1e-4,
      0.005,
      0.025,
      0.1,
      0.5,
      2.5,
      12.5,
      Number.NaN,
    ])
    expect(bucketsOf('connection_duration_seconds').slice(0, -1)).toEqual([
      1, 5, 15, 30, 60, 300, 900, 1800, 3600, 14_400, 43_200, 86_400,
    ])
  })

  it('start at zero where a missing series would read like an outage', async () => {
    const text = await new ProxyServerMetrics().registry.metrics()
    expect(text).toContain(`${PREFIX}established_connections 0`)
    expect(text).toContain(`${PREFIX}grpc_connections{service_method="Connect"} 0`)
  })

  it.each([[['default']], [['destHost']], [['destHost', 'defaultRoute']]] as const)(
    'know, of the proxy strategies, the configured ones only: %j',
    async (strategies) => {
      const metrics = new ProxyServerMetrics()
      new BackendRegistry({ metrics }, strategies)
      const { values } = await metrics.readyBackends.get()
      expect(values.map(({ labels, value }) => [labels.proxy_strategy, value])).toEqual(
        strategies.map((strategy) => [strategy, 0]),
      )
    },
  )

  it('can live twice in one process', () => {
    expect(() => [new ProxyServerMetrics(), new ProxyServerMetrics()]).not.toThrow()
  })
})
