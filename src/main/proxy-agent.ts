import { PROXY_AGENT_COMMAND, type ProxyAgentConfig, parseProxyAgentConfig } from '../proxy-agent/options.ts'
import type { ProcessDefinition } from './run-process.ts'

export const proxyAgentProcess: ProcessDefinition<ProxyAgentConfig> = {
  spec: PROXY_AGENT_COMMAND,
  parse: parseProxyAgentConfig,
  async run() {
    throw new Error('the proxy agent is not put together yet')
  },
}
