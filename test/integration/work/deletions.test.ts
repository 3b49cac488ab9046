import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { AppliedManifestResource } from '../../../src/apis/work/v1.ts'
import { silentLogger } from '../../../src/common/log.ts'
import { KubeClient } from '../../../src/kube/index.ts'
import { deleteAppliedResources } from '../../../src/work/agent/applied-resources.ts'
import type { ManifestObject } from '../../../src/work/agent/manifest-object.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { AgentLife } from './agent-life.ts'
import { CONFIG_MAPS } from './work-bench.ts'

const PATH = '/api/v1/namespaces/default/configmaps'
const ownerOf = (work: string) => ({
  apiVersion: 'work.open-cluster-management.io/v1',
  kind: 'AppliedManifestWork',
  name: `hash-${work}`,
  uid: `uid-${work}`,
})

let server: TestControlPlane
let client: KubeClient
let life: AgentLife

beforeAll(async () => {
  server = await TestControlPlane.start()
  life = new AgentLife()
  const { url, tls } = server
  client = new KubeClient(
    { readAccess: async () => ({ server: url, tls }), transport: life.transport(tls) },
    { qps: -1 },
  )
})
afterAll(async () => {
  await client.stop()
  await server.close()
})
afterEach(() => {
  life.requests.length = 0
})

const maps = () => client.resource<ManifestObject>(CONFIG_MAPS)
const make = async (name: string, metadata: object = {}) => {
  const object = await maps().create({
    metadata: { namespace: 'default', name, ownerReferences: [ownerOf('a')], ...metadata },
  })
  life.requests.length = 0
  return object
}
const change = async (name: string, body: object) => {
  const object = await maps().patch({ namespace: 'default', name }, { type: 'merge', body })
  life.requests.length = 0
  return object
}
const listed = ({ metadata }: ManifestObject): AppliedManifestResource => ({
  group: '',
  version: 'v1',
  resource: 'configmaps',
  namespace: 'default',
  name: metadata.name ?? '',
  uid: metadata.uid ?? '',
})

/** Deletes an object for work `a`, which has seen it as `seen` last. */
async function deleted(object: ManifestObject, seen: ManifestObject | undefined) {
  const { pending, failed } = await deleteAppliedResources(
    { client, log: silentLogger, watches: { lastSeen: () => seen } },
    [listed(object)],
    { owner: ownerOf('a'), signal: new AbortController().signal },
  )
  expect(failed).toEqual([])
  const verbs = life.requests.map((each) => each.replace(`${PATH}/`, ''))
  return { isPending: pending.length > 0, verbs }
}

const exists = async (name: string) => (await maps().find({ namespace: 'default', name })) !== undefined

it('deletes what has been seen as it is with one request', async () => {
  const object = await make('seen')
  expect(await deleted(object, object)).toEqual({ isPending: false, verbs: ['DELETE seen'] })
  expect(await exists('seen')).toBe(false)
})

it('reads what has not been seen', async () => {
  const object = await make('unseen')
  expect(await deleted(object, undefined)).toEqual({
    isPending: false,
    verbs: ['GET unseen', 'DELETE unseen'],
  })
})

it('reads what has changed since', async () => {
  const object = await make('changed')
  await change('changed', { data: { a: '1' } })
  expect(await deleted(object, object)).toEqual({
    isPending: false,
    verbs: ['DELETE changed', 'GET changed', 'DELETE changed'],
  })
})

it('leaves what another work has made its own since', async () => {
  const object = await make('shared')
  await change('shared', { metadata: { ownerReferences: [ownerOf('a'), ownerOf('b')] } })
  expect((await deleted(object, object)).isPending).toBe(false)
  const { metadata } = await maps().get({ namespace: 'default', name: 'shared' })
  expect(metadata.ownerReferences).toEqual([ownerOf('b')])
})

it('leaves what was made anew by somebody else', async () => {
  const object = await make('anew')
  await maps().delete({ namespace: 'default', name: 'anew' })
  await make('anew', { ownerReferences: [] })
  expect((await deleted(object, object)).isPending).toBe(false)
  expect(await exists('anew')).toBe(true)
})

it('does not ask for what it sees on its way out', async () => {
  const object = await make('held', { finalizers: ['example.com/hold'] })
  expect(await deleted(object, object)).toEqual({ isPending: true, verbs: ['DELETE held'] })
  const leaving = await change('held', { data: { a: '1' } })
  expect(await deleted(object, leaving)).toEqual({ isPending: true, verbs: [] })
})
