import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiReply } from '../../support/api-client.ts'
import { TestControlPlane, withoutIdentity } from '../../support/control-plane.ts'
import { type ConfigMaps, configMapsIn } from '../controlplane/config-maps.ts'
import { connectRaw } from './raw-connection.ts'

const JSON_BODY = 'application/json'
const JSON_PATCH = 'application/json-patch+json'
const MERGE_PATCH = 'application/merge-patch+json'
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json'
const APPLY = 'application/apply-patch+yaml'
const YAML = 'application/yaml'

/** No encoding of anything: a byte that never stands, one that does not go on, half a character, a surrogate, too long a slash. */
const INVALID = ['\xff', '\xc3(', '\xe2\x82', '\xed\xa0\x80', '\xc0\xaf']

let server: TestControlPlane
let maps: ConfigMaps
beforeAll(async () => {
  server = await TestControlPlane.start()
  maps = await configMapsIn(server.admin, 'utf8')
})
afterAll(() => server.close())

/** Each character of `body` is a byte. */
function send(method: string, path: string, type: string, body: string): Promise<ApiReply> {
  const headers = { 'content-type': type }
  return server.admin.request({ method, path, headers, body: Buffer.from(body, 'latin1') })
}

function expectRefused(reply: ApiReply, code: number): void {
  expect(reply.json).toMatchObject({ kind: 'Status', status: 'Failure', code })
  expect(reply.status).toBe(code)
}

describe.each(INVALID)('bytes that are no UTF-8, case %#', (bytes) => {
  const replaced = Buffer.from(`a${bytes}b`, 'latin1').toString()

  it('are replaced in values of JSON', async () => {
    const body = `{"metadata":{"generateName":"a"},"data":{"a":"a${bytes}b"}}`
    const { status, json } = await send('POST', maps.path, JSON_BODY, body)
    expect([status, json.data]).toEqual([201, { a: replaced }])
    expect(json.data.a).toContain('\ufffd')
    expect((await server.admin.get(maps.at(json.metadata.name))).json).toEqual(json)
  })

  it.each([
    ['a name', `{"metadata":{"name":"a${bytes}b"}}`],
    ['a namespace', `{"metadata":{"name":"a","namespace":"a${bytes}b"}}`],
    ['a key of data', `{"metadata":{"name":"a"},"data":{"a${bytes}b":"c"}}`],
    ['a label', `{"metadata":{"name":"a","labels":{"a":"a${bytes}b"}}}`],
    ["a label's key", `{"metadata":{"name":"a","labels":{"a${bytes}b":"a"}}}`],
    ["an annotation's key", `{"metadata":{"name":"a","annotations":{"a${bytes}b":"a"}}}`],
    ['a finalizer', `{"metadata":{"name":"a","finalizers":["a/${bytes}b"]}}`],
    ['a kind', `{"kind":"Config${bytes}Map","apiVersion":"v1","metadata":{"name":"a"}}`],
    ['no string', `{"metadata":{"name":"a"},"data":${bytes}}`],
  ])('are refused as %s', async (_, body) => {
    const reply = await send('POST', maps.path, JSON_BODY, body)
    expectRefused(reply, reply.status === 422 ? 422 : 400)
  })

  it.each([
    [MERGE_PATCH, `{"data":{"a":"a${bytes}b"}}`],
    [STRATEGIC_PATCH, `{"data":{"a":"a${bytes}b"}}`],
    [JSON_PATCH, `[{"op":"add","path":"/data/a","value":"a${bytes}b"}]`],
  ])('are replaced by a patch of type %s', async (type, body) => {
    const { json: map } = await server.admin.post(maps.path, {
      metadata: { generateName: 'a' },
      data: { b: 'c' },
    })
    const { status, json } = await send('PATCH', maps.at(map.metadata.name), type, body)
    expect([status, json.data]).toEqual([200, { a: replaced, b: 'c' }])
  })

  it('are refused in YAML', async () => {
    const body = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "a${bytes}b"\n`
    const created = await send('POST', maps.path, YAML, body)
    expectRefused(created, 400)
    expect(created.json.message).toContain('yaml: ')
    const applied = await send('PATCH', `${maps.at('yaml')}?fieldManager=m`, APPLY, body)
    expectRefused(applied, 400)
    expect(applied.json.message).toMatch(/^error decoding YAML: yaml: /)
    const inJson = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"yaml"},"data":{"a":"${bytes}"}}`
    expectRefused(await send('PATCH', `${maps.at('yaml')}?fieldManager=m`, APPLY, inJson), 400)
  })

  const percent = [...Buffer.from(bytes, 'latin1')].map((byte) => `%${byte.toString(16)}`).join('')

  it('name nothing in paths and queries', async () => {
    expectRefused(await server.admin.get(maps.at(`a${percent}b`)), 400)
    expectRefused(await server.admin.get(`${maps.path}?labelSelector=a%3D${percent}`), 400)
    expectRefused(await server.admin.get(`${maps.path}?fieldSelector=${percent}%3Da`), 400)
    const { status, json } = await server.admin.get(`${maps.path}?fieldSelector=metadata.name%3D${percent}`)
    expect([status, json.items]).toEqual([200, []])
  })

  it('are nobody in a token, and an ordinary answer otherwise in headers', async () => {
    const ask = async (...headers: string[]) => {
      const socket = await connectRaw(server.url, withoutIdentity(server.tls))
      const request = ['GET /version HTTP/1.1', 'host: a', 'connection: close', ...headers].join('\r\n')
      socket.write(Buffer.from(`${request}\r\n\r\n`, 'latin1'))
      const [answer] = await once(socket, 'data')
      socket.destroy()
      return Number(/^HTTP\/1\.1 (\d+)/.exec(String(answer))?.[1])
    }
    expect(await ask(`authorization: Bearer a${bytes}b`)).toBe(401)
    expect(await ask(`impersonate-user: a${bytes}b`)).toBe(403)
    for (const name of ['accept', 'user-agent', 'accept-encoding', 'x-other'])
      expect([200, 406]).toContain(await ask(`${name}: a${bytes}b`))
  })
})
