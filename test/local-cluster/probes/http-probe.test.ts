import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpProbeTarget, probeHttp } from '../../../src/local-cluster/probes/index.ts'
import { CertificateAuthority } from '../../../src/pki/index.ts'

const HOST = '127.0.0.1'
const NEVER = new AbortController().signal

const servers: { close(done?: () => void): void; closeAllConnections?(): void }[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections?.()
    server.close()
  }
})

const listening = (server: Server | ReturnType<typeof createTcpServer>): Promise<number> => {
  servers.push(server)
  return new Promise((resolve) =>
    server.listen(0, HOST, () => resolve((server.address() as AddressInfo).port)),
  )
}
const serve = (handle: RequestListener) => listening(createServer(handle))
const probe = (port: number, more: Partial<HttpProbeTarget> = {}, timeoutMs = 5000) =>
  probeHttp({ scheme: 'http', host: HOST, port, ...more }, timeoutMs, NEVER)

describe('a probe by HTTP', () => {
  it.each([
    [200, 'success'],
    [204, 'success'],
    [299, 'success'],
    [400, 'failure'],
    [404, 'failure'],
    [500, 'failure'],
  ])('of a server that answers %i is a %s', async (status, outcome) => {
    const port = await serve((_, response) => response.writeHead(status).end())
    const message = outcome === 'success' ? '' : `HTTP probe failed with statuscode: ${status}`
    expect(await probe(port)).toEqual({ outcome, message })
  })

  it('sends its path and headers, and by default what kubelet sends', async () => {
    const seen: unknown[] = []
    const port = await serve(({ url, headers }, response) => {
      seen.push([url, headers.host, headers['user-agent'], headers.accept, headers['x-a']])
      response.end('fine')
    })
    const headers = [
      { name: 'X-A', value: 'one' },
      { name: 'x-a', value: 'two' },
      { name: 'Host', value: 'other.example' },
      { name: 'Accept', value: '' },
      { name: 'User-Agent', value: 'mine' },
    ]
    expect(await probe(port, { path: '/a b?c=ü#d' })).toEqual({ outcome: 'success', message: 'fine' })
    await probe(port, { path: 'healthz', headers })
    expect(seen).toEqual([
      ['/a%20b?c=%C3%BC', `${HOST}:${port}`, expect.stringMatching(/^kube-probe\/1\.\d+$/), '*/*', undefined],
      ['/healthz', 'other.example', 'mine', undefined, 'one, two'],
    ])
  })

  it('verifies no certificate', async () => {
    const authority = await CertificateAuthority.create({ commonName: 'nobody knows it' })
    const { certificatePem: cert, privateKeyPem: key } = await authority.issueServerCertificate({
      commonName: 'elsewhere',
      dnsNames: ['elsewhere'],
    })
    const server = createTlsServer({ cert, key }, (_, response) => response.end('secret'))
    const port = await listening(server as unknown as Server)
    expect(await probe(port, { scheme: 'https' })).toEqual({ outcome: 'success', message: 'secret' })
  })

  it('follows redirects to the same host, and leaves others', async () => {
    const port = await serve(({ url }, response) => {
      if (url === '/near') response.writeHead(302, { location: '/broken' }).end()
      else if (url === '/far') response.writeHead(307, { location: 'http://far.example/' }).end('go away')
      else if (url === '/nowhere') response.writeHead(301).end('lost')
      else if (url === '/loop') response.writeHead(308, { location: '/loop' }).end()
      else response.writeHead(503).end()
    })
    const warning = (body: string) => ({
      outcome: 'success',
      message: `Probe terminated redirects, Response body: ${body}`,
      isWarning: true,
    })
    expect((await probe(port, { path: '/near' })).message).toBe('HTTP probe failed with statuscode: 503')
    expect(await probe(port, { path: '/far' })).toEqual(warning('go away'))
    expect(await probe(port, { path: '/nowhere' })).toEqual(warning('lost'))
    const message = `Get "http://${HOST}:${port}/loop": stopped after 10 redirects`
    expect(await probe(port, { path: '/loop' })).toEqual({ outcome: 'failure', message })
  })

  it('reads no more than it shows', async () => {
    const port = await serve((_, response) => {
      const more = () => {
        while (response.write('x'.repeat(10_000)));
      }
      response.on('drain', more)
      more()
    })
    const { outcome, message } = await probe(port)
    expect([outcome, message.length]).toEqual(['success', 10 * 1024])
  })

  it('says why there was no answer', async () => {
    const closed = await serve(() => {})
    await new Promise<void>((resolve) => servers.pop()?.close(resolve))
    const silent = await serve(() => {})
    const rude = await listening(createTcpServer((socket) => socket.resume().end()))
    const slow = await serve((_, response) => response.write('and'))
    const failure = (port: number, text: string) => ({
      outcome: 'failure',
      message: `Get "http://${HOST}:${port}/": ${text}`,
    })
    expect(await probe(closed)).toEqual(
      failure(closed, `dial tcp ${HOST}:${closed}: connect: connection refused`),
    )
    expect(await probe(silent, {}, 100)).toEqual(
      failure(silent, 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'),
    )
    expect(await probe(rude)).toEqual(failure(rude, 'EOF'))
    const longEnoughForHeadersMs = 500
    expect(await probe(slow, {}, longEnoughForHeadersMs)).toEqual({
      outcome: 'unknown',
      message: 'context deadline exceeded (Client.Timeout or context cancellation while reading body)',
    })
  })

  it('is given up when nobody wants to know any more', async () => {
    const ending = new AbortController()
    const port = await serve(() => ending.abort(new Error('enough')))
    const probed = probeHttp({ scheme: 'http', host: HOST, port }, 60_000, ending.signal)
    await expect(probed).rejects.toThrow('enough')
  })
})
