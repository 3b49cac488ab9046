import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import net from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestControlPlane, withoutIdentity } from '../../support/control-plane.ts'
import { type ConfigMaps, configMapsIn } from '../controlplane/config-maps.ts'
import { Bystander } from './bystander.ts'
import { connectRaw, sayRaw } from './raw-connection.ts'

const JSON_PATCH = 'application/json-patch+json'
const MERGE_PATCH = 'application/merge-patch+json'
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json'
const APPLY = 'application/apply-patch+yaml'
const YAML = 'application/yaml'

let server: TestControlPlane
let maps: ConfigMaps
beforeAll(async () => {
  server = await TestControlPlane.start()
  maps = await configMapsIn(server.admin, 'hostile')
  await server.admin.post('/api/v1/namespaces', { metadata: { name: 'default' } })
})
afterAll(() => server.close())

/** A Status of failure that tells nothing of our insides. */
function expectRefused({ status, text }: { readonly status: number; readonly text: string }): void {
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).not.toBe(500)
  expect(JSON.parse(text)).toMatchObject({ kind: 'Status', status: 'Failure', code: status })
  expect(text).not.toMatch(/\.ts\b|node:| {4}at /)
}

describe('names that mean something to JavaScript', () => {
  const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']
  const VALID = NAMES.filter((name) => name !== '__proto__') // a label begins with a letter or digit
  const valuesOf = (names: string[]) => `{${names.map((name) => `${JSON.stringify(name)}:"x"`).join(',')}}`

  it('are keys of data, labels and annotations like any other', async () => {
    const body = `{"metadata":{"name":"keys","labels":${valuesOf(VALID)},"annotations":${valuesOf(VALID)}},"data":${valuesOf(NAMES)}}`
    const { status, text } = await server.admin.post(maps.path, body)
    expect([status, text]).toEqual([201, expect.stringContaining('"__proto__":"x"')])
    const { json } = await server.admin.get(maps.at('keys'))
    expect(Object.keys(json.data).sort()).toEqual([...NAMES].sort())
    expect(json.metadata.labels).toEqual(JSON.parse(valuesOf(VALID)))
  })

  it.each(NAMES)('%s can be patched in every way', async (name) => {
    const at = maps.at(`patch-${NAMES.indexOf(name)}`)
    await maps.create(`patch-${NAMES.indexOf(name)}`, { data: { a: 'b' } })
    const value = async () => {
      const { json } = await server.admin.get(at)
      return Object.hasOwn(json.data, name) ? json.data[name] : undefined
    }
    for (const [type, body] of [
      [MERGE_PATCH, `{"data":{${JSON.stringify(name)}:"merge"}}`],
      [STRATEGIC_PATCH, `{"data":{${JSON.stringify(name)}:"strategic"}}`],
      [JSON_PATCH, `[{"op":"add","path":"/data/${name}","value":"json"}]`],
    ] as const) {
      expect((await server.admin.patch(at, body, type)).status).toBe(200)
      expect(type).toContain(await value())
    }
    const applied = `{"apiVersion":"v1","kind":"ConfigMap","data":{${JSON.stringify(name)}:"apply"}}`
    const { status } = await server.admin.patch(`${at}?fieldManager=m&force=true`, applied, APPLY)
    expect([status, await value()]).toEqual([200, 'apply'])
    expect((await server.admin.patch(at, `{"data":{${JSON.stringify(name)}:null}}`)).status).toBe(200)
    expect(await value()).toBeUndefined()
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
  })

  it('select only what has them', async () => {
    await maps.create('selected', { metadata: { name: 'selected', labels: { constructor: 'y' } } })
    const { json } = await server.admin.get(`${maps.path}?labelSelector=constructor%3Dy`)
    expect(json.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['selected'])
    const none = await server.admin.get(`${maps.path}?labelSelector=toString%2CvalueOf%3Dz`)
    expect(none.json.items).toEqual([])
  })
})

describe('a bomb is refused while others are answered', () => {
  const members = (count: number) => Array.from({ length: count }, (_, i) => `k${i}: v`).join('\n')
  const nested = (open: string, close: string, depth: number) =>
    `${open.repeat(depth)}1${close.repeat(depth)}`
  const doubling = [
    { op: 'add', path: '/data/a', value: { a: 'x'.repeat(1_000) } },
    ...Array.from({ length: 60 }, (_, i) => ({ op: 'copy', from: '/data', path: `/data/c${i}` })),
  ]
  const bombs: [string, string, string, string][] = [
    ['YAML of very many elements', 'POST', YAML, `metadata:\n  name: y\ndata:\n${members(200_000)}`],
    [
      'YAML of aliases',
      'POST',
      YAML,
      `a0: &a0 [x,x]\n${Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i},*a${i}]`).join('\n')}`,
    ],
    ['YAML nested deep', 'POST', YAML, '['.repeat(1_000_000)],
    ['JSON nested deep', 'POST', 'application/json', `{"data":${nested('[', ']', 1_000_000)}}`],
    ['objects nested deep', 'POST', 'application/json', `{"data":${nested('{"a":', '}', 400_000)}}`],
    ['a name of characters that were no UTF-8', 'POST', 'application/json', '{"metadata":{"name":"\ufffd"}}'],
    ['a merge patch nested deep', 'PATCH', MERGE_PATCH, `{"data":${nested('{"a":', '}', 400_000)}}`],
    [
      'a strategic merge patch nested deep',
      'PATCH',
      STRATEGIC_PATCH,
      `{"data":${nested('{"a":', '}', 400_000)}}`,
    ],
    [
      'an applied configuration nested deep',
      'PATCH',
      `${APPLY}`,
      `{"data":${nested('{"a":', '}', 400_000)}}`,
    ],
    ['a JSON patch that doubles', 'PATCH', JSON_PATCH, JSON.stringify(doubling)],
    [
      'a JSON patch of very many steps',
      'PATCH',
      JSON_PATCH,
      JSON.stringify(Array.from({ length: 50_000 }, () => ({ op: 'add', path: '/data/a', value: 'b' }))),
    ],
    [
      'a JSON patch with an endless path',
      'PATCH',
      JSON_PATCH,
      JSON.stringify([{ op: 'add', path: '/a'.repeat(500_000), value: 1 }]),
    ],
    [
      'lists of directives',
      'PATCH',
      STRATEGIC_PATCH,
      JSON.stringify({
        metadata: {
          finalizers: Array.from({ length: 20_000 }, (_, i) => `a/${i}`),
          '$setElementOrder/finalizers': Array.from({ length: 20_000 }, (_, i) => `b/${i}`),
        },
      }),
    ],
  ]

  it.each(bombs)('%s', async (_, method, type, body) => {
    await server.admin.post(maps.path, { metadata: { name: 'bombed' }, data: { a: 'b' } })
    const path = method === 'POST' ? maps.path : `${maps.at('bombed')}?fieldManager=m`
    const bystander = await Bystander.during(server.admin, async () => {
      expectRefused(await server.admin.request({ method, path, body, headers: { 'content-type': type } }))
    })
    expect(bystander.slowestMs).toBeLessThan(8_000)
  })

  const long = 'a'.repeat(12_000)
  it.each([
    `labelSelector=${Array.from({ length: 4_000 }, (_, i) => `a${i}`).join('%2C')}%2C%3D`,
    `labelSelector=a+in+(${'b%2C'.repeat(5_000)}`,
    `fieldSelector=${'metadata.name%3Da%2C'.repeat(500)}nothing%3Da`,
    `limit=1&continue=${long}`,
    'limit=99999999999999999999999',
    'limit=1e3',
    'resourceVersion=99999999999999999999999999',
    `resourceVersion=${long}`,
    'watch=1&timeoutSeconds=99999999999999999999',
  ])('a query, case %#', async (query) => {
    expectRefused(await server.admin.get(`${maps.path}?${query}`))
  })
})

describe('connections', () => {
  const head = (line: string, ...headers: string[]) => `${[line, 'host: a', ...headers].join('\r\n')}\r\n\r\n`
  const get = 'GET /version HTTP/1.1'

  it.each([
    [
      'both lengths',
      head(
        'POST /api/v1/namespaces HTTP/1.1',
        'content-length: 4',
        'transfer-encoding: chunked',
        'connection: close',
      ),
    ],
    ['two lengths', head('POST /api/v1/namespaces HTTP/1.1', 'content-length: 4', 'content-length: 5')],
    ['a length that is none', head('POST /api/v1/namespaces HTTP/1.1', 'content-length: +4')],
    ['chunks of no size', `${head('POST /api/v1/namespaces HTTP/1.1', 'transfer-encoding: chunked')}zz\r\n`],
    ['a header without an end', head(get, `a: ${'x'.repeat(100_000)}`)],
    ['very many headers', head(get, ...Array.from({ length: 10_000 }, (_, i) => `a${i}: b`))],
    ['a line break in a header', head(get, 'a: b\rc: d')],
    ['a space before a colon', head(get, 'content-length : 4')],
    ['a null byte', head('GET /\0 HTTP/1.1')],
    ['no method', head('/version HTTP/1.1')],
    ['a method of its own', head('G\x01T /version HTTP/1.1')],
    ['a version that there is not', head('GET /version HTTP/9.9')],
  ])('that say %s are closed', async (_, said) => {
    const bystander = await Bystander.during(server.admin, async () => {
      const { status } = await sayRaw(server.url, server.tls, said)
      expect([0, 400, 431]).toContain(status)
    })
    expect(bystander.answers).toBeGreaterThan(0)
  })

  it('that ask for another protocol get an ordinary answer', async () => {
    const upgrade = head(get, 'connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13')
    const socket = await connectRaw(server.url, server.tls)
    socket.write(upgrade)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 (200|400) /)
    socket.destroy()
    await once(socket, 'close')
  })

  it('that speak no TLS are closed', async () => {
    await Bystander.during(server.admin, async () => {
      for (const said of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\xff\xff', 'x'.repeat(20_000)]) {
        const socket = net.connect(Number(server.url.port), server.url.hostname)
        socket.on('error', () => {})
        socket.resume().end(Buffer.from(said, 'latin1'))
        await once(socket, 'close')
      }
    })
  })

  it('of HTTP/2 that begin requests to break them off do not keep others waiting', async () => {
    const bystander = await Bystander.during(server.admin, async () => {
      const session = connectHttp2(server.url, withoutIdentity(server.tls))
      session.on('error', () => {})
      const closed = once(session, 'close')
      // As many as are let pass: http2-floods.test.ts has more.
      for (let count = 0; count < 1_000; count++) {
        const stream = session.request({ ':path': '/version' })
        stream.on('error', () => {})
        stream.close(constants.NGHTTP2_CANCEL)
        if (count % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      session.destroy()
      await closed
    })
    expect(bystander.slowestMs).toBeLessThan(8_000)
  })
})

describe('a fuzzed request', () => {
  const key = fc.constantFrom(
    'metadata',
    'name',
    'data',
    'labels',
    '__proto__',
    'spec',
    'kind',
    'apiVersion',
    '$patch',
    'finalizers',
    'managedFields',
    'a',
  )
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(null, true, 0, -1, 1e300, '', 'a', 'ConfigMap', 'v1', 'delete', '\0', '\ud800'),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    ),
  }))
  const step = fc.record({
    op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
    path: fc.constantFrom(
      '',
      '/',
      '/data',
      '/data/-',
      '/metadata/name',
      '/__proto__/a',
      '/data/~2',
      '/metadata/managedFields/0',
    ),
    from: fc.constantFrom('', '/data', '/metadata', '/constructor'),
    value,
  })
  const type = fc.constantFrom(
    'application/json',
    YAML,
    'application/vnd.kubernetes.protobuf',
    JSON_PATCH,
    MERGE_PATCH,
    STRATEGIC_PATCH,
    APPLY,
    'text/plain',
    '',
  )
  const method = fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE')
  const path = fc.constantFrom(
    '/api/v1/namespaces/hostile/configmaps',
    '/api/v1/namespaces/hostile/pods',
    '/apis/apps/v1/namespaces/hostile/deployments',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  )

  it('is answered as an object or a Status, and never a fault of ours', async () => {
    await fc.assert(
      fc.asyncProperty(
        method,
        path,
        type,
        fc.oneof(value, fc.array(step, { maxLength: 4 })),
        fc.boolean(),
        async (verb, at, contentType, body, isNamed) => {
          const { status, text } = await server.admin.request({
            method: verb,
            path: `${at}${isNamed ? '/fuzzed' : ''}?fieldManager=m&dryRun=All`,
            body: JSON.stringify(body),
            headers: { 'content-type': contentType },
          })
          expect(status).not.toBe(500)
          expect(JSON.parse(text).kind).toBeTypeOf('string')
        },
      ),
      { numRuns: 1_000, interruptAfterTimeLimit: 12_000 },
    )
  })
})
