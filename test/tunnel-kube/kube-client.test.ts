import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/common/log.ts'
import { readKubeconfig } from '../../src/kube/index.ts'
import { HttpKubeClient, type HttpKubeClientOptions } from '../../src/tunnel-kube/kube-client.ts'
import { eventually } from '../support/eventually.ts'
import { FakeKubeApi, type Trouble } from '../support/fake-kube-api.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { writeKubeconfig } from './kube-clients.ts'

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'

let api: FakeKubeApi
let clock: ManualClock
let client: HttpKubeClient
let kubeconfig: string

beforeEach(async () => {
  api = await FakeKubeApi.start()
  clock = new ManualClock()
  await use({})
})
afterEach(async () => {
  await client.stop()
  await api.stop()
})

interface Use {
  readonly user?: object
  readonly cluster?: object
  readonly options?: HttpKubeClientOptions
}

async function use({ user, cluster, options = { qps: -1 } }: Use) {
  await client?.stop()
  kubeconfig = await writeKubeconfig(api.kubeconfig(user, cluster))
  const readAccess = () => readKubeconfig([kubeconfig])
  client = new HttpKubeClient({ log: silentLogger, clock, readAccess }, options)
}

const list = (signal?: AbortSignal) => client.request({ method: 'GET', path: LEASES, signal })
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

describe('the client of the Kubernetes API', () => {
  it('shows its token', async () => {
    expect(await list()).toMatchObject({ kind: 'LeaseList', items: [] })
    expect(api.requests).toMatchObject([
      { method: 'GET', path: LEASES, authorization: 'Bearer secret-token' },
    ])
  })

  it('shows its client certificate', async () => {
    const { certFile, keyFile } = api.pki.frontendClient
    await use({ user: { 'client-certificate': certFile, 'client-key': keyFile } })
    await list()
    expect(api.requests).toMatchObject([{ clientName: 'frontend', authorization: undefined }])
  })

  it('begins every path with that of the server', async () => {
    await use({ cluster: { server: `${api.url}/clusters/c1/` } })
    await rejection(list())
    expect(api.requests[0]?.path).toBe(`/clusters/c1${LEASES}`)
  })

  it('talks to no server whose certificate it cannot trust, unless told so', async () => {
    await use({
      cluster: { 'certificate-authority-data': undefined, 'certificate-authority': api.pki.agentCa.caFile },
    })
    expect(await rejection(list())).toMatchObject({
      code: 'ERR_API_REQUEST',
      message: expect.stringMatching(/^GET .*leases: .*certificate/),
    })
    expect(api.requests).toEqual([])

    await use({ cluster: { 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': true } })
    await list()
  })

  it('expects the name that it was told in the certificate', async () => {
    await use({ cluster: { 'tls-server-name': 'proxy-server' } })
    await list()
    await use({ cluster: { 'tls-server-name': 'other' } })
    expect(await rejection(list())).toMatchObject({ message: expect.stringContaining('other') })
  })

  it('goes through a proxy where there is one', async () => {
    const connected: string[] = []
    const proxy = http.createServer().on('connect', ({ url = '' }, socket) => {
      connected.push(url)
      const upstream = net.connect(api.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(upstream).pipe(socket)
      })
    })
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    await use({ cluster: { 'proxy-url': `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` } })
    await list()
    expect(connected).toEqual([`127.0.0.1:${api.port}`])
    await client.stop()
    proxy.close()
  })

  it('uses what is rotated on disk with the next request', async () => {
    const { frontendClient } = api.pki
    await list()
    await writeFile(kubeconfig, api.kubeconfig({ token: 'new-token' }))
    await list()
    const { certFile, keyFile } = frontendClient
    await writeFile(kubeconfig, api.kubeconfig({ 'client-certificate': certFile, 'client-key': keyFile }))
    await list()
    expect(api.requests).toMatchObject([
      { authorization: 'Bearer secret-token', clientName: undefined },
      { authorization: 'Bearer new-token', clientName: undefined },
      { authorization: undefined, clientName: 'frontend' },
    ])
  })

  it('goes on as before when what is on disk makes no sense', async () => {
    const { frontendClient, agentClient } = api.pki
    await list()
    await writeFile(kubeconfig, '{')
    await list()
    const mismatch = { 'client-certificate': frontendClient.certFile, 'client-key': agentClient.keyFile }
    await writeFile(kubeconfig, api.kubeconfig(mismatch))
    await list()
    expect(api.requests.map(({ authorization }) => authorization)).toEqual(
      Array(3).fill('Bearer secret-token'),
    )
  })

  it('does not start with a configuration that makes no sense', async () => {
    await use({ user: { exec: {} } })
    await expect(client.start()).rejects.toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }))
    expect(api.requests).toEqual([])
  })

  it.each<[string, Trouble, object]>([
    [
      'a refusal',
      { status: 403, reason: 'Forbidden', message: 'leases is forbidden' },
      { code: 'ERR_API_STATUS', status: 403, reason: 'Forbidden', message: 'leases is forbidden' },
    ],
    [
      "a load balancer's page",
      { status: 502, text: '<html>' },
      { code: 'ERR_API_STATUS', status: 502, reason: '', message: `status 502 to GET ${LEASES}` },
    ],
    [
      'no JSON',
      { status: 200, text: '<html>' },
      { code: 'ERR_API_REQUEST', message: `the answer to GET ${LEASES} is no JSON` },
    ],
    [
      'a connection that breaks',
      'break',
      { code: 'ERR_API_REQUEST', message: expect.stringMatching(`^GET ${LEASES}: .`) },
    ],
  ])('rejects upon %s', async (_what, trouble, error) => {
    api.troubleFor = () => trouble
    expect(await rejection(list())).toMatchObject(error)
  })

  it('rejects when nobody listens', async () => {
    await use({ cluster: { server: `https://127.0.0.1:${api.port}` } })
    await api.stop()
    expect(await rejection(list())).toMatchObject({
      code: 'ERR_API_REQUEST',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  it('gives up a request that takes too long', async () => {
    await use({ options: { qps: -1, timeoutMs: 20 } })
    await client.start()
    api.troubleFor = () => 'hang'
    expect(await rejection(list())).toMatchObject({
      code: 'ERR_API_REQUEST',
      message: `no answer within 20ms to GET ${LEASES}`,
    })
  })

  it('breaks off a request when it is told to', async () => {
    api.troubleFor = () => 'hang'
    const stop = new AbortController()
    const rejected = rejection(list(stop.signal))
    await eventually(() => api.requests.length).toBe(1)
    const reason = new Error('enough')
    stop.abort(reason)
    expect(await rejected).toBe(reason)
  })

  it.each([
    ['10 requests at once and then 5 a second', {}, 10, 200],
    ['as many as it is told', { qps: 2, burst: 3 }, 3, 500],
  ])('sends %s', async (_what, options, burst, waitMs) => {
    await use({ options })
    const all = Promise.all(Array.from({ length: burst + 1 }, () => list()))
    await eventually(() => api.requests.length).toBe(burst)
    expect(await clock.asleep()).toBe(waitMs)
    clock.advance(waitMs)
    await all
    expect(api.requests).toHaveLength(burst + 1)
  })
})

describe('a watch', () => {
  const watch = (signal?: AbortSignal) =>
    client.watch({ path: LEASES, query: { resourceVersion: '100' }, signal })
  const put = (name: string, text = '') => api.putLease({ metadata: { name }, spec: { text } })

  it('gives one event after the other until the API ends it', async () => {
    const long = '€'.repeat(100_000) // comes in several pieces, some of which end inside a character
    const texts: string[] = []
    const events = await watch()
    const seen: string[] = []
    const reading = (async () => {
      for await (const { type, object } of events) {
        const { metadata, spec } = object as { metadata: { name: string }; spec: { text: string } }
        seen.push(`${type} ${metadata.name}`)
        if (metadata.name === 'b') texts.push(spec.text)
      }
    })()
    put('a')
    put('b', long)
    put('a')
    api.removeLease('b')
    await eventually(() => seen).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b'])
    expect(texts.every((text) => text === long)).toBe(true)
    api.endWatches()
    await reading
  })

  it('throws the error that the API sends', async () => {
    const events = await watch()
    api.expireWatches()
    expect(await rejection(collect(events))).toMatchObject({ status: 410, reason: 'Expired' })
  })

  it('throws when the connection breaks', async () => {
    const events = await watch()
    api.breakWatches()
    expect(await rejection(collect(events))).toMatchObject({ code: 'ERR_API_REQUEST' })
  })

  it('throws when it is told nonsense', async () => {
    api.troubleFor = () => ({ status: 200, text: '{"kind":"LeaseList"}\n' })
    expect(await rejection(collect(await watch()))).toMatchObject({ code: 'ERR_API_REQUEST' })
  })

  it('rejects when it is refused', async () => {
    api.troubleFor = () => ({ status: 403, reason: 'Forbidden', message: 'no' })
    expect(await rejection(watch())).toMatchObject({ status: 403 })
  })

  it('ends when nothing came for too long', async () => {
    await use({ options: { qps: -1, watchIdleMs: 20 } })
    expect(await collect(await watch())).toEqual([])
    await eventually(() => api.openWatches).toBe(0)
  })

  it('ends with the reason of whoever does not want it any more', async () => {
    const stop = new AbortController()
    const reading = rejection(collect(await watch(stop.signal)))
    const reason = new Error('enough')
    stop.abort(reason)
    expect(await reading).toBe(reason)
    await eventually(() => api.openWatches).toBe(0)
  })

  it('ends with the loop that reads it', async () => {
    const events = await watch()
    put('a')
    for await (const { type } of events) {
      expect(type).toBe('ADDED')
      break
    }
    await eventually(() => api.openWatches).toBe(0)
  })
})
