import { type KindEntry, KindTable } from '../strategy/index.ts'
import { INGRESS_CLASS_STRATEGY } from './ingress-classes.ts'
import { INGRESS_STATUS_STRATEGY, INGRESS_STRATEGY } from './ingresses.ts'
import { IP_ADDRESS_STRATEGY, SERVICE_CIDR_STATUS_STRATEGY, SERVICE_CIDR_STRATEGY } from './ip-addresses.ts'
import { NETWORK_POLICY_STRATEGY } from './network-policies.ts'

const networking = new KindTable('networking.k8s.io')

export const NETWORKING_KINDS: readonly KindEntry[] = [
  networking.namespaced('ingresses', 'Ingress', INGRESS_STRATEGY, {
    subresources: { status: INGRESS_STATUS_STRATEGY },
  }),
  networking.clusterScoped('ingressclasses', 'IngressClass', INGRESS_CLASS_STRATEGY),
  networking.namespaced('networkpolicies', 'NetworkPolicy', NETWORK_POLICY_STRATEGY),
  networking.clusterScoped('ipaddresses', 'IPAddress', IP_ADDRESS_STRATEGY),
  networking.clusterScoped('servicecidrs', 'ServiceCIDR', SERVICE_CIDR_STRATEGY, {
    subresources: { status: SERVICE_CIDR_STATUS_STRATEGY },
  }),
]
