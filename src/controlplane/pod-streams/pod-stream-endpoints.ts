import type { Logger } from '../../common/log.ts'
import { StatusError } from '../api/status.ts'
import type { ObjectRequest, SpecialEndpoint, SpecialEndpoints } from '../endpoints/index.ts'
import type { Answer, UpgradeAnswer } from '../http/answer.ts'
import { type Authorizer, forbidden } from '../rbac/index.ts'
import { decodeItem, type KubeObject, type ObjectRegistry, type ResourceType } from '../registry/index.ts'
import { type CommandConnection, serveCommand } from './command-connection.ts'
import { type CommandOptions, commandOptions } from './command-options.ts'
import { COMMAND_PROTOCOLS, spdyCommand } from './command-spdy.ts'
import { commandProtocol, webSocketCommand } from './command-web-socket.ts'
import { type ExitStatus, exitStatus, failureStatus } from './exit-status.ts'
import { type ForwardTarget, PORT_FORWARD_PROTOCOL, serveForwardPairs } from './forward-pairs.ts'
import { forwardPorts, forwardProtocol, serveForwardChannels } from './forward-web-socket.ts'
import { logAnswer } from './log-answer.ts'
import { logOptions } from './log-options.ts'
import { requireLog } from './log-readiness.ts'
import type { CommandStreams, PodRuntime } from './pod-runtime.ts'
import { type ProxyComponents, proxyEndpoints } from './proxy-endpoints.ts'
import { nodeOf, requestedContainer } from './requested-container.ts'
import { commonProtocol, noCommonStreamProtocol, spdyAnswer, streamProtocol } from './spdy-answer.ts'
import { tunnelIn, tunnelledProtocols, tunnelOf } from './tunnel.ts'
import { noCommonProtocol, webSocketAnswer, webSocketProtocols } from './web-socket.ts'

export interface PodStreamComponents {
  readonly log: Logger
  readonly objects: ProxyComponents['objects']
  readonly registry: ObjectRegistry
  readonly authorizer: Authorizer
  /** What runs the pods; it may begin to later than their API is served. */
  runtime(): PodRuntime | undefined
}

type Run = (streams: CommandStreams, signal: AbortSignal) => Promise<ExitStatus>

/** What clients do with a pod that runs: read its log, run commands in it, connect to its ports. */
export function podStreamEndpoints(components: PodStreamComponents, pods: ResourceType): SpecialEndpoints {
  const { log } = components
  const podOf = ({ info: { namespace, name } }: ObjectRequest) =>
    decodeItem(components.registry.get(pods, { namespace, name }))

  const readLog: SpecialEndpoint = async (request) => {
    const { namespace, name } = request.info
    const options = logOptions(request.url.searchParams, name)
    const pod = podOf(request)
    const container = requestedContainer(pod, options.container)
    if (nodeOf(pod) === '') return { status: 204, contentType: 'text/plain', body: [] }
    const runtime = requireRuntime(components, pod)
    requireLog(pod, container, options.previous)
    const pieces = await runtime.logs({ namespace, name }, { ...options, container }, request.signal)
    return logAnswer(log, pieces)
  }

  const exec: SpecialEndpoint = async (request) => {
    const { target, options, runtime } = commandOf(request)
    return commandAnswer(log, request, options, async (streams, signal) => {
      try {
        return exitStatus((await runtime.exec(target, options, streams, signal)).exitCode)
      } catch (error) {
        return failureStatus(error, 'error executing command in container')
      }
    })
  }

  const attach: SpecialEndpoint = async (request) => {
    const { target, options, runtime } = commandOf(request)
    return commandAnswer(log, request, options, async (streams, signal) => {
      try {
        await runtime.attach(target, options, streams, signal)
        return exitStatus(0)
      } catch (error) {
        return failureStatus(error, 'error attaching to container')
      }
    })
  }

  const commandOf = (request: ObjectRequest) => {
    requireCreate(components.authorizer, request)
    const { namespace, name } = request.info
    const pod = podOf(request)
    const wanted = commandOptions(request.url.searchParams)
    const options = { ...wanted, container: requestedContainer(pod, wanted.container) }
    requireNode(pod)
    return { target: { namespace, name }, options, runtime: requireRuntime(components, pod) }
  }

  const portForward: SpecialEndpoint = async (request) => {
    requireCreate(components.authorizer, request)
    const { namespace, name } = request.info
    const pod = podOf(request)
    requireNode(pod)
    const runtime = requireRuntime(components, pod)
    const target = { namespace, name }
    return forwardAnswer(request, { log, pod: target, connect: (port) => runtime.connect(target, port) })
  }

  return {
    '/pods/log': { GET: readLog },
    '/pods/exec': { GET: exec, POST: exec },
    '/pods/attach': { GET: attach, POST: attach },
    '/pods/portforward': { GET: portForward, POST: portForward },
    ...proxyEndpoints({
      objects: components.objects,
      runtimeOf: (pod) => {
        requireNode(pod)
        return requireRuntime(components, pod)
      },
    }),
  }
}

function commandAnswer(
  log: Logger,
  { headers }: ObjectRequest,
  options: CommandOptions,
  run: Run,
): Answer | UpgradeAnswer {
  requireUpgrade(headers.connection)
  const serve = (connection: CommandConnection) => void serveCommand(log, connection, run)
  const offered = webSocketProtocols(headers)
  if (offered) {
    const protocol = commandProtocol(offered)
    if (!protocol) return noCommonProtocol()
    return webSocketAnswer(protocol.name, (socket) => serve(webSocketCommand(socket, protocol, options)))
  }
  const protocol = streamProtocol(headers, COMMAND_PROTOCOLS)
  if (typeof protocol !== 'string') return protocol
  return spdyAnswer(protocol, async (transport) => {
    const connection = await spdyCommand(log, transport, protocol, options)
    if (connection) serve(connection)
  })
}

function forwardAnswer({ headers, url }: ObjectRequest, target: ForwardTarget): Answer | UpgradeAnswer {
  requireUpgrade(headers.connection)
  const served = [PORT_FORWARD_PROTOCOL]
  const offered = webSocketProtocols(headers)
  if (!offered) {
    const protocol = streamProtocol(headers, served)
    if (typeof protocol !== 'string') return protocol
    return spdyAnswer(protocol, (transport) => void serveForwardPairs(target, transport))
  }
  const tunnelled = tunnelledProtocols(offered)
  if (tunnelled.length > 0) {
    const inner = commonProtocol(tunnelled, served)
    if (inner === undefined) return noCommonStreamProtocol(tunnelled, served)
    return webSocketAnswer(tunnelOf(inner), (socket) => void serveForwardPairs(target, tunnelIn(socket)))
  }
  const protocol = forwardProtocol(offered)
  if (!protocol) return noCommonProtocol()
  const ports = forwardPorts(url.searchParams)
  return webSocketAnswer(
    protocol.name,
    (socket) => void serveForwardChannels(target, socket, protocol, ports),
  )
}

/** Whoever may only read must not get in because WebSocket begins with a GET (AuthorizePodWebsocketUpgradeCreatePermission). */
function requireCreate(authorizer: Authorizer, { info, user }: ObjectRequest): void {
  if (info.verb === 'create') return
  const attributes = { ...info, verb: 'create' }
  const { allowed, reason } = authorizer.authorize(user, attributes)
  if (!allowed) throw forbidden(user, attributes, reason)
}

function requireUpgrade(connection: string | undefined): void {
  if (!connection?.toLowerCase().includes('upgrade'))
    throw new StatusError('BadRequest', 'Upgrade request required')
}

function requireNode(pod: KubeObject): void {
  if (nodeOf(pod) !== '') return
  throw new StatusError('BadRequest', `pod ${pod.metadata.name} does not have a host assigned`)
}

function requireRuntime({ runtime }: PodStreamComponents, pod: KubeObject): PodRuntime {
  const found = runtime()
  if (found) return found
  const node = JSON.stringify(nodeOf(pod))
  throw new StatusError(
    'ServiceUnavailable',
    `the node ${node} of pod ${pod.metadata.name} cannot be reached: this control plane runs no pods`,
  )
}
