import { Deadline } from '../common/deadline.ts'
import { AppError, errorMessage } from '../common/errors.ts'
import { joinHostPort } from '../common/listen.ts'
import { type DialAddress, DialAddressError, parseDialAddress } from './dial-address.ts'
import { dialErrorText, lookupErrorText, TIMEOUT_TEXT } from './go-net-errors.ts'
import type { ReadBuffers } from './read-buffers.ts'
import type { ResolvedAddress, Resolver } from './resolver.ts'
import { TargetSocket } from './target-socket.ts'

/** How long a dial may take, name resolution included, as in konnectivity. */
export const DIAL_TIMEOUT_MS = 5_000

/** How long one of several addresses may take before the next one is tried. */
const ATTEMPT_TIMEOUT_MS = 300

/** The label values of `endpoint_dial_failure_total`. */
export type EndpointDialFailure = 'timeout' | 'denied' | 'unknown'

/** A target was not reached. The message is what the frontend gets to see, in Go's words. */
export class EndpointDialError extends AppError {
  readonly reason: EndpointDialFailure

  constructor(reason: EndpointDialFailure, message: string, options?: ErrorOptions) {
    super('ERR_ENDPOINT_DIAL', message, options)
    this.reason = reason
  }
}

/** What may be connected to. */
export interface DestinationRules {
  /** Whether a name or IP, as the frontend wrote it, may be resolved at all. */
  permitsHost(host: string, port: number): boolean
  /** Whether an IP may be connected to that `host` was resolved to. */
  permitsAddress(ip: string, port: number, host: string): boolean
}

export interface EndpointDialerComponents {
  readonly resolver: Resolver
  readonly destinations: DestinationRules
  readonly buffers: ReadBuffers
}

export interface EndpointDialerOptions {
  /** `tcp` includes `tcp4` and `tcp6`. @default ['tcp'] */
  readonly allowedProtocols?: readonly string[]
  /** @default DIAL_TIMEOUT_MS */
  readonly timeoutMs?: number
}

const FAMILY_OF_PROTOCOL: Readonly<Record<string, number>> = { tcp: 0, tcp4: 4, tcp6: 6 }

/**
 * Connects to targets, as far as the destination rules let it. A name is resolved once, and only addresses that were judged
 * are connected to: a name cannot point elsewhere between the judgement and the connection.
 */
export class EndpointDialer {
  readonly #resolver: Resolver
  readonly #destinations: DestinationRules
  readonly #buffers: ReadBuffers
  readonly #allowedProtocols: readonly string[]
  readonly #timeoutMs: number

  constructor(components: EndpointDialerComponents, options: EndpointDialerOptions = {}) {
    this.#resolver = components.resolver
    this.#destinations = components.destinations
    this.#buffers = components.buffers
    this.#allowedProtocols = options.allowedProtocols ?? ['tcp']
    this.#timeoutMs = options.timeoutMs ?? DIAL_TIMEOUT_MS
  }

  /**
   * Resolves with a connected socket that nobody reads from yet.
   *
   * @throws EndpointDialError, or the reason of `signal`
   */
  async dial(protocol: string, address: string, signal: AbortSignal): Promise<TargetSocket> {
    signal.throwIfAborted()
    this.#checkProtocol(protocol, address)
    const target = parseTarget(protocol, address)
    if (!this.#destinations.permitsHost(target.host, target.port)) throw denied(protocol, address)

    const deadline = new Deadline(this.#timeoutMs, signal)
    let whereTimedOut = `: lookup ${target.host}`
    let where = address
    try {
      const addresses = await deadline.race(this.#resolve(protocol, target))
      where = joinHostPort(addresses[0]?.address ?? target.host, target.port)
      whereTimedOut = ` ${where}`
      return await this.#connect(target, addresses, deadline)
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof EndpointDialError) throw cause
      if (deadline.expired) throw timedOut(`dial ${protocol}${whereTimedOut}`, cause)
      const message = dialErrorText(protocol, where, cause)
      if (message.endsWith(TIMEOUT_TEXT)) throw new EndpointDialError('timeout', message, { cause })
      throw new EndpointDialError('unknown', message, { cause })
    } finally {
      deadline.clear()
    }
  }

  async #connect(
    target: DialAddress,
    addresses: readonly ResolvedAddress[],
    deadline: Deadline,
  ): Promise<TargetSocket> {
    const socket = new TargetSocket(this.#buffers)
    try {
      await deadline.race(connected(socket, target, addresses))
      return socket
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  #checkProtocol(protocol: string, address: string): void {
    const allowed = this.#allowedProtocols
    const isKnown = Object.hasOwn(FAMILY_OF_PROTOCOL, protocol)
    if (!isKnown) throw new EndpointDialError('denied', `dial ${protocol}: unknown network ${protocol}`)
    if (allowed.includes(protocol) || allowed.includes('tcp')) return
    throw new EndpointDialError(
      'denied',
      `dial ${protocol} ${address}: protocol not permitted by the agent's policy`,
    )
  }

  /** The addresses of `target` that may be connected to; at least one. */
  async #resolve(protocol: string, { host, port }: DialAddress): Promise<ResolvedAddress[]> {
    let resolved: readonly ResolvedAddress[]
    try {
      resolved = await this.#resolver.resolve(host)
    } catch (cause) {
      throw new EndpointDialError('unknown', lookupErrorText(protocol, host, cause), { cause })
    }
    const family = FAMILY_OF_PROTOCOL[protocol]
    const usable = resolved.filter((address) => family === 0 || address.family === family)
    if (usable.length === 0) {
      throw new EndpointDialError('unknown', `dial ${protocol}: address ${host}: no suitable address found`)
    }
    const permitted = usable.filter(({ address }) => this.#destinations.permitsAddress(address, port, host))
    if (permitted.length === 0) throw denied(protocol, joinHostPort(host, port))
    return permitted
  }
}

function parseTarget(protocol: string, address: string): DialAddress {
  try {
    return parseDialAddress(address)
  } catch (cause) {
    if (!(cause instanceof DialAddressError)) throw cause
    throw new EndpointDialError('unknown', `dial ${protocol}: ${errorMessage(cause)}`, { cause })
  }
}

/** Tries the addresses as Node does, the families in turns, until one is connected. */
function connected(
  socket: TargetSocket,
  { host, port }: DialAddress,
  addresses: readonly ResolvedAddress[],
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.setNoDelay(true)
  socket.connect({
    host,
    port,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    lookup: (_name, _options, done) => done(null, [...addresses]),
  })
  socket.on('error', reject) // stays: a socket must never be without a listener
  socket.once('connect', resolve)
  return promise
}

function denied(protocol: string, address: string): EndpointDialError {
  return new EndpointDialError(
    'denied',
    `dial ${protocol} ${address}: destination not permitted by the agent's policy`,
  )
}

function timedOut(what: string, cause: unknown): EndpointDialError {
  return new EndpointDialError('timeout', `${what}: ${TIMEOUT_TEXT}`, { cause })
}
