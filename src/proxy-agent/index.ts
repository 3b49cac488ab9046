export { ProxyAgent, type ProxyAgentComponents, type ProxyAgentOptions } from './agent.ts'
export { DEFAULT_DENIED_DESTINATIONS, DestinationPolicy } from './destination-policy.ts'
export type { DestinationRules } from './endpoint-dialer.ts'
export type { LeaseCounter } from './lease-counter.ts'
export { ProxyAgentMetrics } from './metrics.ts'
export {
  PROXY_AGENT_COMMAND,
  PROXY_AGENT_FLAGS,
  type ProxyAgentConfig,
  type ProxyServerAddress,
  parseProxyAgentConfig,
} from './options.ts'
export type { ResolvedAddress } from './resolver.ts'
export type { ServerEndpoint } from './server-addresses.ts'
export type { ServerCountSource } from './server-count.ts'
