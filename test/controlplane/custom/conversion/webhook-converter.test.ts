import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { StatusError } from '../../../../src/controlplane/api/status.ts'
import {
  type ConversionCalls,
  ConversionMetrics,
  WebhookConverter,
} from '../../../../src/controlplane/custom/index.ts'
import type { KubeObject } from '../../../../src/controlplane/registry/index.ts'
import type { Json } from '../../../support/api-client.ts'
import { metricValues } from '../../../support/metric-values.ts'

const FROM = 'example.com/v1'
const TO = 'example.com/v2'

const site = (name: string, apiVersion = FROM, rest: object = {}): KubeObject => ({
  apiVersion,
  kind: 'Site',
  metadata: { name, namespace: 'default', uid: `uid-${name}` },
  ...rest,
})

/** A converter that asks `answer`, and what it has asked. */
function converter(
  answer: (review: Json) => unknown,
  { versions = ['v1'], caBundle }: { versions?: string[]; caBundle?: string } = {},
) {
  const calls: Parameters<ConversionCalls['call']>[0][] = []
  const call: ConversionCalls['call'] = async (each) => {
    calls.push(each)
    return answer(each.body)
  }
  const clientConfig = { url: 'https://hook.example.com', ...(caBundle === undefined ? {} : { caBundle }) }
  const conversion = { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: versions } }
  const registry = new Registry()
  const made = new WebhookConverter(
    { calls: { call }, metrics: new ConversionMetrics(registry) },
    { definition: 'sites.example.com', conversion, listKind: 'SiteList' },
  )
  return { calls, registry, convert: (...objects: KubeObject[]) => made.convert(objects, TO) }
}

const success = (
  { apiVersion, kind, request }: Json,
  change: (object: Json) => Json = (each) => each,
): Json => ({
  apiVersion,
  kind,
  response: {
    uid: request.uid,
    result: { status: 'Success' },
    convertedObjects: request.objects.map((each: Json) =>
      change({ ...each, apiVersion: request.desiredAPIVersion }),
    ),
  },
})

const problem = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => expect.fail('it was converted'),
    (error) => {
      expect(error).toBeInstanceOf(StatusError)
      expect(error.reason).toBe('InternalError')
      return error.message
    },
  )

describe('what a webhook is asked', () => {
  it.each([
    [['v1', 'v1beta1'], 'v1'],
    [['v1beta1', 'v1'], 'v1beta1'],
    [['v9', 'v1beta1'], 'v1beta1'],
  ])('is in the first version that is known: %j', async (versions, expected) => {
    const { calls, convert } = converter(success, { versions })
    await convert(site('a'))
    expect(calls).toEqual([
      {
        config: { url: 'https://hook.example.com' },
        timeoutSeconds: 30,
        body: {
          kind: 'ConversionReview',
          apiVersion: `apiextensions.k8s.io/${expected}`,
          request: { uid: expect.any(String), desiredAPIVersion: TO, objects: [site('a')] },
        },
      },
    ])
  })

  it('needs a version that is known', async () => {
    const { convert } = converter(success, { versions: ['v9'] })
    expect(await problem(convert(site('a')))).toBe('no supported conversion review versions')
  })

  it('is nothing about objects that are in the version already, which keep their places', async () => {
    const { calls, convert } = converter(success)
    expect(await convert(site('a', TO), site('b', TO))).toEqual([site('a', TO), site('b', TO)])
    expect(calls).toHaveLength(0)
    expect(await convert(site('a', TO), site('b'), site('c', TO), site('d'))).toEqual(
      ['a', 'b', 'c', 'd'].map((name) => site(name, TO)),
    )
    expect((calls[0]?.body as Json)?.request.objects).toEqual([site('b'), site('d')])
  })

  it.each([
    ['many', Array.from({ length: 1200 }, (_, index) => site(`s${index}`)), [500, 500, 200]],
    ['large', ['a', 'b', 'c'].map((name) => site(name, FROM, { spec: 'x'.repeat(3_000_000) })), [1, 1, 1]],
  ])('is asked in portions when there are %s objects', async (_, objects, portions) => {
    const { calls, convert } = converter(success)
    const result = await convert(...objects)
    expect(result.map(({ metadata }) => metadata.name)).toEqual(objects.map(({ metadata }) => metadata.name))
    expect(calls.map(({ body }) => (body as Json).request.objects.length)).toEqual(portions)
  })

  it.each([
    [' \n', undefined],
    ['certificates', Buffer.from('certificates').toString('base64')],
  ])('is trusted by its certificates unless they are blank: %j', async (text, expected) => {
    const { calls, convert } = converter(success, { caBundle: Buffer.from(text).toString('base64') })
    await convert(site('a'))
    expect(calls[0]?.config.caBundle).toBe(expected)
  })
})

describe('an answer', () => {
  const one = 'conversion webhook for example.com/v1, Kind=Site'
  const several = 'conversion webhook for example.com/v2, Kind=SiteList'

  it.each<[unknown, string]>([
    [null, 'expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got /, Kind='],
    [
      { apiVersion: 'v1', kind: 'Pod' },
      'expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got /v1, Kind=Pod',
    ],
    [{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview' }, 'no response provided'],
    [
      { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response: { uid: 'other' } },
      'got "other"',
    ],
  ])('%j is none', async (answer, expected) => {
    const { convert } = converter(() => answer)
    const message = await problem(convert(site('a')))
    expect(message.startsWith(`${one} failed: `)).toBe(true)
    expect(message.endsWith(expected)).toBe(true)
  })

  it('in v1beta1 need not say what it answers', async () => {
    const { convert } = converter((review) => ({ response: { ...success(review).response, uid: 'other' } }), {
      versions: ['v1beta1'],
    })
    expect(await convert(site('a'))).toEqual([site('a', TO)])
  })

  it('that does not come is said to be missing in the words of who has asked', async () => {
    const { convert } = converter(() => {
      throw new Error('Post "https://hook.example.com": EOF')
    })
    expect(await problem(convert(site('a')))).toBe(`${one} failed: Post "https://hook.example.com": EOF`)
  })

  const meta = (change: object) => (each: Json) => ({ ...each, metadata: { ...each.metadata, ...change } })

  it.each<[string, (object: Json) => unknown, one: string, several: string]>([
    ['no object', () => null, 'object at index 0', 'converted object at index 0'],
    ['another kind', (each) => ({ ...each, kind: 'X' }), 'object at index 0', 'converted object at index 0'],
    ['another namespace', meta({ namespace: 'x' }), 'object', 'converted object at index 0'],
    ['another uid', meta({ uid: 'x' }), 'object', 'converted object at index 0'],
    ['labels that are none', meta({ labels: [] }), 'metadata', 'metadata in object at index 0'],
    ['invalid labels', meta({ labels: { 'a b': 'c' } }), 'metadata', 'metadata in object at index 0'],
    ['invalid annotations', meta({ annotations: { '': 'c' } }), 'metadata', 'metadata in object at index 0'],
  ])('is refused with %s', async (_, change, alone, inList) => {
    const { convert } = converter((review) => success(review, change))
    expect(await problem(convert(site('a')))).toContain(`${one} returned invalid ${alone}: `)
    expect(await problem(convert(site('a'), site('b')))).toContain(`${several} returned invalid ${inList}: `)
  })

  it('leaves metadata as it was, but for labels and annotations', async () => {
    const old = site('a', FROM, {
      metadata: { ...site('a').metadata, labels: { a: '1', b: '2' }, finalizers: ['x/y'], generation: 3 },
    })
    const change = { labels: { a: '1', c: 'x' }, annotations: { c: '3' }, finalizers: [], generation: 9 }
    const { convert } = converter((review) => success(review, meta(change)))
    const [result] = await convert(old)
    expect(result?.metadata).toEqual({
      ...site('a').metadata,
      finalizers: ['x/y'],
      generation: 3,
      labels: { a: '1', c: 'x' },
      annotations: { c: '3' },
    })
  })

  it('does not look at labels that it has not changed, which may be older than a rule', async () => {
    const old = site('a', FROM, { metadata: { ...site('a').metadata, labels: { 'not a label': 'x' } } })
    const { convert } = converter(success)
    expect((await convert(old))[0]?.metadata).toEqual(old.metadata)
  })
})

describe('what is counted', () => {
  const broken = () => {
    throw new Error('EOF')
  }
  const fewer = (review: Json) => {
    const { response, ...rest } = success(review)
    return { ...rest, response: { ...response, convertedObjects: [] } }
  }

  it.each<[string, (review: Json) => unknown, string, string]>([
    ['a success', success, '', ''],
    ['no answer', broken, 'call_failure', 'call_failure'],
    ['garbage', () => 7, 'malformed_response_failure', 'malformed_response_failure'],
    ['too few objects', fewer, 'no_objects_returned_failure', 'partial_response_failure'],
    [
      'other objects',
      (review) => success(review, (each) => ({ ...each, kind: 'X' })),
      'invalid_converted_object_failure',
      'invalid_converted_object_failure',
    ],
  ])('is %s', async (_, answer, alone, inList) => {
    for (const [objects, failure] of [
      [[site('a')], alone],
      [[site('a'), site('b')], inList],
    ] as const) {
      const { convert, registry } = converter(answer)
      await convert(...objects).catch(() => {})
      const result = failure === '' ? 'success' : `failure failure_type=conversion_webhook_${failure}`
      for (const name of ['request_total', 'duration_seconds'])
        expect(await metricValues(registry, `apiserver_conversion_webhook_${name}`)).toEqual([
          `result=${result}: 1`,
        ])
      expect(await metricValues(registry, 'apiserver_crd_conversion_webhook_duration_seconds')).toEqual([
        `crd_name=sites.example.com from_version=v1 to_version=v2 succeeded=${failure === ''}: 1`,
      ])
    }
  })
})
