import { describe, expect, it } from 'vitest'
import { ProxyAgentMetrics } from '../../src/proxy-agent/metrics.ts'

const PREFIX = 'konnectivity_network_proxy_agent_'

describe('the metrics of the proxy agent', () => {
  it("have konnectivity's names, types and labels, and a few of ours", () => {
    const { registry } = new ProxyAgentMetrics()
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
      'connections_reset_total counter reason',
      'dial_duration_seconds histogram',
      'endpoint_dial_failure_total counter reason',
      'known_server_count gauge',
      'lease_list_latency_seconds histogram http_response_code',
      'lease_lists_total counter http_response_code,reason',
      'lease_watches_total counter http_response_code,reason',
      'open_endpoint_connections gauge',
      'open_server_connections gauge',
      'protocol_errors_total counter peer',
      'queued_bytes gauge to',
      'server_connection_failure_count counter direction',
      'stream_errors_total counter segment,code,packet_type',
      'stream_packets_total counter segment,packet_type',
    ])
  })

  it("have konnectivity's buckets", async () => {
    const metrics = new ProxyAgentMetrics()
    metrics.dialDuration.observe(0.01)
    const text = await metrics.registry.metrics()
    const buckets = Array.from(text.matchAll(/_dial_duration_seconds_bucket{le="([^"]+)"}/g), ([, le]) => le)
    expect(buckets).toEqual(['0.005', '0.025', '0.1', '0.5', '2.5', '10', '30', '+Inf'])
  })
})
