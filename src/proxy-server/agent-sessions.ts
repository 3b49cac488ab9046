import { errorMessage } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import { BRISK_PACE, type Keepalive, type ServerCall } from '../transport/index.ts'
import { type AgentIdentifiers, parseAgentIdentifiers } from '../wire/agent-identifiers.ts'
import {
  AGENT_ID_HEADER,
  AGENT_IDENTIFIERS_HEADER,
  AUTHORIZATION_HEADER,
  agreeOnExtensions,
  announceExtensions,
  GRPC_STATUS,
  SERVER_COUNT_HEADER,
  SERVER_ID_HEADER,
} from '../wire/index.ts'
import { type AgentAuthenticator, bearerToken } from './agent-authenticator.ts'
import { Backend } from './backend.ts'
import type { BackendRegistry } from './backend-registry.ts'
import type { ProxyServerMetrics } from './metrics.ts'

export interface AgentSessionsOptions {
  readonly serverId: string
  readonly serverCount: number
  readonly windowBytes: number
}

interface AgentSessionsComponents {
  readonly log: Logger
  readonly metrics: ProxyServerMetrics
  readonly registry: BackendRegistry
  /** Undefined: the client certificate is proof enough. */
  readonly authenticator: AgentAuthenticator | undefined
}

/** Turns an agent's call into a `Backend`: who is it, may it, what can it reach, what does it speak. */
export class AgentSessions {
  readonly #components: AgentSessionsComponents
  readonly #options: AgentSessionsOptions

  constructor(components: AgentSessionsComponents, options: AgentSessionsOptions) {
    this.#components = components
    this.#options = options
  }

  /** Serves one `Connect` call. A refusal goes to the agent as a gRPC status and into the log. */
  readonly handleCall = async (call: ServerCall, keepalive: Keepalive): Promise<void> => {
    const { log, metrics, registry, authenticator } = this.#components
    metrics.grpcConnections.inc({ service_method: 'Connect' })
    try {
      if (authenticator)
        await authenticator.authenticate(bearerToken(call.headerValues(AUTHORIZATION_HEADER)))
      const { agentId, identifiers } = describeAgent(call)
      const extensions = agreeOnExtensions(call.headers)
      const backend = new Backend(
        { log, metrics, call },
        { agentId, identifiers, extensions, onLost: () => this.#handleLost(backend) },
      )
      call.respond({
        [SERVER_ID_HEADER]: this.#options.serverId,
        [SERVER_COUNT_HEADER]: String(this.#options.serverCount),
        ...(extensions.version > 0 ? announceExtensions(this.#options.windowBytes, extensions.version) : {}),
      })
      if (extensions.version > 0) keepalive.start(BRISK_PACE)
      backend.start()
      registry.add(backend)
      log.info({ agentId, identifiers, extensions: extensions.version }, 'agent connected')
    } catch (err) {
      metrics.grpcConnections.dec({ service_method: 'Connect' })
      log.warn({ err, agentId: call.headerValues(AGENT_ID_HEADER) }, 'agent refused')
      call.finish(GRPC_STATUS.UNKNOWN, errorMessage(err))
    }
  }

  #handleLost(backend: Backend): void {
    this.#components.registry.remove(backend)
    this.#components.metrics.grpcConnections.dec({ service_method: 'Connect' })
    this.#components.log.info({ agentId: backend.agentId, connections: backend.load }, 'agent disconnected')
  }
}

/** @throws Error in konnectivity's words when the metadata does not name exactly one agent */
function describeAgent(call: ServerCall): { agentId: string; identifiers: AgentIdentifiers } {
  const ids = call.headerValues(AGENT_ID_HEADER)
  if (ids.length !== 1) throw new Error(`expected one agent ID in the context, got [${ids.join(' ')}]`)
  const queries = call.headerValues(AGENT_IDENTIFIERS_HEADER)
  if (queries.length > 1) {
    throw new Error(
      `expected at most one set of agent identifiers in the context, got [${queries.join(' ')}]`,
    )
  }
  return { agentId: ids[0] as string, identifiers: parseAgentIdentifiers(queries[0] ?? '') }
}
