import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clusteradm, type RunOptions, Workspace } from '../support/clusteradm.ts'

let workspace: Workspace
const servers: Server[] = []
const sockets = new Set<Socket>()

beforeEach(async () => {
  workspace = await Workspace.make()
})

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await Promise.all(servers.splice(0).map((server) => once(server.close(), 'close')))
  await workspace.remove()
})

async function listening(server: Server): Promise<string> {
  servers.push(server)
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const answering = (status: number, text: string) =>
  listening(http.createServer((_, response) => response.writeHead(status).end(text)))

/** Runs a command for a cluster whose API server is said to be there. */
async function runFor(address: string, line: string, proxy?: string, options?: RunOptions) {
  const cluster = { server: address, 'insecure-skip-tls-verify': true, 'proxy-url': proxy }
  const kubeconfig = await workspace.write(
    'kubeconfig',
    JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c' } }],
      clusters: [{ name: 'c', cluster }],
    }),
  )
  const { status, err } = await clusteradm([...line.split(' '), '--kubeconfig', kubeconfig], options)
  return { status, err: err.trim() }
}

describe('a server that is no API server', () => {
  it('is named, whether it shows a page, or an error of its own', async () => {
    const page = `http://${await answering(200, '<html>Log in</html>')}`
    expect(await runFor(page, 'get clusters')).toEqual({
      status: 1,
      err: `Error: the API server ${page}: the answer to GET /apis/cluster.open-cluster-management.io/v1 is no JSON; is its address right, and does it run?`,
    })
    expect((await runFor(page, 'init')).err).toContain(
      `[ERROR cluster-info check]: the API server ${page}: the`,
    )
    const broken = `http://${await answering(502, 'Bad Gateway')}`
    expect(await runFor(broken, 'get clusters')).toEqual({
      status: 1,
      err: `Error: the API server ${broken} does not answer as one: status 502 to GET /apis/cluster.open-cluster-management.io/v1; is its address right, or does a proxy or load balancer in front of it answer?`,
    })
  })

  it('is told apart from the cluster that is to join it', async () => {
    const hub = `http://${await answering(502, 'Bad Gateway')}`
    const line = `join --hub-token t --hub-apiserver ${hub} --cluster-name c1`
    const trouble = `the hub ${hub} (--hub-apiserver) does not answer as one: status 502`
    expect((await runFor('https://127.0.0.1:1', line)).err).toContain(
      `[ERROR HubKubeconfig check]: ${trouble}`,
    )
    const asKind = `${line} --force-internal-endpoint-lookup`
    expect((await runFor('https://127.0.0.1:1', asKind)).err).toMatch(`Error: ${trouble}`)
  })

  it('may speak something else than HTTP, or TLS', async () => {
    const address = await listening(createServer((socket) => socket.end('220 smtp\r\n')))
    expect((await runFor(`http://${address}`, 'get clusters')).err).toBe(
      `Error: cannot reach the API server http://${address}: it does not speak HTTP; is this the address of an API server?`,
    )
    expect((await runFor(`https://${address}`, 'get clusters')).err).toBe(
      `Error: cannot reach the API server https://${address}: it does not speak TLS; is it one of http:// in place of https://?`,
    )
  })
})

it('names the proxy that is in between', async () => {
  const { err } = await runFor('https://192.0.2.1', 'get clusters', 'http://user:secret@127.0.0.1:1')
  expect(err).toMatch(
    /^Error: cannot reach the API server https:\/\/192\.0\.2\.1 through the proxy 127\.0\.0\.1:1: connection refused/,
  )
})

describe('a server that says nothing', () => {
  it('is waited for no longer than is said', async () => {
    const address = await listening(createServer())
    const { status, err } = await runFor(`https://${address}`, 'get clusters --timeout 1')
    expect({ status, err }).toEqual({ status: 1, err: expect.stringContaining('no answer within 1s to GET') })
  })

  it('does not keep anybody who interrupts', async () => {
    const stop = new AbortController()
    const silent = createServer(() => stop.abort(new Error('interrupted')))
    const address = await listening(silent)
    expect(await runFor(`https://${address}`, 'get clusters', undefined, { signal: stop.signal })).toEqual({
      status: 130,
      err: 'Interrupted',
    })
  })
})
