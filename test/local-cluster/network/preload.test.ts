import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endProcesses, TestProcess } from '../../support/processes.ts'
import { createTestPki } from '../../support/test-pki.ts'

const PRELOAD = new URL('../../../src/local-cluster/network/preload.ts', import.meta.url).href
/** Of no other test, and no cluster on this machine. */
const PODS = ['127.120.3.11', '127.120.3.12'] as const
const SERVICE = '127.184.3.1'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'preload-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
afterEach(endProcesses)

const namesFile = () => path.join(folder, 'names.json')

interface Names {
  addresses?: Record<string, string[]>
  aliases?: Record<string, string>
  ports?: Record<string, number>
}

async function writeNames({ addresses = {}, aliases = {}, ports = {} }: Names): Promise<void> {
  await writeFile(
    `${namesFile()}.new`,
    JSON.stringify({ domain: 'cluster.local', addresses, aliases, ports }),
  )
  await rename(`${namesFile()}.new`, namesFile())
}

interface PodOptions {
  readonly ip?: string
  readonly namespace?: string
  readonly hosts?: string
}

/** A program in a Pod; it gets `say` to print JSON, and `fail` to print an error's code. */
async function podRuns(
  program: string,
  { ip = PODS[0], namespace = 'shop', hosts }: PodOptions = {},
): Promise<TestProcess> {
  const hostsFile = path.join(folder, `hosts-${ip || 'host'}`)
  await writeFile(hostsFile, hosts ?? `127.0.0.1 localhost\n::1 localhost\n${ip} web-0\n`)
  const prelude = `
    const say = (value) => console.log(JSON.stringify(value))
    const fail = (error) => say(error.code)
  `
  return TestProcess.start(
    process.execPath,
    ['--import', PRELOAD, '--input-type=module', '-e', prelude + program],
    {
      env: {
        CLUSTER_PROXY_POD_IP: ip,
        CLUSTER_PROXY_POD_NAMESPACE: namespace,
        CLUSTER_PROXY_POD_HOSTS: hostsFile,
        CLUSTER_PROXY_POD_NAMES: namesFile(),
      },
    },
  )
}

const linesOf = ({ stdout }: TestProcess) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

/** All that a program says until it ends. */
async function said(program: string, options?: PodOptions): Promise<unknown[]> {
  const child = await podRuns(program, options)
  const exit = await child.exited
  expect({ ...exit, stderr: child.stderr }).toEqual({ status: 0, signal: null, stderr: '' })
  return linesOf(child)
}

/** A server that says on each connection who it is and who is there. Resolves once it listens, with where. */
async function serving(ip: string, listenArguments: string): Promise<TestProcess> {
  const child = await podRuns(
    `
    import net from 'node:net'
    const server = net.createServer((socket) => socket.end('${ip} to ' + socket.remoteAddress))
    server.listen(${listenArguments}, () => say(server.address()))
  `,
    { ip },
  )
  await child.said(/\n/)
  return child
}

const DIAL = `
  import net from 'node:net'
  const dial = (...args) => new Promise((resolve) => {
    let text = ''
    net.connect(...args).on('data', (data) => { text += data }).on('error', (error) => resolve(error.code)).on('end', () => resolve(text))
  })
`

beforeEach(() => writeNames({}))

describe('a program in a Pod', () => {
  it('has its localhost and wildcard for itself, and finds others by name', async () => {
    await writeNames({ addresses: { 'other.shop': [PODS[1]] } })
    await serving(PODS[0], `8080, '0.0.0.0'`)
    await serving(PODS[1], `8080, '0.0.0.0'`)
    const answers = await said(`
      ${DIAL}
      say(await dial(8080, 'localhost'))
      say(await dial({ port: 8080, host: 'other' }))
      say(await dial(8080, 'other.shop.svc.cluster.local'))
    `)
    const self = `${PODS[0]} to ${PODS[0]}`
    const other = `${PODS[1]} to ${PODS[0]}`
    expect(answers).toEqual([self, other, other])
  })

  it.each([
    `0`,
    `{ port: 0 }`,
    `0, ''`,
    `0, '0.0.0.0'`,
    `0, '::'`,
    `0, '127.0.0.1'`,
    `0, '::1'`,
    `'0', 'localhost'`,
    `{ port: 0, host: '::', ipv6Only: true }`,
    `{ port: 0, host: 'localhost', backlog: 5, exclusive: true }`,
  ])('listens at its own address when it says listen(%s)', async (listenArguments) => {
    const child = await serving(PODS[0], listenArguments)
    expect(linesOf(child)).toMatchObject([{ address: PODS[0], family: 'IPv4' }])
  })

  it('listens at other addresses and at socket files as it says', async () => {
    const [address, file] = await said(`
      import net from 'node:net'
      const at = (...args) => new Promise((resolve) => {
        const server = net.createServer().listen(...args, () => { resolve(server.address()); server.close() })
      })
      say(await at(0, '127.120.3.99'))
      say(await at(${JSON.stringify(path.join(folder, 'socket'))}))
    `)
    expect([address, file]).toMatchObject([{ address: '127.120.3.99' }, path.join(folder, 'socket')])
  })

  it.each([
    `8080`,
    `8080, '127.0.0.1'`,
    `8080, '::1'`,
    `8080, '0.0.0.0'`,
    `{ port: 8080, host: '::1', family: 6 }`,
    `{ port: 8080, host: 'localhost', family: 6 }`,
    `{ port: '8080', host: 'LOCALHOST', autoSelectFamily: true }`,
    `{ port: 8080, host: 'localhost', autoSelectFamily: false }`,
    `8080, 'web-0'`,
  ])('reaches itself when it says connect(%s)', async (connectArguments) => {
    await serving(PODS[0], `8080`)
    expect(await said(`${DIAL} say(await dial(${connectArguments}))`)).toEqual([`${PODS[0]} to ${PODS[0]}`])
  })

  it('reaches itself by what a lookup of its own says, too', async () => {
    await serving(PODS[0], `8080`)
    const [answer] = await said(`
      ${DIAL}
      const local = { address: '127.0.0.1', family: 4 }
      const lookup = (name, { all }, callback) => all ? callback(null, [local]) : callback(null, local.address, 4)
      say(await dial({ port: 8080, host: 'anything', lookup }))
    `)
    expect(answer).toMatch(new RegExp(`^${PODS[0]} to `))
  })

  it('reaches what is elsewhere as it is, also on this machine', async () => {
    const server = net.createServer((socket) => socket.end('elsewhere'))
    await new Promise<void>((resolve) => server.listen(0, '127.120.3.50', resolve))
    const { port } = server.address() as net.AddressInfo
    expect(await said(`${DIAL} say(await dial(${port}, '127.120.3.50'))`)).toEqual(['elsewhere'])
    server.close()
  })

  it('does not reach what listens at the localhost of the machine', async () => {
    const server = net.createServer((socket) => socket.end('the machine'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    expect(await said(`${DIAL} say(await dial(${port}, '127.0.0.1'))`)).toEqual(['ECONNREFUSED'])
    expect(await said(`${DIAL} say(await dial(${port}, '127.0.0.1'))`, { ip: '' })).toEqual(['the machine'])
    server.close()
  })

  it('finds names through its search path, hosts first', async () => {
    await writeNames({
      addresses: {
        'web.shop': ['127.184.3.2'],
        'web.other': ['127.184.3.3'],
        'db.shop': ['127.120.3.20'],
        'db-0.db.shop': ['127.120.3.20'],
      },
      aliases: { 'alias.shop': 'web.other.svc.cluster.local', 'loop.shop': 'loop.shop.svc.cluster.local' },
    })
    const wanted = {
      web: '127.184.3.2',
      WEB: '127.184.3.2',
      'web.shop': '127.184.3.2',
      'web.other': '127.184.3.3',
      'web.other.svc': '127.184.3.3',
      'web.other.svc.cluster.local': '127.184.3.3',
      'web.other.svc.cluster.local.': '127.184.3.3',
      'db-0.db': '127.120.3.20',
      'db-0.db.shop.svc.cluster.local': '127.120.3.20',
      alias: '127.184.3.3',
      loop: 'ENOTFOUND',
      'gone.shop.svc.cluster.local': 'ENOTFOUND',
      'web.': 'ENOTFOUND',
      aliased: '192.0.2.7',
      localhost: '127.0.0.1',
    }
    const answers = await said(
      `
      import dns from 'node:dns'
      import { lookup } from 'node:dns/promises'
      for (const name of ${JSON.stringify(Object.keys(wanted))}) {
        const promised = await lookup(name, { family: 4 }).then(({ address }) => address, (error) => error.code)
        const called = await new Promise((resolve) => dns.lookup(name, 4, (error, address) => resolve(error?.code ?? address)))
        say([name, promised, called])
      }
    `,
      { hosts: '127.0.0.1 localhost\n192.0.2.7 aliased # of hostAliases\n' },
    )
    // A name that is in no cluster is the machine's to find, whose resolver may have none to ask.
    const found = answers as [string, string, string][]
    expect(
      found.map(([name, one, two]) => [
        name,
        ...[one, two].map((text) => text.replace('EAI_AGAIN', 'ENOTFOUND')),
      ]),
    ).toEqual(Object.entries(wanted).map(([name, address]) => [name, address, address]))
  })

  it('gets all addresses of a name, those of the family it wants', async () => {
    await writeNames({ addresses: { 'db.shop': ['127.120.3.20', '127.120.3.21'] } })
    const [all, promised, resolved, none] = await said(`
      import dns from 'node:dns'
      import { promisify } from 'node:util'
      import { resolve4 } from 'node:dns'
      dns.lookup('db', { all: true }, (_, all) => {
        say(all.map(({ address }) => address).sort())
        promisify(dns.lookup)('db').then(({ family }) => {
          say(family)
          resolve4('db.shop.svc.cluster.local', (_, all) => {
            say(all.length)
            dns.lookup('db', { family: 6 }, fail)
          })
        })
      })
    `)
    expect([all, promised, resolved, none]).toEqual([['127.120.3.20', '127.120.3.21'], 4, 2, 'ENOTFOUND'])
  })

  it('sees names that come while it runs', async () => {
    const child = await podRuns(`
      import { lookup } from 'node:dns/promises'
      import { setTimeout as pause } from 'node:timers/promises'
      const find = () => lookup('new.shop.svc.cluster.local').then(({ address }) => address, (error) => error.code)
      say(await find())
      while (await find() === 'ENOTFOUND') await pause(5)
      say(await find())
    `)
    await child.said(/ENOTFOUND/)
    await writeNames({ addresses: { 'new.shop': [SERVICE] } })
    await child.exited
    expect(linesOf(child)).toEqual(['ENOTFOUND', SERVICE])
  })

  it('goes by the port in place of one that is not to be had', async () => {
    await writeNames({ addresses: { 'api.shop': [PODS[1]] }, ports: { [`${PODS[1]}:443`]: 8080 } })
    await serving(PODS[1], '8080')
    const answers = await said(`${DIAL} say(await dial(443, 'api')); say(await dial(443, '${PODS[1]}'))`)
    const other = `${PODS[1]} to ${PODS[0]}`
    expect(answers).toEqual([other, other])
  })

  it('uses HTTP of all kinds, over TLS, too', async () => {
    await writeNames({ addresses: { 'proxy-server.shop': [PODS[1]] } })
    const { frontendCa, frontendServer } = await createTestPki()
    const { certFile, keyFile } = frontendServer
    const server = await podRuns(
      `
      import { readFileSync } from 'node:fs'
      import http from 'node:http'
      import http2 from 'node:http2'
      const tls = { cert: readFileSync('${certFile}'), key: readFileSync('${keyFile}'), allowHTTP1: true }
      const answer = (request, response) => response.end(request.httpVersion + ' from ' + request.socket.remoteAddress)
      http.createServer(answer).listen(8080, () => http2.createSecureServer(tls, answer).listen(8443, () => say('ready')))
    `,
      { ip: PODS[1] },
    )
    await server.said(/ready/)
    const answers = await said(`
      import { readFileSync } from 'node:fs'
      import { request as get } from 'node:http'
      import https from 'node:https'
      import http2 from 'node:http2'
      import { once } from 'node:events'
      import { text } from 'node:stream/consumers'
      import { Agent, request } from '${import.meta.resolve('undici')}'
      const ca = readFileSync('${frontendCa.caFile}')
      const bodyOf = async (sent) => { const [response] = await once(sent.end(), 'response'); return text(response) }
      say(await bodyOf(get('http://proxy-server:8080')))
      say(await (await fetch('http://proxy-server:8080')).text())
      say(await bodyOf(https.request({ host: 'proxy-server', port: 8443, ca, agent: new https.Agent() })))
      const dispatcher = new Agent({ connect: { ca } })
      say(await (await request('https://proxy-server:8443', { dispatcher })).body.text())
      await dispatcher.close()
      const session = http2.connect('https://proxy-server:8443', { ca })
      say(await text(session.request({ ':path': '/' }).end()))
      session.close()
    `)
    const over = (version: string) => `${version} from ${PODS[0]}`
    expect(answers).toEqual(['1.1', '1.1', '1.1', '2.0', '2.0'].map(over))
  })
})
