import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'
import { runningPod } from '../../support/pod-fixtures.ts'
import { ProcessPods } from '../../support/process-pods.ts'

const NAMESPACE = '/api/v1/namespaces/default'
const MUCH = 'x'.repeat(5_000_000)

let server: TestControlPlane
let web: http.Server
let port: number
const waiting = Promise.withResolvers<void>()
const givenUp = Promise.withResolvers<void>()
beforeAll(async () => {
  web = http.createServer(async (request, response) => {
    if (request.url === '/never') {
      waiting.resolve()
      response.once('close', givenUp.resolve)
      return
    }
    if (request.url === '/much') {
      response.end(MUCH)
      return
    }
    const { method, url, headers } = request
    response.writeHead(url === '/teapot' ? 418 : 200, { 'content-type': 'application/json', 'x-own': 'yes' })
    response.end(JSON.stringify({ method, url, headers, body: await text(request) }))
  })
  web.listen(0, '127.0.0.1')
  await once(web, 'listening')
  port = (web.address() as AddressInfo).port
  server = await TestControlPlane.start()
  server.usePods(new ProcessPods())
  await runningPod(server, 'one')
  await server.admin.post(`${NAMESPACE}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { ports: [{ name: 'http', port: 80 }] },
  })
  await server.admin.post('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port, protocol: 'TCP' }],
    endpoints: [
      { addresses: ['10.0.0.1'], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'one' } },
      { addresses: ['10.0.0.2'], conditions: { ready: false }, targetRef: { kind: 'Pod', name: 'two' } },
    ],
  })
})
afterAll(async () => {
  web.close()
  web.closeAllConnections()
  await server.close()
})

describe('a request to a program in a pod', () => {
  it.each([
    'pods/one:PORT',
    'pods/http:one:PORT',
    'services/web:80',
    'services/web:http',
    'services/http:web:http',
  ])('is carried to %s', async (target) => {
    const path = `${NAMESPACE}/${target.replace('PORT', String(port))}/proxy/a%20b/c/?d=e`
    const { status, headers, json } = await server.admin.post(path, 'body', { 'x-mine': '1' })
    expect([status, headers['x-own'], headers['content-type']]).toEqual([200, 'yes', 'application/json'])
    expect(json).toMatchObject({
      method: 'POST',
      url: '/a%20b/c/?d=e',
      body: 'body',
      headers: { 'x-mine': '1' },
    })
  })

  it('does not say who asks', async () => {
    const path = `${NAMESPACE}/pods/one:${port}/proxy/`
    const { json } = await server.impersonating('admin', ['system:masters']).get(path)
    expect(Object.keys(json.headers).filter((name) => /authorization|impersonate/.test(name))).toEqual([])
  })

  it('is answered as the program does, however much it says', async () => {
    const base = `${NAMESPACE}/pods/one:${port}/proxy`
    expect((await server.admin.get(`${base}/teapot`)).status).toBe(418)
    expect((await server.admin.get(`${base}/much`)).text).toBe(MUCH)
    expect((await server.admin.request({ method: 'HEAD', path: `${base}/much` })).text).toBe('')
  })

  it('is given up when its client goes away', async () => {
    const gone = new AbortController()
    const path = `${NAMESPACE}/pods/one:${port}/proxy/never`
    const asked = server.admin.request({ path, signal: gone.signal })
    await waiting.promise
    gone.abort()
    await expect(asked).rejects.toThrow('aborted')
    await givenUp.promise
  })

  it('begins at a path', async () => {
    const { status, headers } = await server.admin.get(`${NAMESPACE}/services/web:80/proxy?a=b`)
    expect([status, headers.location]).toEqual([301, `${NAMESPACE}/services/web:80/proxy/?a=b`])
  })

  it.each([
    ['pods/one:1', 503, 'error trying to reach service: connect ECONNREFUSED 127.0.0.1:1'],
    ['pods/one:abc', 400, 'invalid pod request "one:abc"'],
    ['pods/ftp:one:1', 400, 'invalid pod request "ftp:one:1"'],
    ['pods/none', 404, 'pods "none" not found'],
    ['services/a:b:c:d', 400, 'invalid service request "a:b:c:d"'],
    ['services/none', 404, 'services "none" not found'],
    ['services/web:81', 503, 'no service port 81 found for service "web"'],
    ['services/web', 503, 'no endpoints available for service "web"'],
  ])('may not be possible: %s', async (target, status, message) => {
    const answer = await server.admin.get(`${NAMESPACE}/${target}/proxy/`)
    expect([answer.status, answer.json.message]).toEqual([status, message])
  })
})
