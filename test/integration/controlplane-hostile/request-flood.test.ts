import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  type IncomingHttpHeaders,
} from 'node:http2'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiClient } from '../../support/api-client.ts'
import { TestControlPlane, withoutIdentity } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'
import { type ConfigMaps, configMapsIn } from '../controlplane/config-maps.ts'

/** Half of all that there may be, which is as in the original; and as many as wait of one user. */
const WRITING = 100
const WAITING = 300
const TOO_MANY = 40

let server: TestControlPlane
let maps: ConfigMaps
let token: string
let robot: ApiClient
let neighbour: ApiClient
beforeAll(async () => {
  server = await TestControlPlane.start()
  maps = await configMapsIn(server.admin, 'flood')
  token = await tokenOf('robot')
  robot = server.bearer(token)
  neighbour = server.bearer(await tokenOf('neighbour'))
})
afterAll(() => server.close())

/** Of a new service account that may write. */
async function tokenOf(name: string): Promise<string> {
  const accounts = '/api/v1/namespaces/flood/serviceaccounts'
  await server.admin.post(accounts, { metadata: { name } })
  await server.admin.post('/apis/rbac.authorization.k8s.io/v1/namespaces/flood/rolebindings', {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'flood' }],
  })
  return (await server.admin.post(`${accounts}/${name}/token`, { spec: {} })).json.status.token
}

interface Answered {
  readonly stream: ClientHttp2Stream
  readonly headers: IncomingHttpHeaders
}

it('refuses what is more than it carries out and lets wait at once, and only that', async () => {
  const sessions = Array.from({ length: 6 }, () => connectHttp2(server.url, withoutIdentity(server.tls)))
  const head = { ':method': 'POST', ':path': maps.path, authorization: `Bearer ${token}` }
  const held = new Set<ClientHttp2Stream>()
  const refused: Answered[] = []
  const enough = Promise.withResolvers<void>()
  for (let count = 0; count < WRITING + WAITING + TOO_MANY; count++) {
    // No more than 100 at once on one connection.
    const session = sessions[count % sessions.length] as ClientHttp2Session
    const stream = session.request({ ...head, 'content-type': 'application/json' })
    held.add(stream.on('error', () => {}))
    stream.once('response', (headers) => {
      held.delete(stream)
      if (refused.push({ stream, headers }) === TOO_MANY) enough.resolve()
    })
    stream.write('{"metadata":')
  }
  await enough.promise

  for (const { stream, headers } of refused) {
    expect(headers).toMatchObject({ ':status': 429, 'retry-after': '1' })
    expect(JSON.parse(await text(stream))).toMatchObject({
      kind: 'Status',
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 1 },
    })
  }
  expect(held.size).toBe(WRITING + WAITING)
  expect((await robot.post(maps.path, { metadata: { name: 'refused' } })).status).toBe(429)
  expect((await robot.get(maps.path)).status).toBe(200)
  expect((await server.admin.post(maps.path, { metadata: { name: 'privileged' } })).status).toBe(201)
  expect((await neighbour.post(maps.path, { metadata: { name: 'neighbour' } })).status).toBe(201)
  const { text: metrics } = await server.admin.get('/metrics')
  expect(metrics).toContain(`apiserver_current_inqueue_requests{request_kind="mutating"} ${WAITING}\n`)
  expect(metrics).toContain('apiserver_current_inqueue_requests{request_kind="readOnly"} 0\n')

  const [first, ...others] = held
  first?.end('{"name":"held"}}')
  for (const stream of others) stream.close()
  const [answer] = await once(first as ClientHttp2Stream, 'response')
  expect(answer[':status']).toBe(201)
  const write = async () => (await robot.post(maps.path, { metadata: { generateName: 'a' } })).status
  await until(async () => (await write()) === 201, 'there is room again')
  for (const session of sessions) {
    session.destroy()
    await once(session, 'close')
  }
})
