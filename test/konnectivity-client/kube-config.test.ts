import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Duplex, PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { CoreV1Api, Exec, KubeConfig, Log, type V1Pod, type V1Status, Watch } from '@kubernetes/client-node'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { kubeConfigThroughTunnel } from '../../src/konnectivity-client/index.ts'
import { eventually } from '../support/eventually.ts'
import { dialTargets } from '../support/scripted-proxy.ts'
import { createTestPki } from '../support/test-pki.ts'
import { TunnelFixture } from './fixture.ts'

const API_NAME = 'cluster1.test'
const TOKEN = 'a-token'
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-0', namespace: 'default' } }

/** As much of an API server as the client's ways of connecting need. */
class FakeApiServer {
  readonly sockets = new Set<Duplex>()
  readonly users = new Set<string>()
  connections = 0
  readonly #server: https.Server
  readonly #webSockets: WebSocketServer

  static async start(): Promise<FakeApiServer> {
    const { frontendCa } = await createTestPki()
    const { certificatePem, privateKeyPem } = await frontendCa.authority.issueServerCertificate({
      dnsNames: ['kubernetes'],
    })
    const server = https.createServer({
      cert: certificatePem,
      key: privateKeyPem,
      ca: frontendCa.caPem,
      requestCert: true,
      rejectUnauthorized: false,
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FakeApiServer(server)
  }

  constructor(server: https.Server) {
    this.#server = server
    this.#webSockets = new WebSocketServer({ server, handleProtocols: () => 'v5.channel.k8s.io' })
    server.on('connection', (socket) => {
      this.connections++
      this.sockets.add(socket)
      socket.once('close', () => this.sockets.delete(socket))
    })
    server.on('request', (request, response) => this.#answer(request, response))
    this.#webSockets.on('connection', (socket, request) => {
      this.#remember(request)
      const command = new URL(request.url ?? '', 'https://x').searchParams.getAll('command')
      socket.send(Buffer.from(`\u0001ran ${command.join(' ')}\n`))
      socket.on('message', (data: Buffer) => {
        if (data[0] !== 0) return
        socket.send(Buffer.concat([Buffer.from([1]), data.subarray(1)]))
        socket.send(Buffer.from(`\u0003${JSON.stringify({ kind: 'Status', status: 'Success' })}`))
      })
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    this.#webSockets.close()
    this.#server.close()
    for (const socket of this.sockets) socket.destroy()
    await once(this.#server, 'close').catch(() => {})
  }

  #remember(request: IncomingMessage): void {
    const certificate = (request.socket as import('node:tls').TLSSocket).getPeerCertificate()
    this.users.add(
      certificate?.subject?.CN ? String(certificate.subject.CN) : (request.headers.authorization ?? ''),
    )
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#remember(request)
    const url = new URL(request.url ?? '', 'https://x')
    response.setHeader('content-type', 'application/json')
    if (url.pathname.endsWith('/log')) {
      response.write('line 1\n')
      setImmediate(() => response.end('line 2\n'))
    } else if (url.searchParams.has('watch')) {
      for (const type of ['ADDED', 'MODIFIED']) response.write(`${JSON.stringify({ type, object: pod })}\n`)
    } else {
      response.end(JSON.stringify({ apiVersion: 'v1', kind: 'PodList', items: [pod], metadata: {} }))
    }
  }
}

// The client opens standard input as soon as it execs.
afterAll(() => void process.stdin.unref())

describe.each([
  ['a token', { token: TOKEN }, `Bearer ${TOKEN}`],
  ['a client certificate', 'certificate', 'frontend'],
])('a kubeconfig with %s, through a tunnel,', (_name, user, expectedUser) => {
  let fixture: TunnelFixture
  let server: FakeApiServer
  let config: KubeConfig
  let original: KubeConfig

  beforeEach(async () => {
    const { frontendCa, frontendClient } = await createTestPki()
    server = await FakeApiServer.start()
    fixture = await TunnelFixture.start({ extensions: 1 })
    dialTargets(fixture.proxy, (address) => ({
      host: '127.0.0.1',
      port: address === `${API_NAME}:6443` ? server.port : 1,
    }))
    original = new KubeConfig()
    original.loadFromClusterAndUser(
      {
        name: 'cluster1',
        server: `https://${API_NAME}:6443`,
        caData: Buffer.from(frontendCa.caPem).toString('base64'),
        tlsServerName: 'kubernetes',
        skipTLSVerify: false,
      },
      typeof user === 'object'
        ? { name: 'me', ...user }
        : {
            name: 'me',
            certData: Buffer.from(frontendClient.certPem).toString('base64'),
            keyData: Buffer.from(frontendClient.keyPem).toString('base64'),
          },
    )
    config = kubeConfigThroughTunnel(original, fixture.tunnel)
  })
  afterEach(async () => {
    expect([...server.users]).toEqual([expectedUser])
    await server.stop()
    await fixture.stop()
  })

  it('lists pods, and uses a connection again', async () => {
    const api = config.makeApiClient(CoreV1Api)
    for (let index = 0; index < 5; index++) {
      const { items } = await api.listNamespacedPod({ namespace: 'default' })
      expect(items[0]?.metadata?.name).toBe('web-0')
    }
    expect(server.connections).toBeLessThan(5)
    const [clusterBefore, clusterAfter] = [original, config].map((each) => each.getCurrentCluster())
    expect(clusterAfter).toEqual(clusterBefore)
  })

  it('leaves the given one as it was', async () => {
    await expect(
      original.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: 'default' }),
    ).rejects.toThrow()
    await config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: 'default' })
  })

  it('watches', async () => {
    const seen: string[] = []
    const ended = Promise.withResolvers<unknown>()
    const controller = await new Watch(config).watch(
      '/api/v1/namespaces/default/pods',
      {},
      (phase: string, object: V1Pod) => seen.push(`${phase} ${object.metadata?.name}`),
      ended.resolve,
    )
    await eventually(() => seen).toEqual(['ADDED web-0', 'MODIFIED web-0'])
    controller.abort()
    await ended.promise
    await fixture.expectNoStreams()
  })

  it('reads logs', async () => {
    const output = new PassThrough()
    await new Log(config).log('default', 'web-0', 'main', output, { follow: true })
    expect(String(await buffer(output))).toBe('line 1\nline 2\n')
  })

  it('runs a command', async () => {
    const stdout = new PassThrough()
    const stdin = new PassThrough()
    const status = Promise.withResolvers<V1Status>()
    const socket = await new Exec(config).exec(
      'default',
      'web-0',
      'main',
      ['cat', '-n'],
      stdout,
      null,
      stdin,
      false,
      status.resolve,
    )
    stdin.write('typed')
    expect(await status.promise).toMatchObject({ status: 'Success' })
    expect(String(await buffer(stdout))).toBe('ran cat -n\ntyped')
    if (socket.readyState !== socket.CLOSED)
      await new Promise((resolve) => socket.addEventListener('close', resolve))
    await fixture.expectNoStreams()
  })
})
