import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { Labels } from '../../selectors/index.ts'

export interface ServicePort extends JsonObject {
  readonly name?: string
  readonly protocol?: string
  readonly appProtocol?: string
  readonly port: number
  readonly targetPort: number | string
  readonly nodePort?: number
}

export interface ServiceSpec extends JsonObject {
  readonly ports?: readonly ServicePort[]
  readonly selector?: Labels
  readonly clusterIP?: string
  readonly clusterIPs?: readonly string[]
  readonly type?: string
  readonly externalIPs?: readonly string[]
  readonly sessionAffinity?: string
  readonly sessionAffinityConfig?: JsonObject & {
    readonly clientIP?: JsonObject & { readonly timeoutSeconds?: number }
  }
  readonly loadBalancerSourceRanges?: readonly string[]
  readonly loadBalancerClass?: string
  readonly externalName?: string
  readonly externalTrafficPolicy?: string
  readonly healthCheckNodePort?: number
  readonly ipFamilies?: readonly string[]
  readonly ipFamilyPolicy?: string
  readonly allocateLoadBalancerNodePorts?: boolean
  readonly internalTrafficPolicy?: string
  readonly trafficDistribution?: string
}

export interface LoadBalancerIngress extends JsonObject {
  readonly ip?: string
  readonly hostname?: string
  readonly ipMode?: string
}

export interface Service extends KubeObject {
  readonly spec: ServiceSpec
  readonly status?: JsonObject & {
    readonly loadBalancer?: JsonObject & { readonly ingress?: readonly LoadBalancerIngress[] }
  }
}

/** In the place of an address: there is to be none. */
export const NO_CLUSTER_IP = 'None'

export function isHeadless({ clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === NO_CLUSTER_IP
}

/** Can be reached from outside the cluster. */
export function isExternal({ type, externalIPs = [] }: ServiceSpec): boolean {
  return type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0)
}

/** Its nodes tell a load balancer whether they have endpoints of it. */
export function needsHealthCheck({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local'
}
