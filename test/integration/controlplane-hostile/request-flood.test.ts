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

/** As the original, --max-mutating-requests-inflight. */
const WRITING = 200
const TOO_MANY = 40

let server: TestControlPlane
let maps: ConfigMaps
let token: string
let robot: ApiClient
beforeAll(async () => {
  server = await TestControlPlane.start()
  maps = await configMapsIn(server.admin, 'flood')
  const accounts = '/api/v1/namespaces/flood/serviceaccounts'
  await server.admin.post(accounts, { metadata: { name: 'robot' } })
  await server.admin.post('/apis/rbac.authorization.k8s.io/v1/namespaces/flood/rolebindings', {
    metadata: { name: 'robot' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'flood' }],
  })
  token = (await server.admin.post(`${accounts}/robot/token`, { spec: {} })).json.status.token
  robot = server.bearer(token)
})
afterAll(() => server.close())

interface Answered {
  readonly stream: ClientHttp2Stream
  readonly headers: IncomingHttpHeaders
}

it('refuses what is more than it carries out at once, and only that', async () => {
  const sessions = Array.from({ length: 3 }, () => connectHttp2(server.url, withoutIdentity(server.tls)))
  const head = { ':method': 'POST', ':path': maps.path, authorization: `Bearer ${token}` }
  const held = new Set<ClientHttp2Stream>()
  const refused: Answered[] = []
  const enough = Promise.withResolvers<void>()
  for (let count = 0; count < WRITING + TOO_MANY; count++) {
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
  expect(held.size).toBe(WRITING)
  expect((await robot.post(maps.path, { metadata: { name: 'refused' } })).status).toBe(429)
  expect((await robot.get(maps.path)).status).toBe(200)
  expect((await server.admin.post(maps.path, { metadata: { name: 'privileged' } })).status).toBe(201)

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
