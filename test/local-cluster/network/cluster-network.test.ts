import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Pod, Service } from '../../../src/apis/core/v1.ts'
import type { EndpointSlice } from '../../../src/apis/discovery/v1.ts'
import type { Event } from '../../../src/apis/events/v1.ts'
import { silentLogger } from '../../../src/common/log.ts'
import { EVENTS, EventRecorder, Informers } from '../../../src/kube/index.ts'
import { ClusterNetwork } from '../../../src/local-cluster/network/index.ts'
import { type Bind, bindServer } from '../../../src/local-cluster/network/service-server.ts'
import { eventually } from '../../support/eventually.ts'
import { endProcesses, TestProcess } from '../../support/processes.ts'
import { ClusterClient, ENDPOINT_SLICES, SERVICES } from '../cluster-client.ts'

const POD_IP = '127.120.5.2'
/** What a Service is dialled at in these tests: nothing on this machine listens there. */
const PORT = 18_081

let cluster: ClusterClient
let folder: string
const closing: (() => unknown)[] = []

beforeAll(async () => {
  cluster = await ClusterClient.start()
  folder = await mkdtemp(path.join(os.tmpdir(), 'cluster-network-'))
})

afterAll(async () => {
  await cluster.close()
  await rm(folder, { recursive: true, force: true })
})

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await endProcesses()
})

/** As an API server has it that takes no loopback addresses for endpoints: 10.1.2.3 stands for 127.1.2.3. */
function onLoopback(slice: EndpointSlice): EndpointSlice {
  const endpoints = (slice.endpoints ?? []).map((endpoint) => ({
    ...endpoint,
    addresses: endpoint.addresses.map((address) => address.replace(/^10\./, '127.')),
  }))
  return { ...slice, endpoints }
}

async function startNetwork(bind?: Bind): Promise<ClusterNetwork> {
  const { client, apiServer } = cluster
  const informers = new Informers(client)
  informers.for<EndpointSlice>(ENDPOINT_SLICES, { transform: onLoopback })
  const events = new EventRecorder(
    { events: client.resource<Event>(EVENTS) },
    { controller: 'c', instance: 'i' },
  )
  const components = { client, informers, log: silentLogger, events, ...(bind && { bind }) }
  const network = new ClusterNetwork(components, { folder, apiServer })
  informers.start()
  closing.push(
    () => informers.stop(),
    () => events.stop(),
    () => network.stop(),
  )
  await network.start()
  return network
}

async function serve(host: string): Promise<number> {
  const server = net.createServer((socket) => socket.end(`from ${host}`))
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

async function createService(name: string, spec: Service['spec'] = {}): Promise<string> {
  const metadata = { namespace: 'default', name }
  const created = await cluster.create<Service>(SERVICES, {
    metadata,
    spec: { ports: [{ port: PORT }], ...spec },
  })
  return created.spec?.clusterIP ?? ''
}

function sliceOf(name: string, host: string, port: number, hostname?: string): EndpointSlice {
  const labels = { 'kubernetes.io/service-name': name }
  return {
    metadata: { namespace: 'default', name, labels },
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: [host.replace(/^127\./, '10.')],
        conditions: { ready: true },
        ...(hostname && { hostname }),
      },
    ],
    ports: [{ name: '', protocol: 'TCP', port }],
  }
}

const ask = (host: string) => text(net.connect({ host, port: PORT })).catch((error) => error.code)
const names = async () => JSON.parse(await readFile(path.join(folder, 'names.json'), 'utf8'))

const pod = (more: Partial<Pod> = {}): Pod => ({
  metadata: { namespace: 'default', name: 'web-0', uid: 'uid-1' },
  ...more,
})

/** A program as the runtime starts those of a Pod. */
async function runInPod(
  network: ClusterNetwork,
  program: string,
  env: Record<string, string> = {},
): Promise<string> {
  const podEnv = await network.environmentOf(pod(), POD_IP)
  const child = TestProcess.start(
    process.execPath,
    [...network.nodeArguments(), '--input-type=module', '-e', program],
    { env: { ...podEnv, ...env } },
  )
  await child.exited
  return child.output
}

describe('ClusterNetwork', () => {
  it('carries connections to Services that were there, that come, and that change', async () => {
    const old = await createService('old')
    await cluster.create(ENDPOINT_SLICES, sliceOf('old', '127.120.5.11', await serve('127.120.5.11')))
    const network = await startNetwork()
    expect(await ask(old)).toBe('from 127.120.5.11')

    const fresh = await createService('fresh')
    expect(await ask(fresh)).toBe('ECONNREFUSED')
    await cluster.create(ENDPOINT_SLICES, sliceOf('fresh', '127.120.5.12', await serve('127.120.5.12')))
    await eventually(() => ask(fresh)).toBe('from 127.120.5.12')

    const { endpoints } = sliceOf('old', '127.120.5.12', 0)
    await cluster.merge(ENDPOINT_SLICES, 'fresh', {
      endpoints: endpoints?.map((endpoint) => ({ ...endpoint, conditions: { ready: false } })),
    })
    await eventually(() => ask(fresh)).toBe('ECONNREFUSED')
    await cluster.delete(SERVICES, 'old')
    await eventually(() => ask(old)).toBe('ECONNREFUSED')
    expect(network.services.map(({ metadata }) => metadata.name).sort()).toEqual(['fresh', 'kubernetes'])
  })

  it('leads processes of Pods to Services, headless ones and the API server by their names', async () => {
    const network = await startNetwork()
    await createService('named')
    await cluster.create(ENDPOINT_SLICES, sliceOf('named', '127.120.5.13', await serve('127.120.5.13')))
    const headless = await serve('127.120.5.14')
    await createService('bare', { clusterIP: 'None' })
    await cluster.create(ENDPOINT_SLICES, sliceOf('bare', '127.120.5.14', headless, 'bare-0'))
    await createService('alias', {
      type: 'ExternalName',
      externalName: 'bare-0.bare.default.svc.cluster.local',
    })
    await eventually(async () => Object.keys((await names()).addresses)).toContain('bare-0.bare.default')
    await eventually(async () => Object.keys((await names()).aliases)).toContain('alias.default')
    const output = await runInPod(
      network,
      `
      import net from 'node:net'
      import https from 'node:https'
      import { text } from 'node:stream/consumers'
      console.log(await text(net.connect(${PORT}, 'named')))
      console.log(await text(net.connect(${headless}, 'bare.default.svc')))
      console.log(await text(net.connect(${headless}, 'alias')))
      https.get({ host: 'kubernetes', path: '/version', rejectUnauthorized: false }, async (response) => {
        console.log(response.statusCode, JSON.parse(await text(response)).kind ?? 'version')
      })
    `,
    )
    expect(output).toBe('from 127.120.5.13\nfrom 127.120.5.14\nfrom 127.120.5.14\n200 version\n')
  })

  it('has processes of Pods find a port that had to be replaced, and says so by an Event', async () => {
    const denied: Bind = (server, at) =>
      at.port === 443
        ? Promise.reject(Object.assign(new Error('listen EACCES'), { code: 'EACCES' }))
        : bindServer(server, at)
    const network = await startNetwork(denied)
    await eventually(async () => Object.keys((await names()).ports)).toHaveLength(1)
    const output = await runInPod(
      network,
      `
      import https from 'node:https'
      const agent = new https.Agent({ rejectUnauthorized: false })
      https.get('https://' + process.env.HOST + '/version', { agent }, (response) => console.log(response.resume().statusCode))
    `,
      {
        HOST: network.services.find(({ metadata }) => metadata.name === 'kubernetes')?.spec?.clusterIP ?? '',
      },
    )
    expect(output).toBe('200\n')
    const events = cluster.client.resource<Event>(EVENTS)
    await eventually(async () =>
      (await events.list({ namespace: 'default' })).items.map(({ reason }) => reason),
    ).toContain('PrivilegedPort')
  })

  it('gives each Pod a file of its own, for itself alone, until it is forgotten', async () => {
    const network = await startNetwork()
    const env = await network.environmentOf(pod({ spec: { hostname: 'me' } }), POD_IP)
    const { CLUSTER_PROXY_POD_HOSTS: file = '', ...rest } = env
    expect(rest).toEqual({
      CLUSTER_PROXY_POD_IP: POD_IP,
      CLUSTER_PROXY_POD_NAMESPACE: 'default',
      CLUSTER_PROXY_POD_NAMES: path.join(folder, 'names.json'),
    })
    expect(await readFile(file, 'utf8')).toContain(`${POD_IP}\tme\n`)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await network.forget(pod())
    expect(await readdir(path.dirname(file))).toEqual([])
  })

  it('leaves a Pod in the network of the host where it is', async () => {
    const network = await startNetwork()
    const env = await network.environmentOf(pod({ spec: { hostNetwork: true } }), '127.0.0.1')
    expect(env.CLUSTER_PROXY_POD_IP).toBe('')
  })
})
