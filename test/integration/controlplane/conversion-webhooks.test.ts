import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebhookServer } from '../../controlplane/admission/webhook-server.ts'
import type { ApiReply, Json } from '../../support/api-client.ts'
import { takeFrames, type WatchFrame, watchFrames } from '../../support/api-watch.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'

const GROUP = 'hosts.example.com'
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'
/** Of the one field that is called otherwise in each version. */
const FIELDS: Json = { v1alpha1: 'host', v1beta1: 'hostName' }

let server: TestControlPlane
let hook: WebhookServer
let asked: Json[]
/** What the webhook answers; by default it does what it is asked for. */
let answer: (review: Json) => unknown

const at = (version: string, name = '') =>
  `/apis/${GROUP}/${version}/namespaces/default/sites${name && `/${name}`}`

function convert(object: Json, apiVersion: string): Json {
  const [from, to] = [object.apiVersion, apiVersion].map((each) => FIELDS[each.split('/')[1]])
  const { [from]: value, ...spec } = object.spec ?? {}
  return { ...object, apiVersion, spec: { ...spec, ...(value === undefined ? {} : { [to]: value }) } }
}

function converted({ request: { objects, desiredAPIVersion } }: Json): Json {
  return {
    result: { status: 'Success' },
    convertedObjects: objects.map((each: Json) => convert(each, desiredAPIVersion)),
  }
}

function definition(storage: string): Json {
  const version = (name: string) => ({
    name,
    served: true,
    storage: name === storage,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: {
            type: 'object',
            required: [FIELDS[name]],
            properties: {
              [FIELDS[name]]: { type: 'string', maxLength: 20 },
              size: { type: 'integer', default: 1 },
            },
          },
        },
      },
    },
    selectableFields: [{ jsonPath: `.spec.${FIELDS[name]}` }],
    additionalPrinterColumns: [{ name: 'Where', type: 'string', jsonPath: `.spec.${FIELDS[name]}` }],
  })
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `sites.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { plural: 'sites', singular: 'site', kind: 'Site', listKind: 'SiteList' },
      versions: ['v1alpha1', 'v1beta1'].map(version),
      conversion: {
        strategy: 'Webhook',
        webhook: {
          clientConfig: hook.on('/convert', (review) => answer(review)),
          conversionReviewVersions: ['v1'],
        },
      },
    },
  }
}

function site(version: string, name: string, host: string, labels: Json = {}): Json {
  return {
    apiVersion: `${GROUP}/${version}`,
    kind: 'Site',
    metadata: { name, labels },
    spec: { [FIELDS[version]]: host },
  }
}

const create = (version: string, ...rest: [name: string, host: string, labels?: Json]) =>
  server.admin.post(at(version), site(version, ...rest))
const list = async (version: string, query = '') => (await server.admin.get(`${at(version)}?${query}`)).json
const specs = ({ items }: Json) => items.map(({ apiVersion, spec }: Json) => [apiVersion.split('/')[1], spec])
const names = ({ items }: Json) => items.map(({ metadata }: Json) => metadata.name)

beforeAll(async () => {
  hook = await WebhookServer.start()
})
afterAll(() => hook.stop())
beforeEach(async () => {
  asked = []
  answer = (review) => {
    asked.push(review.request)
    return converted(review)
  }
  server = await TestControlPlane.start()
  await server.admin.post(DEFINITIONS, definition('v1beta1'))
  await until(async () => (await server.admin.get(at('v1alpha1'))).status === 200, 'the definition is served')
})
afterEach(() => server.close())

describe('an object in two versions', () => {
  it('is written and read in both', async () => {
    expect((await create('v1alpha1', 'a', 'one')).json).toMatchObject({
      apiVersion: `${GROUP}/v1alpha1`,
      spec: { host: 'one', size: 1 },
    })
    expect((await create('v1beta1', 'b', 'two')).status).toBe(201)
    expect(specs(await list('v1alpha1'))).toEqual([
      ['v1alpha1', { host: 'one', size: 1 }],
      ['v1alpha1', { host: 'two', size: 1 }],
    ])
    asked.length = 0
    expect(specs(await list('v1beta1'))).toEqual([
      ['v1beta1', { hostName: 'one', size: 1 }],
      ['v1beta1', { hostName: 'two', size: 1 }],
    ])
    expect(asked).toEqual([])
    expect((await server.admin.get(at('v1alpha1', 'b'))).json.spec).toEqual({ host: 'two', size: 1 })
  })

  it('is asked about once for a list', async () => {
    for (const name of ['a', 'b', 'c']) await create('v1beta1', name, name)
    asked.length = 0
    await list('v1alpha1')
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      desiredAPIVersion: `${GROUP}/v1alpha1`,
      objects: [{ spec: { hostName: 'a' } }, { spec: { hostName: 'b' } }, { spec: { hostName: 'c' } }],
    })
  })

  it('is checked in the version in which it is written', async () => {
    const missing = { ...site('v1alpha1', 'a', 'x'), spec: {} }
    const { status, json } = await server.admin.request({
      method: 'POST',
      path: at('v1alpha1'),
      body: missing,
    })
    expect([status, json.message]).toEqual([
      422,
      'Site.hosts.example.com "a" is invalid: spec.host: Required value',
    ])
  })

  it('is updated, patched, applied and deleted', async () => {
    const { json: created } = await create('v1beta1', 'a', 'one')
    const old = (await server.admin.get(at('v1alpha1', 'a'))).json
    const updated = await server.admin.request({
      method: 'PUT',
      path: at('v1alpha1', 'a'),
      body: { ...old, spec: { host: 'two' } },
    })
    expect(updated.json).toMatchObject({ metadata: { generation: 2 }, spec: { host: 'two' } })
    expect((await server.admin.get(at('v1beta1', 'a'))).json).toMatchObject({
      metadata: { uid: created.metadata.uid, generation: 2 },
      spec: { hostName: 'two' },
    })
    const patch = (contentType: string, body: Json, query = '') =>
      server.admin.request({
        method: 'PATCH',
        path: at('v1alpha1', 'a') + query,
        headers: { 'content-type': contentType },
        body,
      })
    expect((await patch('application/merge-patch+json', { spec: { host: 'three' } })).json.spec.host).toBe(
      'three',
    )
    const config = { ...site('v1alpha1', 'a', 'four'), metadata: { name: 'a' } }
    const apply = () => patch('application/apply-patch+yaml', config, '?fieldManager=me&force=true')
    expect((await apply()).json.spec.host).toBe('four')
    const before = (await server.admin.get(at('v1beta1', 'a'))).json
    expect(before.spec.hostName).toBe('four')
    expect((await apply()).json.metadata.resourceVersion).toBe(before.metadata.resourceVersion)
    expect((await server.admin.delete(at('v1alpha1', 'a'))).json.status).toBe('Success')
    expect((await server.admin.get(at('v1beta1', 'a'))).status).toBe(404)
  })

  it('is selected by what the client sees, page by page', async () => {
    answer = (review) => {
      const response = converted(review)
      for (const { metadata, apiVersion } of response.convertedObjects)
        metadata.labels = { ...metadata.labels, seen: apiVersion.split('/')[1] }
      return response
    }
    for (const name of ['a', 'b', 'c', 'd']) await create('v1beta1', name, name < 'c' ? 'x' : 'y')
    expect(names(await list('v1alpha1', 'fieldSelector=spec.host=x'))).toEqual(['a', 'b'])
    expect(names(await list('v1beta1', 'fieldSelector=spec.hostName=y'))).toEqual(['c', 'd'])
    expect(names(await list('v1alpha1', 'labelSelector=seen=v1alpha1'))).toEqual(['a', 'b', 'c', 'd'])
    expect(names(await list('v1beta1', 'labelSelector=seen'))).toEqual([])
    const first = await list('v1alpha1', 'fieldSelector=spec.host=y&limit=1')
    expect(names(first)).toEqual(['c'])
    const rest = await list(
      'v1alpha1',
      `fieldSelector=spec.host=y&limit=1&continue=${first.metadata.continue}`,
    )
    expect(names(rest)).toEqual(['d'])
    await server.admin.delete(`${at('v1alpha1')}?fieldSelector=spec.host=x`)
    expect(names(await list('v1beta1'))).toEqual(['c', 'd'])
  })

  it('is shown in a table', async () => {
    await create('v1beta1', 'a', 'one')
    const { rows } = (await server.admin.get(at('v1alpha1'), { accept: TABLE })).json
    expect(rows[0].cells).toEqual(['a', 'one'])
  })

  it('is converted that was kept before another version was to be kept', async () => {
    await create('v1beta1', 'a', 'one')
    const path = `${DEFINITIONS}/sites.${GROUP}`
    const { metadata } = (await server.admin.get(path)).json
    const { resourceVersion } = metadata
    const other = definition('v1alpha1')
    const body = { ...other, metadata: { ...other.metadata, resourceVersion } }
    expect((await server.admin.request({ method: 'PUT', path, body })).status).toBe(200)
    await until(
      async () => (await server.admin.get(path)).json.status.storedVersions.length === 2,
      'both are stored',
    )
    await create('v1beta1', 'b', 'two')
    expect(specs(await list('v1alpha1'))).toEqual([
      ['v1alpha1', { host: 'one', size: 1 }],
      ['v1alpha1', { host: 'two', size: 1 }],
    ])
    asked.length = 0
    expect(specs(await list('v1beta1'))).toEqual([
      ['v1beta1', { hostName: 'one', size: 1 }],
      ['v1beta1', { hostName: 'two', size: 1 }],
    ])
    expect(asked.map(({ objects }) => objects.length)).toEqual([1])
  })
})

describe('an admission webhook for one version', () => {
  it('is shown objects of the other version in its own, and what it changes is kept', async () => {
    const seen: Json[] = []
    const clientConfig = hook.on('/admit', ({ request }) => {
      seen.push(request.object)
      const patch = JSON.stringify([{ op: 'replace', path: '/spec/host', value: 'changed' }])
      return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(patch).toString('base64') }
    })
    await server.admin.post('/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'hosts' },
      webhooks: [
        {
          name: 'hosts.example.com',
          clientConfig,
          rules: [
            { operations: ['CREATE'], apiGroups: [GROUP], apiVersions: ['v1alpha1'], resources: ['sites'] },
          ],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    })
    const { json } = await create('v1beta1', 'a', 'x')
    expect(seen).toMatchObject([{ apiVersion: `${GROUP}/v1alpha1`, spec: { host: 'x', size: 1 } }])
    expect(json).toMatchObject({ apiVersion: `${GROUP}/v1beta1`, spec: { hostName: 'changed', size: 1 } })
  })
})

it('is judged by a policy for the other version, which sees it in that one', async () => {
  const registration = '/apis/admissionregistration.k8s.io/v1'
  const apiVersion = 'admissionregistration.k8s.io/v1'
  const rule = {
    operations: ['CREATE', 'UPDATE'],
    apiGroups: [GROUP],
    apiVersions: ['v1alpha1'],
    resources: ['sites'],
  }
  await server.admin.post(`${registration}/validatingadmissionpolicies`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'hosts' },
    spec: {
      matchConstraints: { matchPolicy: 'Equivalent', resourceRules: [rule] },
      validations: [
        {
          expression: 'object.spec.host != "bad" && (oldObject == null || oldObject.spec.host != "kept")',
          message: 'not that one',
        },
      ],
    },
  })
  await server.admin.post(`${registration}/validatingadmissionpolicybindings`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'hosts' },
    spec: { policyName: 'hosts', validationActions: ['Deny'] },
  })
  const message = expect.stringMatching(/denied request: not that one$/)
  expect((await create('v1beta1', 'a', 'bad')).json).toMatchObject({ code: 422, message })
  const made = await create('v1beta1', 'a', 'kept')
  expect(made.status).toBe(201)
  const body = JSON.stringify({ ...made.json, spec: { hostName: 'good' } })
  const update = await server.admin.request({ method: 'PUT', path: at('v1beta1', 'a'), body })
  expect(update.json).toMatchObject({ code: 422, message })
})

describe('a watch', () => {
  const watch = async (version: string, query = '') =>
    watchFrames(await server.admin.open({ path: `${at(version)}?watch=true&${query}` }))
  const told = (frames: WatchFrame[]) =>
    frames.map(({ type, object }) => [type, object.metadata.name, object.spec])

  it('tells of changes in the version that is watched, in order', async () => {
    await create('v1beta1', 'a', 'one')
    const frames = await watch('v1alpha1')
    await create('v1beta1', 'b', 'two')
    await create('v1alpha1', 'c', 'three')
    await server.admin.delete(at('v1beta1', 'a'))
    expect(told(await takeFrames(frames, 4))).toEqual([
      ['ADDED', 'a', { host: 'one', size: 1 }],
      ['ADDED', 'b', { host: 'two', size: 1 }],
      ['ADDED', 'c', { host: 'three', size: 1 }],
      ['DELETED', 'a', { host: 'one', size: 1 }],
    ])
    await frames.return()
  })

  it('tells what comes into a selection and leaves it', async () => {
    const frames = await watch('v1alpha1', 'fieldSelector=spec.host=x')
    const set = (hostName: string) => server.admin.patch(at('v1beta1', 'a'), { spec: { hostName } })
    await create('v1beta1', 'other', 'y')
    await create('v1beta1', 'a', 'x')
    await server.admin.patch(at('v1beta1', 'a'), { spec: { size: 2 } })
    const { resourceVersion } = (await set('y')).json.metadata
    await set('x')
    await server.admin.delete(at('v1beta1', 'a'))
    const all = await takeFrames(frames, 5)
    expect(told(all)).toEqual([
      ['ADDED', 'a', { host: 'x', size: 1 }],
      ['MODIFIED', 'a', { host: 'x', size: 2 }],
      ['DELETED', 'a', { host: 'x', size: 2 }],
      ['ADDED', 'a', { host: 'x', size: 2 }],
      ['DELETED', 'a', { host: 'x', size: 2 }],
    ])
    expect(all[2]?.object.metadata.resourceVersion).toBe(resourceVersion)
    await frames.return()
  })

  it('lets nothing pass what is still being converted', async () => {
    const frames = await watch('v1alpha1')
    const go: (() => void)[] = []
    let isFirst = true
    answer = async (review) => {
      if (isFirst) {
        isFirst = false
        await new Promise<void>((resolve) => go.push(resolve))
      }
      return converted(review)
    }
    await create('v1beta1', 'a', 'one')
    await until(() => go.length === 1, 'the webhook is asked')
    await create('v1beta1', 'b', 'two')
    go[0]?.()
    expect((await takeFrames(frames, 2)).map(({ object }) => object.metadata.name)).toEqual(['a', 'b'])
    await frames.return()
  })

  it('ends when its objects cannot be converted', async () => {
    const frames = await watch('v1alpha1')
    answer = () => ({ result: { status: 'Failed', message: 'no way' } })
    await create('v1beta1', 'a', 'one')
    const [frame, more] = await takeFrames(frames, 2)
    expect(frame).toMatchObject({
      type: 'ERROR',
      object: {
        kind: 'Status',
        code: 500,
        reason: 'InternalError',
        message: 'conversion webhook for hosts.example.com/v1beta1, Kind=Site failed: no way',
      },
    })
    expect(more).toBeUndefined()
  })
})

describe('a webhook that does not convert', () => {
  const failure = ({ status, json }: ApiReply) => [status, json.reason, json.message]
  const subject = 'conversion webhook for hosts.example.com/v1beta1, Kind=Site'
  const inList = 'conversion webhook for hosts.example.com/v1alpha1, Kind=SiteList'
  const changing = (change: (object: Json) => void) => (review: Json) => {
    const response = converted(review)
    response.convertedObjects.forEach(change)
    return response
  }

  it.each<[string, (review: Json) => unknown, one: string, several: string]>([
    [
      'because it says so',
      () => ({ result: { status: 'Failed', message: 'too old' } }),
      `${subject} failed: too old`,
      `${inList} failed: too old`,
    ],
    [
      'and does not say why',
      () => ({ result: { status: 'Failed' } }),
      `${subject} failed: response.result.status was 'Failed', not 'Success'`,
      `${inList} failed: response.result.status was 'Failed', not 'Success'`,
    ],
    [
      'but gives nothing back',
      (review) => ({ ...converted(review), convertedObjects: [] }),
      `${subject} returned 0 objects, expected 1`,
      `${inList} returned 0 objects, expected 2`,
    ],
    [
      'but gives another version back',
      (review) => ({ ...converted(review), convertedObjects: review.request.objects }),
      `${subject} returned invalid object at index 0: invalid groupVersion (expected ${GROUP}/v1alpha1, received ${GROUP}/v1beta1)`,
      `${inList} returned invalid converted object at index 0: invalid groupVersion (expected ${GROUP}/v1alpha1, received ${GROUP}/v1beta1)`,
    ],
    [
      'but renames',
      changing((object) => {
        object.metadata.name = 'evil'
      }),
      `${subject} returned invalid object: must have the same name: a != evil`,
      `${inList} returned invalid converted object at index 0: must have the same name: a != evil`,
    ],
    [
      'but spoils labels',
      changing((object) => {
        object.metadata.labels = { a: 1 }
      }),
      `${subject} returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object`,
      `${inList} returned invalid metadata in object at index 0: metadata.labels[a] must be a string, but is int64 in converted object`,
    ],
  ])('%s', async (_, wrong, one, several) => {
    await create('v1beta1', 'a', 'x')
    await create('v1beta1', 'b', 'x')
    answer = wrong
    expect(failure(await server.admin.get(at('v1alpha1', 'a')))).toEqual([500, 'InternalError', one])
    expect(failure(await server.admin.get(at('v1alpha1')))).toEqual([500, 'InternalError', several])
    expect((await list('v1beta1')).items).toHaveLength(2)
  })

  it('may change no metadata but labels and annotations', async () => {
    answer = changing((object) => {
      object.metadata = { ...object.metadata, finalizers: ['a/b'], annotations: { by: 'hook' } }
    })
    await create('v1beta1', 'a', 'x')
    const { metadata } = (await server.admin.get(at('v1alpha1', 'a'))).json
    expect(metadata.finalizers).toBeUndefined()
    expect(metadata.annotations).toEqual({ by: 'hook' })
  })

  it('refuses what would be written', async () => {
    answer = () => ({ result: { status: 'Failed', message: 'never' } })
    expect(failure(await create('v1alpha1', 'a', 'x'))).toEqual([
      500,
      'InternalError',
      'conversion webhook for hosts.example.com/v1alpha1, Kind=Site failed: never',
    ])
    expect((await list('v1beta1')).items).toEqual([])
  })

  it('answers something else than JSON', async () => {
    await create('v1beta1', 'a', 'x')
    const clientConfig = hook.on('/garbage', (_, __, response) => void response.end('<html>'))
    await server.admin.patch(`${DEFINITIONS}/sites.${GROUP}`, {
      spec: { conversion: { webhook: { clientConfig } } },
    })
    const expected = `${subject} failed: couldn't get version/kind; json parse error: `
    await until(
      async () => (await server.admin.get(at('v1alpha1', 'a'))).json.message?.startsWith(expected),
      'the other webhook is asked',
    )
  })

  it('is not there', async () => {
    await create('v1beta1', 'a', 'x')
    const path = `${DEFINITIONS}/sites.${GROUP}`
    const webhook = { clientConfig: { url: 'https://127.0.0.1:1/convert' } }
    await server.admin.patch(path, { spec: { conversion: { webhook } } })
    const expected = `${subject} failed: Post "https://127.0.0.1:1/convert?timeout=30s": dial tcp 127.0.0.1:1: connect: connection refused`
    await until(
      async () => (await server.admin.get(at('v1alpha1', 'a'))).json.message === expected,
      'the other webhook is asked',
    )
  })
})
