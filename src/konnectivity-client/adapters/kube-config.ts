import type { RequestOptions } from 'node:https'
import type { ConnectionOptions } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { Tunnel } from '../tunnel.ts'
import { httpAgent, httpsAgent } from './http-agents.ts'
import { undiciConnector } from './undici-connector.ts'

/** The part of a KubeConfig of @kubernetes/client-node 2.x that decides how its requests travel. */
export interface KubeConfigLike {
  getCurrentCluster(): { readonly server: string } | null
  applyToHTTPSOptions(options: RequestOptions): Promise<void>
  applySecurityAuthentication(context: never): Promise<void>
  createDispatcherOptions(cluster: never, agentOptions: TlsSettings): unknown
}

interface RequestContextLike {
  setDispatcher(dispatcher: object | undefined): void
}

/** The TLS settings that come from a kubeconfig's cluster and user. */
const TLS_FIELDS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'rejectUnauthorized', 'servername'] as const
type TlsSettings = Pick<ConnectionOptions, (typeof TLS_FIELDS)[number]>

/**
 * A KubeConfig like the given one, of `@kubernetes/client-node`, all of whose requests go through the tunnel: API calls,
 * Watch and Log, and the WebSockets of Exec, Attach and PortForward. The host and port of the cluster's `server` are what
 * the agent dials. The given one stays as it is; a `proxy-url` in it has no effect here.
 */
export function kubeConfigThroughTunnel<K extends KubeConfigLike>(config: K, tunnel: Tunnel): K {
  const tunnelled = Object.create(config) as K
  const takeAgent = memoizeLatest((settings) => httpsAgent(tunnel, settings))
  const takeDispatcher = memoizeLatest((_settings, made: object | undefined) => made)
  const plainAgent = httpAgent(tunnel)
  let settings: TlsSettings = {}

  const overrides: Omit<KubeConfigLike, 'getCurrentCluster'> = {
    /** The client makes an Agent of its own undici from this. */
    createDispatcherOptions(_cluster, agentOptions) {
      settings = pickTlsSettings(agentOptions)
      return { type: 'agent', connect: undiciConnector(tunnel, settings) }
    },

    /** The client makes a dispatcher for each request; one for all lets them use one another's connections. */
    async applySecurityAuthentication(context: RequestContextLike) {
      const setDispatcher = (made: object | undefined) =>
        context.setDispatcher(takeDispatcher(settings, made))
      const recorder = Object.create(context, { setDispatcher: { value: setDispatcher } })
      await config.applySecurityAuthentication.call(tunnelled, recorder as never)
    },

    async applyToHTTPSOptions(options) {
      await config.applyToHTTPSOptions(options)
      const plain = config.getCurrentCluster()?.server.startsWith('http:')
      options.agent = plain ? plainAgent : takeAgent(pickTlsSettings(options))
    },
  }
  return Object.assign(tunnelled, overrides)
}

function pickTlsSettings(options: TlsSettings): TlsSettings {
  return Object.fromEntries(
    TLS_FIELDS.filter((field) => options[field] !== undefined).map((field) => [field, options[field]]),
  )
}

/** Makes anew only when the settings have changed, as they do when credentials are renewed. */
function memoizeLatest<T, A extends unknown[]>(
  make: (settings: TlsSettings, ...rest: A) => T,
): (settings: TlsSettings, ...rest: A) => T {
  let latest: { settings: TlsSettings; value: T } | undefined
  return (settings, ...rest) => {
    if (!latest || !isDeepStrictEqual(latest.settings, settings)) {
      latest = { settings, value: make(settings, ...rest) }
    }
    return latest.value
  }
}
