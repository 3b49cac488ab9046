import { type ProxyServerConfig, PROXY_SERVER_COMMAND, parseProxyServerConfig } from '../proxy-server/options.ts'
import type { ProcessDefinition } from './run-process.ts'

export const proxyServerProcess: ProcessDefinition<ProxyServerConfig> = {
  spec: PROXY_SERVER_COMMAND,
  parse: parseProxyServerConfig,
  async run() {
    throw new Error('the proxy server is not put together yet')
  },
}
