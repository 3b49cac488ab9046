import https from 'node:https'
import { DialError, httpsAgent, type Tunnel } from '../../konnectivity-client/index.ts'
import type { ClusterHealth } from './health-table.ts'

/** Requests that the reported latency is the median of; the first, which also dials, is not among them. */
const TIMED_PROBES = 5
const PROBE_TIMEOUT_MS = 5_000

/** Asks for `/healthz` inside a cluster, by the cluster's name. */
export async function probe(
  tunnel: Tunnel,
  cluster: { readonly name: string; readonly port: number },
  caPem: string,
): Promise<ClusterHealth> {
  const agent = httpsAgent(tunnel, { keepAlive: true, ca: caPem })
  const health = { clusterName: cluster.name, installed: true }
  try {
    const url = `https://${cluster.name}:${cluster.port}/healthz`
    const first = await timedGet(url, agent)
    const timed: number[] = []
    for (let count = 0; count < TIMED_PROBES; count++) timed.push((await timedGet(url, agent)).ms)
    timed.sort((a, b) => a - b)
    return {
      ...health,
      available: true,
      probedHealth: first.body === 'ok',
      latencyMs: timed[TIMED_PROBES >> 1],
    }
  } catch (error) {
    const noAgent = error instanceof DialError || (error as { cause?: unknown }).cause instanceof DialError
    return { ...health, available: !noAgent, probedHealth: false, latencyMs: undefined }
  } finally {
    agent.destroy()
  }
}

function timedGet(url: string, agent: https.Agent): Promise<{ body: string; ms: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ body: string; ms: number }>()
  const startedAt = performance.now()
  const request = https.get(url, { agent, timeout: PROBE_TIMEOUT_MS }, (response) => {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (text: string) => {
      body += text
    })
    response.on('end', () => resolve({ body, ms: performance.now() - startedAt }))
    response.on('error', reject)
  })
  request.on('timeout', () => request.destroy(new Error(`no answer within ${PROBE_TIMEOUT_MS} ms`)))
  request.on('error', reject)
  return promise
}
