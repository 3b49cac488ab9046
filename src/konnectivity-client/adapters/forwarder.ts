import { chmod, mkdtemp, rm } from 'node:fs/promises'
import net, { type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Duplex, finished } from 'node:stream'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { type Logger, silentLogger } from '../../common/log.ts'
import { joinHostPort, splitHostPort } from '../host-port.ts'
import type { Tunnel } from '../tunnel.ts'

export interface ForwarderOptions {
  /** Listen on this unix socket, which must not exist. @default one in a new directory that only this user can enter */
  readonly path?: string | undefined
  /** Listen on this TCP port instead; 0 takes a free one. */
  readonly port?: number | undefined
  /** With `port`: the address to listen on. @default 127.0.0.1 */
  readonly host?: string | undefined
  readonly log?: Logger | undefined
}

/** A local listener, each connection to which is continued to one target through a tunnel. */
export interface Forwarder extends AsyncDisposable {
  /** `unix:/path`, which is what grpc-js takes as a target, or `host:port`. */
  readonly target: string
  /** The unix socket; undefined on TCP. */
  readonly path: string | undefined
  /** The TCP port; undefined on a unix socket. */
  readonly port: number | undefined
  /** Stops listening, destroys the connections, and resolves once all is gone. The tunnel stays open. */
  close(): Promise<void>
}

/**
 * For programs and libraries that cannot be given a dialer, such as `@grpc/grpc-js`: they connect to a local socket.
 *
 * @param address the target, `host:port`
 */
export async function createForwarder(
  tunnel: Tunnel,
  address: string,
  options: ForwarderOptions = {},
): Promise<Forwarder> {
  if (!splitHostPort(address))
    throw new ConfigError(`invalid address ${JSON.stringify(address)}: want host:port`)
  const directory =
    options.path === undefined && options.port === undefined
      ? await mkdtemp(path.join(tmpdir(), 'konnectivity-'))
      : undefined
  const socketPath = directory ? path.join(directory, 'socket') : options.path
  const forwarder = new LocalForwarder(tunnel, address, options.log ?? silentLogger, directory)
  try {
    if (directory) await chmod(directory, 0o700)
    await forwarder.listen(
      socketPath === undefined
        ? { host: options.host ?? '127.0.0.1', port: options.port ?? 0 }
        : { path: socketPath },
    )
    return forwarder
  } catch (error) {
    await forwarder.close()
    throw error
  }
}

class LocalForwarder implements Forwarder {
  readonly #tunnel: Tunnel
  readonly #address: string
  readonly #log: Logger
  readonly #directory: string | undefined
  readonly #server = net.createServer(
    { allowHalfOpen: true, noDelay: true },
    (socket) => void this.#forward(socket),
  )
  readonly #sockets = new Set<Socket>()
  readonly #stopping = new AbortController()
  #closing: Promise<void> | undefined

  constructor(tunnel: Tunnel, address: string, log: Logger, directory: string | undefined) {
    this.#tunnel = tunnel
    this.#address = address
    this.#log = log
    this.#directory = directory
  }

  get target(): string {
    const address = this.#server.address()
    if (typeof address === 'string') return `unix:${address}`
    return address ? joinHostPort(address.address, address.port) : ''
  }

  get path(): string | undefined {
    const address = this.#server.address()
    return typeof address === 'string' ? address : undefined
  }

  get port(): number | undefined {
    return (this.#server.address() as AddressInfo | null)?.port
  }

  async listen(where: net.ListenOptions): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject).listen(where, resolve)
    await promise
    this.#server.on('error', (err) => this.#log.warn({ err }, 'local listener failed'))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#stopping.abort()
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true })
  }

  async #forward(local: Socket): Promise<void> {
    this.#sockets.add(local)
    local.once('close', () => this.#sockets.delete(local))
    local.on('error', () => {})
    try {
      const { signal } = this.#stopping
      const remote = await this.#tunnel.dial(this.#address, { allowHalfOpen: true, signal })
      join(local, remote)
    } catch (error) {
      this.#log.debug({ err: error, address: this.#address }, `dial failed: ${errorMessage(error)}`)
      breakOff(local)
    }
  }
}

/** Connects two sockets, half-closes included; when one breaks, so does the other. */
function join(local: Socket, remote: Duplex & { resetAndDestroy(): unknown }): void {
  local.pipe(remote)
  remote.pipe(local)
  finished(local, (error) => {
    if (error) remote.resetAndDestroy()
  })
  finished(remote, (error) => {
    if (error) breakOff(local)
  })
  remote.on('error', () => {})
}

/** A unix socket cannot be reset, only closed. */
function breakOff(local: Socket): void {
  if (local.remoteAddress === undefined) local.destroy()
  else local.resetAndDestroy()
}
