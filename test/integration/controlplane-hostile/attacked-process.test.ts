import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readKubeconfig } from '../../../src/kube/access/kubeconfig.ts'
import { ApiClient } from '../../support/api-client.ts'
import { ControlPlaneProcess } from '../../support/control-plane-process.ts'
import { endProcesses } from '../../support/processes.ts'
import { until } from '../../support/until.ts'
import { Bystander } from './bystander.ts'

const MIB = 1024 * 1024
const SESSIONS = 16
/** As many as a connection may have. */
const WATCHES_EACH = 100
/** Of a request that is attacked with, none of which may come to stand in a log. */
const SECRET = 'this-is-nobodys-business'

let server: ControlPlaneProcess
let admin: ApiClient
let url: URL
let tls: Awaited<ReturnType<typeof readKubeconfig>>['tls']
beforeAll(async () => {
  server = await ControlPlaneProcess.start()
  url = new URL(`https://127.0.0.1:${server.port}`)
  tls = (await readKubeconfig([server.kubeconfig])).tls
  admin = new ApiClient(url, tls)
}, 40_000)
afterAll(async () => {
  admin.close()
  await server.dispose()
  await endProcesses()
})

/** Bytes of its memory that are resident. */
function resident(): number {
  const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
}

/** Resolves once each of them has its head. */
async function watch(session: ClientHttp2Session): Promise<void> {
  session.setMaxListeners(0)
  const watching = Array.from({ length: WATCHES_EACH }, () => {
    const stream = session.request({ ':path': '/api/v1/configmaps?watch=1' })
    stream.on('error', () => {}).resume()
    return once(stream, 'response')
  })
  for (const [headers] of await Promise.all(watching)) expect(headers[':status']).toBe(200)
}

async function connect(): Promise<ClientHttp2Session> {
  const session = connectHttp2(url, tls)
  session.on('error', () => {})
  await once(session, 'connect')
  return session
}

it.skipIf(process.platform !== 'linux')(
  'gives back what idle watches took',
  { timeout: 60_000 },
  async () => {
    const before = resident()
    const sessions = await Promise.all(Array.from({ length: SESSIONS }, connect))
    await Bystander.during(admin, () => Promise.all(sessions.map(watch)))
    const each = (resident() - before) / (SESSIONS * WATCHES_EACH)
    expect(each).toBeLessThan(100 * 1024)
    for (const session of sessions) session.destroy()
    await until(() => resident() < before + 200 * MIB, 'memory has come back')
    expect((await admin.get('/livez')).status).toBe(200)
  },
)

it.skipIf(process.platform !== 'linux')(
  'gives back what bombs took, and tells nobody what was in them',
  { timeout: 60_000 },
  async () => {
    const before = resident()
    const anonymous = new ApiClient(url, {
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      rejectUnauthorized: true,
    })
    const configMaps = '/api/v1/namespaces/default/configmaps'
    const nested = `{"data":${`{"${SECRET}":`.repeat(90_000)}`
    const large = JSON.stringify({ metadata: { name: 'a' }, data: { a: SECRET.repeat(100_000) } })
    const attack = async () => {
      for (let round = 0; round < 3; round++) {
        await Promise.all([
          ...Array.from({ length: 4 }, () => admin.post(configMaps, nested)),
          ...Array.from({ length: 4 }, () => admin.post(configMaps, large)),
          ...Array.from({ length: 4 }, () =>
            admin.post(configMaps, `a: &a [${SECRET}]\nb: [*a`, { 'content-type': 'application/yaml' }),
          ),
          ...Array.from({ length: 20 }, () =>
            anonymous.get(configMaps, { authorization: `Bearer ${SECRET}` }),
          ),
          anonymous.post('/api/v1/namespaces', large),
        ])
      }
    }
    await Bystander.during(admin, attack)
    anonymous.close()
    await until(() => resident() < before + 300 * MIB, 'memory has come back')

    const said = server.process.stdout + server.process.stderr
    expect(said).not.toBe('')
    expect(said).not.toContain(SECRET)
    expect(said).not.toMatch(/PRIVATE KEY|Bearer /)
  },
)
