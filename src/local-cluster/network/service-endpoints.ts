import type { Service, ServicePort } from '../../apis/core/v1.ts'
import type { EndpointSlice } from '../../apis/discovery/v1.ts'
import type { ServiceState } from './name-table.ts'

/** kube-proxy's, when a Service wants affinity and does not say for how long. */
const DEFAULT_AFFINITY_SECONDS = 10_800

/** Node ports are open to this machine alone. */
const NODE_PORT_ADDRESS = '127.0.0.1'

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** An address and port at which connections are to be taken, and where they may go. */
export interface ServiceListener {
  /** `address:port`. */
  readonly id: string
  readonly at: HostPort
  readonly service: Service
  /** At least one. */
  readonly endpoints: readonly HostPort[]
  /** For how long a client is sent to the same endpoint. Absent for Services without affinity. */
  readonly affinityMs?: number
}

/**
 * The listeners of a Service: its address and its node port for each TCP port. None where there is nobody to send a connection
 * to, so that dialling it is refused at once.
 */
export function listenersOf({ service, slices }: ServiceState): ServiceListener[] {
  const { clusterIP = '', ports = [], type } = service.spec ?? {}
  if (clusterIP === '' || clusterIP === 'None' || type === 'ExternalName') return []
  const affinityMs = affinityOf(service)
  return ports.flatMap((port): ServiceListener[] => {
    const endpoints = (port.protocol ?? 'TCP') === 'TCP' ? endpointsOf(port, slices) : []
    if (endpoints.length === 0) return []
    const places = [{ host: clusterIP, port: port.port }]
    if (port.nodePort) places.push({ host: NODE_PORT_ADDRESS, port: port.nodePort })
    return places.map((at) => ({
      id: `${at.host}:${at.port}`,
      at,
      service,
      endpoints,
      ...(affinityMs !== undefined && { affinityMs }),
    }))
  })
}

/** Those that are ready; if there are none, those that still serve while they end, as with kube-proxy. */
function endpointsOf({ name = '' }: ServicePort, slices: readonly EndpointSlice[]): HostPort[] {
  const ready = new Map<string, HostPort>()
  const ending = new Map<string, HostPort>()
  for (const { addressType, endpoints, ports } of slices) {
    if (addressType === 'FQDN') continue
    const port = ports?.find((one) => (one.name ?? '') === name && (one.protocol ?? 'TCP') === 'TCP')?.port
    if (port === undefined) continue
    for (const { addresses, conditions } of endpoints ?? []) {
      const [host] = addresses
      if (host === undefined) continue
      const isReady = conditions?.ready ?? true
      if (isReady) ready.set(`${host}:${port}`, { host, port })
      else if (conditions?.terminating && conditions.serving) ending.set(`${host}:${port}`, { host, port })
    }
  }
  return [...(ready.size > 0 ? ready : ending).values()]
}

function affinityOf({ spec }: Service): number | undefined {
  if (spec?.sessionAffinity !== 'ClientIP') return undefined
  return (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS) * 1_000
}
