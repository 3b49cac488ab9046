import http2, { type ClientHttp2Session, type SecureClientSessionOptions } from 'node:http2'
import net, { type Socket } from 'node:net'
import { AGENT_CONNECT_PATH, type ConnectId, type Packet } from '../../src/wire/index.ts'
import { GrpcPeer } from './grpc-peer.ts'
import type { TestPki } from './test-pki.ts'

export interface ScriptedAgentOptions {
  /** @default 'agent-1' */
  readonly agentId?: string
  /** A query string. @default '' */
  readonly identifiers?: string
  /** How much the agent takes per connection before it grants more; undefined is an agent like Go's, without extensions. */
  readonly windowBytes?: number | undefined
  /** Also grants what it receives at once. @default true */
  readonly grants?: boolean
  /** Instead of, or besides, the metadata that follows from the rest. */
  readonly metadata?: Readonly<Record<string, string | string[]>>
  /** HTTP/2 flow control toward the agent. @default 8 MiB */
  readonly streamWindowBytes?: number
  /** Show no certificate, as an agent with a token does. */
  readonly withoutCertificate?: boolean
}

/** An agent that says what a test tells it to. Without further ado it answers nothing. */
export class ScriptedAgent extends GrpcPeer {
  #lastConnectId = 0

  /** Opens the stream, and does not wait for an answer. */
  static async open(port: number, pki: TestPki, options: ScriptedAgentOptions = {}): Promise<ScriptedAgent> {
    const { streamWindowBytes = 8 * 1024 * 1024 } = options
    const session = http2.connect(`https://127.0.0.1:${port}`, {
      ca: pki.agentCa.caPem,
      ...(options.withoutCertificate ? {} : { cert: pki.agentClient.certPem, key: pki.agentClient.keyPem }),
      settings: { initialWindowSize: streamWindowBytes },
      maxOutstandingPings: 100,
      strictSingleValueFields: false, // @types/node does not know it yet
    } as SecureClientSessionOptions)
    session.on('error', () => {})
    session.once('connect', () => session.setLocalWindowSize(16 * 1024 * 1024))
    return new ScriptedAgent(session, options)
  }

  /** Opens the stream and waits until the server serves it. */
  static async connect(port: number, pki: TestPki, options?: ScriptedAgentOptions): Promise<ScriptedAgent> {
    const agent = await ScriptedAgent.open(port, pki, options)
    const headers = await agent.headers
    if (headers['grpc-status'] !== undefined) throw new Error(`agent refused: ${headers['grpc-message']}`)
    return agent
  }

  constructor(session: ClientHttp2Session, options: ScriptedAgentOptions) {
    super(session, AGENT_CONNECT_PATH, {
      agentid: options.agentId ?? 'agent-1',
      agentidentifiers: options.identifiers ?? '',
      ...(options.windowBytes === undefined
        ? {}
        : { 'cluster-proxy-extensions': '1', 'cluster-proxy-window': String(options.windowBytes) }),
      ...options.metadata,
    })
    if (options.windowBytes !== undefined && options.grants !== false) {
      this.onPacket = (packet) => {
        if (packet.type === 'DATA')
          this.send({ type: 'CREDIT', connectId: packet.connectId, bytes: packet.length })
      }
    }
  }

  newConnectId(): number {
    return ++this.#lastConnectId
  }

  /** Answers the next dial with a connection. */
  async accept(connectId: ConnectId = this.newConnectId()): Promise<ConnectId> {
    const { random } = await this.next('DIAL_REQ')
    this.send({ type: 'DIAL_RSP', random, connectId, error: '' })
    return connectId
  }

  /** From now on, answers every dial with a connection at once, and every CLOSE_REQ with a CLOSE_RSP. */
  acceptAll(): void {
    const before = this.onPacket
    this.onPacket = (packet) => {
      before(packet)
      if (packet.type === 'DIAL_REQ') {
        this.send({ type: 'DIAL_RSP', random: packet.random, connectId: this.newConnectId(), error: '' })
      } else if (packet.type === 'CLOSE_REQ') {
        this.send({ type: 'CLOSE_RSP', connectId: packet.connectId, error: '' })
      }
    }
  }

  /** The server loses the agent's TCP connection, without a word. */
  disconnect(): void {
    this.session.destroy()
  }
}

/**
 * Makes an agent dial real TCP targets, in the simplest way that keeps the protocol: no policy, no time limits. With
 * extensions it half-closes and tells resets, without them it is as Go's.
 */
export function dialTargets(agent: ScriptedAgent, peerWindowBytes = Number.POSITIVE_INFINITY): void {
  const hasExtensions = Number.isFinite(peerWindowBytes)
  const targets = new Map<ConnectId, { socket: Socket; credit: number }>()
  agent.onPacket = (packet) => handle(packet)

  function handle(packet: Packet): void {
    switch (packet.type) {
      case 'DIAL_REQ':
        dial(packet.address, packet.random)
        return
      case 'DATA': {
        const { connectId, length } = packet
        targets.get(connectId)?.socket.write(Buffer.concat(packet.chunks), (error) => {
          if (!error && hasExtensions) agent.send({ type: 'CREDIT', connectId, bytes: length })
        })
        return
      }
      case 'CREDIT': {
        const target = targets.get(packet.connectId)
        if (target) target.credit += packet.bytes
        if (target) target.socket.resume()
        return
      }
      case 'HALF_CLOSE':
        targets.get(packet.connectId)?.socket.end()
        return
      case 'CLOSE_REQ': {
        const socket = targets.get(packet.connectId)?.socket
        close(packet.connectId, socket ? '' : 'Unknown connectID')
        if (packet.error !== '') socket?.resetAndDestroy()
        else socket?.end().resume()
        return
      }
      default:
    }
  }

  function dial(address: string, random: bigint): void {
    const colon = address.lastIndexOf(':')
    const socket = net.connect({
      host: address.slice(0, colon),
      port: Number(address.slice(colon + 1)),
      allowHalfOpen: true,
    })
    const connectId = agent.newConnectId()
    const onRefused = () => {
      const error = `dial tcp ${address}: connect: connection refused`
      agent.send({ type: 'DIAL_RSP', random, connectId: 0, error })
    }
    socket.once('error', onRefused)
    socket.once('connect', () => {
      socket.removeListener('error', onRefused)
      targets.set(connectId, { socket, credit: peerWindowBytes })
      agent.send({ type: 'DIAL_RSP', random, connectId, error: '' })
      serve(connectId, socket)
    })
  }

  function serve(connectId: ConnectId, socket: Socket): void {
    let sentAll = false
    socket.on('data', (chunk) => {
      const target = targets.get(connectId)
      if (!target) return
      target.credit -= chunk.length
      agent.sendData(connectId, chunk)
      if (target.credit < 128 * 1024) socket.pause()
    })
    socket.once('end', () => {
      sentAll = true
      if (!targets.has(connectId)) return
      if (hasExtensions && !socket.writableEnded) agent.send({ type: 'HALF_CLOSE', connectId })
      else close(connectId, '')
    })
    socket.once('finish', () => {
      if (sentAll && targets.has(connectId)) close(connectId, '')
    })
    socket.once('error', (error) => close(connectId, hasExtensions ? error.message : ''))
  }

  function close(connectId: ConnectId, error: string): void {
    const target = targets.get(connectId)
    targets.delete(connectId)
    agent.send({ type: 'CLOSE_RSP', connectId, error })
    if (target && !hasExtensions) target.socket.end()
  }

  agent.ended.then(() => {
    for (const { socket } of targets.values()) socket.destroy()
  })
}
