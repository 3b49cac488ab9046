import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'
import { type ConfigMaps, configMapsIn } from './config-maps.ts'

const LIMIT_BYTES = 3 * 1024 * 1024

let server: TestControlPlane
let maps: ConfigMaps
beforeAll(async () => {
  server = await TestControlPlane.start()
  maps = await configMapsIn(server.admin, 'http')
  await maps.create('a', { data: { a: '1' } })
})
afterAll(() => server.close())

describe('methods', () => {
  it('answers HEAD as GET, without the body', async () => {
    for (const path of [maps.at('a'), maps.path, '/version', '/api/v1']) {
      const get = await server.admin.get(path)
      const head = await server.admin.request({ method: 'HEAD', path })
      expect([head.status, head.text]).toEqual([get.status, ''])
      expect(head.headers['content-length']).toBe(get.headers['content-length'])
    }
  })

  it.each([
    ['OPTIONS', '/api/v1/namespaces/http/configmaps/a'],
    ['TRACE', '/api/v1/namespaces/http/configmaps/a'],
    ['PROPFIND', '/api/v1/namespaces/http/configmaps'],
    ['PUT', '/api/v1/namespaces/http/configmaps'],
    ['PATCH', '/api/v1/namespaces/http/configmaps'],
    ['POST', '/api/v1/namespaces/http/configmaps/a'],
    ['POST', '/api/v1/configmaps'],
    ['DELETE', '/api/v1/namespaces'],
    ['DELETE', '/apis/apps/v1/namespaces/http/deployments/d/scale'],
    ['GET', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'],
    ['POST', '/version'],
  ])('refuses %s of %s', async (method, path) => {
    const { status, json } = await server.admin.request({ method, path })
    expect([status, json.reason]).toEqual([405, 'MethodNotAllowed'])
  })
})

describe('a patch whose result cannot be read', () => {
  beforeAll(() => maps.create('patched', { data: { a: '1' } }))

  it.each<[string, unknown, RegExp]>([
    [
      'application/merge-patch+json',
      { data: { a: 5 } },
      /^"\{.*\\"data\\":\{\\"a\\":5\}.*\}": json: cannot unmarshal number into Go struct field ConfigMap.data of type string$/,
    ],
    [
      'application/strategic-merge-patch+json',
      { data: { a: 5 } },
      /^"map\[data:map\[a:5\]\]": json: cannot unmarshal number into Go struct field ConfigMap.data of type string$/,
    ],
    [
      'application/json-patch+json',
      [{ op: 'replace', path: '/data', value: 'x' }],
      /^".*": json: cannot unmarshal string into Go struct field ConfigMap.data of type map\[string\]string$/,
    ],
    [
      'application/merge-patch+json',
      '{"data":{"a":9007199254740993}}',
      /\\"a\\":9007199254740993\}.*: json: cannot unmarshal number into Go struct field ConfigMap.data of type string$/,
    ],
    ['application/merge-patch+json', { kind: 'Secret' }, /: unknown conversion$/],
    ['application/merge-patch+json', { dta: {} }, /": strict decoding error: unknown field \\?"dta\\?"$/],
  ])('is refused as a patch: %s %j', async (contentType, body, problem) => {
    const path = `${maps.at('patched')}?fieldValidation=Strict`
    const { json } = await server.admin.patch(path, body, contentType)
    expect([json.code, json.reason, json.details.kind]).toEqual([422, 'Invalid', undefined])
    const [{ reason, field, message }] = json.details.causes
    expect([reason, field]).toEqual(['FieldValueInvalid', 'patch'])
    expect(message.replace('Invalid value: ', '')).toMatch(problem)
    expect(json.message).toBe(` "" is invalid: patch: ${message}`)
  })
})

it('refuses a patch of a Scale whose result cannot be read as one', async () => {
  const path = '/apis/apps/v1/namespaces/http/deployments'
  const labels = { app: 'scaled' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const spec = { selector: { matchLabels: labels }, template }
  expect((await server.admin.post(path, { metadata: { name: 'scaled' }, spec })).status).toBe(201)
  const { json } = await server.admin.patch(`${path}/scaled/scale`, { spec: { replicas: 'x' } })
  expect(json).toMatchObject({ code: 422, details: { causes: [{ field: 'patch' }] } })
})

describe('queries', () => {
  it.each([
    'limit=',
    'limit=abc',
    'timeoutSeconds=x',
    'resourceVersion=abc',
    'resourceVersion=-1',
    'resourceVersionMatch=Never',
    'watch=1&resourceVersionMatch=Exact&resourceVersion=1',
    'sendInitialEvents=true',
    'watch=1&sendInitialEvents=true',
    'labelSelector=%3D%3D',
    'fieldSelector=spec.nothing%3D1',
    'continue=e30',
    'limit=1&continue=abc&resourceVersion=1',
  ])("refuses %s as the client's fault", async (query) => {
    const { status, json } = await server.admin.get(`${maps.path}?${query}`)
    expect(json).toMatchObject({ kind: 'Status', status: 'Failure', code: status })
    expect([400, 422]).toContain(status)
  })

  it.each(['?watch=1&resourceVersion=abc', '/any?resourceVersion=abc'])(
    'answers %s without a reason, as the original',
    async (query) => {
      const { status, json } = await server.admin.get(`${maps.path}${query}`)
      expect(status).toBe(500)
      expect(json).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
        code: 500,
      })
    },
  )

  it.each(['watch=false', 'watch=0', 'pretty=true', 'unknown=1', 'limit=0', '%zz=%zz', 'a=%00'])(
    'lists with %s',
    async (query) => {
      const { status, json } = await server.admin.get(`${maps.path}?${query}`)
      expect([status, json.kind]).toEqual([200, 'ConfigMapList'])
    },
  )
})

describe('representations', () => {
  it('compresses what is large for whoever accepts it', async () => {
    await maps.create('large', { data: { text: 'x'.repeat(200_000) } })
    const plain = await server.admin.get(maps.at('large'))
    const packed = await server.admin.get(maps.at('large'), { 'accept-encoding': 'gzip' })
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    expect(gunzipSync(packed.bytes)).toEqual(plain.bytes)
    expect(packed.bytes.length).toBeLessThan(10_000)
  })

  it('says the same in HTTP/2, on many streams at once', async () => {
    const session = connectHttp2(server.url, server.tls)
    const expected = (await server.admin.get(maps.path)).text
    const get = async () => {
      const stream = session.request({ ':path': maps.path })
      const [headers] = await once(stream, 'response')
      return { status: headers[':status'], body: await text(stream) }
    }
    const answers = await Promise.all(Array.from({ length: 100 }, get))
    expect(answers).toEqual(Array.from({ length: 100 }, () => ({ status: 200, body: expected })))
    session.close()
    await once(session, 'close')
  })
})

describe('bodies', () => {
  const body = (bytes: number) => {
    const head = '{"metadata":{"name":"big"},"data":{"a":"'
    return `${head}${'x'.repeat(bytes - head.length - 3)}"}}`
  }

  it('may be of 3 MiB, and not a byte more', async () => {
    const most = await server.admin.post(`${maps.path}?dryRun=All`, body(LIMIT_BYTES))
    expect(most.json.reason).not.toBe('RequestEntityTooLarge')
    const more = await server.admin.post(maps.path, body(LIMIT_BYTES + 1))
    expect([more.status, more.json.reason]).toEqual([413, 'RequestEntityTooLarge'])
  })

  it('are counted where nobody says how long they are', async () => {
    const request = https.request(new URL(maps.path, server.url), {
      ...server.tls,
      agent: false,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    })
    request.on('error', () => {}) // the server may hang up on the rest
    request.write(Buffer.alloc(LIMIT_BYTES + 1, ' ')) // and there is no end
    const [response] = await once(request, 'response')
    expect(response.statusCode).toBe(413)
    expect(JSON.parse(await text(response)).reason).toBe('RequestEntityTooLarge')
    request.destroy()
  })

  it('are counted on a stream of HTTP/2 too, and the others go on', async () => {
    const session = connectHttp2(server.url, server.tls)
    const stream = session.request({ ':method': 'POST', ':path': maps.path }, { endStream: false })
    stream.on('error', () => {}) // nor here
    stream.write(Buffer.alloc(LIMIT_BYTES + 1, ' '))
    const [headers] = await once(stream, 'response')
    expect(headers[':status']).toBe(413)
    const other = session.request({ ':path': '/version' })
    expect(JSON.parse(await text(other)).major).toBe('1')
    session.destroy()
  })

  it.each([
    ['', 400],
    ['null', 422],
    ['[]', 400],
    ['"text"', 400],
    ['{"metadata":[]}', 400],
    ['{"metadata":{"name":"p","__proto__":{"a":1}},"data":{"__proto__":"x"}}', 201],
    [`${'['.repeat(50_000)}`, 400],
    [`{"data":${'{"a":'.repeat(50_000)}`, 400],
    ['{"metadata":{"name":"\\ud800"}}', 422],
  ])('case %#: are refused or taken, and never a fault', async (text, status) => {
    const reply = await server.admin.post(`${maps.path}?dryRun=All`, text)
    expect(reply.status).toBe(status)
  })
})

describe('paths', () => {
  const tricks = [
    '//api/v1/namespaces/b/secrets',
    '/api/v1//namespaces/b/secrets',
    '/api/v1/namespaces/a/../b/secrets',
    '/api/v1/namespaces/a/%2e%2e/b/secrets',
    '/api/v1/namespaces/a%2f..%2fb/secrets',
    '/api/v1/namespaces/a/configmaps/..%2f..%2fb%2fsecrets',
    '/api/v1/namespaces/a/configmaps/../../b/secrets',
    '/api/v1/namespaces/a/configmaps\\..\\..\\b\\secrets',
    '/api/v1/namespaces/b%00/secrets',
    '/api/v1/namespaces/b/secrets;a',
    '/api/v1/namespaces/b/secrets?namespace=a',
    '/api/v1/watch/namespaces/b/secrets',
    '/api/v1/proxy/namespaces/b/secrets',
    '/api/v1/secrets?fieldSelector=metadata.namespace%3Da',
    '/apis//v1/namespaces/b/secrets',
    '/%61pi/v1/namespaces/b/secrets',
    '/api/v1/namespaces/%E0%A4%A/secrets',
  ]

  it.each(tricks)('%s leads nobody where they may not go', async (path) => {
    const { admin } = server
    for (const name of ['a', 'b']) await configMapsIn(admin, name)
    await admin.post('/api/v1/namespaces/b/secrets', {
      metadata: { name: 'hidden' },
      stringData: { a: 'found' },
    })
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/a/rolebindings'
    await admin.post(rbac, {
      metadata: { name: 'mallory' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'mallory' }],
    })
    const reply = await server.impersonating('mallory').get(path)
    expect([400, 403, 404]).toContain(reply.status)
    expect(reply.text).not.toContain('hidden')
  })
})

describe('impersonation', () => {
  it('acts as somebody else, with their rights alone', async () => {
    const alice = server.impersonating('alice', ['team'])
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
    const self = await alice.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', review)
    expect(self.json.status.userInfo).toMatchObject({
      username: 'alice',
      groups: ['team', 'system:authenticated'],
    })
    const refused = await alice.get(maps.path)
    expect(refused.json).toMatchObject({
      code: 403,
      message:
        'configmaps is forbidden: User "alice" cannot list resource "configmaps" in API group "" in the namespace "http"',
    })
  })

  it('is for those who may', async () => {
    const path = `${maps.path}/a`
    const { status, json } = await server.anonymous.get(path, { 'impersonate-user': 'system:admin' })
    expect(status).toBe(403)
    expect(json.message).toMatch(/^\S+ "\S+" is forbidden: User "system:anonymous" cannot impersonate/)
  })

  it('of groups needs a user', async () => {
    const { status } = await server.admin.get(maps.path, { 'impersonate-group': 'system:masters' })
    expect(status).toBeGreaterThanOrEqual(400)
  })
})
