import { expect } from 'vitest'
import {
  type Credentials,
  createTunnel,
  type DialFailureReason,
  type Tunnel,
  type TunnelOptions,
  type TunnelSocket,
} from '../../src/konnectivity-client/index.ts'
import type { ConnectId } from '../../src/wire/index.ts'
import { eventually } from '../support/eventually.ts'
import { type FrontendStream, ScriptedProxy, type ScriptedProxyOptions } from '../support/scripted-proxy.ts'
import { createTestPki } from '../support/test-pki.ts'

export async function testCredentials(): Promise<Credentials> {
  const { frontendCa, frontendClient } = await createTestPki()
  return { ca: frontendCa.caPem, cert: frontendClient.certPem, key: frontendClient.keyPem }
}

/** A scripted proxy server, the tunnels to it, and the check that nothing of either is left in the end. */
export class TunnelFixture {
  readonly proxy: ScriptedProxy
  readonly tunnel: Tunnel
  readonly #tunnels: Tunnel[] = []
  readonly #credentials: Credentials

  static async start(
    proxyOptions: ScriptedProxyOptions = {},
    tunnelOptions: Partial<TunnelOptions> = {},
  ): Promise<TunnelFixture> {
    return new TunnelFixture(await ScriptedProxy.start(proxyOptions), await testCredentials(), tunnelOptions)
  }

  constructor(proxy: ScriptedProxy, credentials: Credentials, options: Partial<TunnelOptions>) {
    this.proxy = proxy
    this.#credentials = credentials
    this.tunnel = this.createTunnel(options)
  }

  createTunnel(options: Partial<TunnelOptions> = {}): Tunnel {
    const where = options.addresses ? {} : { address: this.proxy.address }
    return this.keep(createTunnel({ ...where, credentials: this.#credentials, ...options }))
  }

  keep(tunnel: Tunnel): Tunnel {
    this.#tunnels.push(tunnel)
    return tunnel
  }

  /** A connection that the proxy has accepted, from both of its ends. */
  async establish(connectId: ConnectId = 7): Promise<{ socket: TunnelSocket; stream: FrontendStream }> {
    const dialing = this.tunnel.dial('target:80')
    const stream = await this.proxy.nextStream()
    await stream.accept(connectId)
    return { socket: await dialing, stream }
  }

  /** Waits until the proxy has no stream any more. */
  async expectNoStreams(): Promise<void> {
    await eventually(() => this.proxy.streams.size).toBe(0)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#tunnels.map((tunnel) => tunnel.close()))
    await this.expectNoStreams()
    await this.proxy.close()
  }
}

/** What a socket has to say until it is closed. */
export function record(socket: TunnelSocket): SocketRecord {
  return new SocketRecord(socket)
}

export class SocketRecord {
  readonly events: string[] = []
  readonly closed: Promise<void>
  error: NodeJS.ErrnoException | undefined
  #chunks: Buffer[] = []

  constructor(socket: TunnelSocket) {
    socket.on('data', (chunk: Buffer) => this.#chunks.push(chunk))
    for (const event of ['end', 'finish', 'timeout', 'close']) socket.on(event, () => this.events.push(event))
    socket.on('error', (error) => {
      this.events.push('error')
      this.error = error
    })
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return this.bytes.toString()
  }
}

export async function expectDialError(
  dialing: Promise<unknown>,
  reason: DialFailureReason,
  message: string | RegExp,
): Promise<Error & { cause?: unknown }> {
  const error = await dialing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({
    name: expect.stringMatching(/DialError|StreamRefusedError/),
    code: 'ERR_DIAL',
    reason,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  })
  return error as Error
}
