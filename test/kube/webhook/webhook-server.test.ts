import { once } from 'node:events'
import https from 'node:https'
import tls from 'node:tls'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { admissionReviews, allow, deny, patch, WebhookMetrics } from '../../../src/kube/webhook/index.ts'
import { MAX_REVIEW_BYTES } from '../../../src/kube/webhook/read-review.ts'
import type { Json } from '../../support/api-client.ts'
import { WebhookFixture } from '../../support/webhook-fixture.ts'

const registry = new Registry()
let fixture: WebhookFixture

beforeAll(async () => {
  fixture = await WebhookFixture.start(
    {
      '/allow': admissionReviews(async () => allow(['mind the gap'])),
      '/deny': admissionReviews(async () => deny(403, 'Forbidden', 'not today', { name: 'x' })),
      '/patch': admissionReviews(async () =>
        patch([{ op: 'add', path: '/metadata/labels', value: { a: 'b' } }]),
      ),
      '/same': admissionReviews(async () => patch([])),
      '/fail': admissionReviews(async () => {
        throw new Error('the database is away')
      }),
      '/echo': async (review) => ({ kind: review.kind, keys: Object.keys(review) }),
    },
    new WebhookMetrics(registry),
  )
})

afterAll(() => fixture.close())

interface Call {
  readonly method?: string
  readonly type?: string
  readonly body?: string | Buffer
}

async function call(route: string, { method = 'POST', type = 'application/json', body = '' }: Call = {}) {
  const request = https.request(fixture.urlOf(route), {
    method,
    ca: fixture.ca.certificatePem,
    headers: { 'content-type': type, 'content-length': Buffer.byteLength(body) },
    agent: false,
  })
  request.on('error', () => {}) // of a body that was refused while it was being sent
  request.end(body)
  const [response] = await once(request, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode as number, text: Buffer.concat(chunks).toString() }
}

const request = (change: Json = {}): Json => ({
  uid: 'u-1',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  resource: { group: '', version: 'v1', resource: 'pods' },
  operation: 'CREATE',
  userInfo: {},
  object: { metadata: { name: 'x' } },
  ...change,
})
const review = (change: Json = {}, apiVersion = 'admission.k8s.io/v1'): string =>
  JSON.stringify({ apiVersion, kind: 'AdmissionReview', request: request(change) })
const responseTo = async (route: string) => {
  const { status, text } = await call(route, { body: review() })
  expect(status).toBe(200)
  const { apiVersion, kind, response } = JSON.parse(text)
  expect({ apiVersion, kind }).toEqual({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' })
  return response
}

describe('a webhook server', () => {
  it('allows, denies and patches in reviews that carry the uid', async () => {
    expect(await responseTo('/allow')).toEqual({ uid: 'u-1', allowed: true, warnings: ['mind the gap'] })
    expect(await responseTo('/deny')).toEqual({
      uid: 'u-1',
      allowed: false,
      status: {
        metadata: {},
        status: 'Failure',
        code: 403,
        reason: 'Forbidden',
        message: 'not today',
        details: { name: 'x' },
      },
    })
    const { patch: operations, ...rest } = await responseTo('/patch')
    expect(rest).toEqual({ uid: 'u-1', allowed: true, patchType: 'JSONPatch' })
    expect(JSON.parse(Buffer.from(operations, 'base64').toString())).toEqual([
      { op: 'add', path: '/metadata/labels', value: { a: 'b' } },
    ])
    expect(await responseTo('/same')).toEqual({ uid: 'u-1', allowed: true })
  })

  it.each(['v1', 'v1beta1'])('answers a review of %s in the version that it has', async (version) => {
    const apiVersion = `admission.k8s.io/${version}`
    const { status, text } = await call('/same', { body: review({}, apiVersion) })
    expect(status).toBe(200)
    expect(JSON.parse(text)).toEqual({
      apiVersion,
      kind: 'AdmissionReview',
      response: { uid: 'u-1', allowed: true },
    })
  })

  it('hands reviews of other kinds on as they are', async () => {
    const { text } = await call('/echo', { body: '{"kind":"ConversionReview","__proto__":{"kind":"no"}}' })
    expect(JSON.parse(text)).toEqual({ kind: 'ConversionReview', keys: ['kind', '__proto__'] })
  })

  it.each<[string, string, Call, number, RegExp]>([
    ['another path', '/allow/', { body: review() }, 404, /no such webhook/],
    ['another method', '/allow', { method: 'PUT', body: review() }, 405, /POST/],
    [
      'another content type',
      '/allow',
      { type: 'text/plain', body: review() },
      415,
      /contentType=text\/plain/,
    ],
    ['nothing', '/allow', {}, 400, /empty/],
    ['broken JSON', '/allow', { body: '{"a":' }, 400, /no JSON/],
    ['broken UTF-8', '/allow', { body: Buffer.from([0x22, 0xff, 0x22]) }, 400, /no JSON/],
    ['a list', '/allow', { body: '[]' }, 400, /no JSON object/],
    ['another kind', '/allow', { body: '{"apiVersion":"v1","kind":"Pod"}' }, 400, /apiVersion/],
    ['a version to come', '/allow', { body: review({}, 'admission.k8s.io/v2') }, 400, /apiVersion/],
    ['no uid', '/allow', { body: review({ uid: '' }) }, 400, /request\.uid/],
    ['an unknown operation', '/allow', { body: review({ operation: 'LOOK' }) }, 400, /request\.operation/],
    [
      'an object without metadata',
      '/allow',
      { body: review({ object: {} }) },
      400,
      /request\.object\.metadata/,
    ],
    ['too much', '/allow', { body: `"${'x'.repeat(MAX_REVIEW_BYTES)}"` }, 413, /limit is 7340032 bytes/],
    ['a review whose handler fails', '/fail', { body: review() }, 500, /its log says why/],
  ])('answers %s with a status that says so', async (_, route, given, status, message) => {
    const reply = await call(route, given)
    expect(reply).toEqual({ status, text: expect.stringMatching(message) })
  })

  it('counts under the names of controller-runtime', async () => {
    await call('/same', { body: review() })
    const text = await registry.metrics()
    expect(text).toMatch(/controller_runtime_webhook_requests_total\{webhook="\/fail",code="500"\} 1/)
    expect(text).toMatch(/controller_runtime_webhook_requests_in_flight\{webhook="\/same"\} 0/)
    expect(text).toMatch(/controller_runtime_webhook_latency_seconds_count\{webhook="\/deny"\} 1/)
  })

  it('shows a certificate that has changed to those who connect from then on', async () => {
    const serialNow = async () => {
      const socket = tls.connect({
        host: '127.0.0.1',
        port: fixture.server.port,
        ca: fixture.ca.certificatePem,
      })
      await once(socket, 'secureConnect')
      const { serialNumber } = socket.getPeerCertificate()
      socket.destroy()
      return serialNumber
    }
    const before = await serialNow()
    await fixture.rotate()
    const after = await serialNow()
    expect(after).not.toBe(before)
    expect(await responseTo('/same')).toMatchObject({ allowed: true })
  })
})
