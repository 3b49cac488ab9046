import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import {
  createOrUpdate,
  isAlreadyExists,
  isConflict,
  isInvalid,
  isNotFound,
  RestMapper,
  retryOnConflict,
} from '../../../src/kube/index.ts'
import { STORAGES, TestControlPlane } from '../../support/control-plane.ts'
import { CONFIG_MAPS, type ConfigMap, clientOf, makeNamespace, stopClients } from './clients.ts'

const DEPLOYMENTS = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true } as const

interface Deployment extends KubeObject {
  readonly spec?: object
  readonly status?: object
}

const namespace = 'verbs'
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )

describe.each(STORAGES)('the verbs of a resource, of a control plane (%s)', (storage) => {
  let server: TestControlPlane
  beforeAll(async () => {
    server = await TestControlPlane.start(storage)
    await makeNamespace(clientOf(server), namespace)
    await stopClients()
  })
  afterEach(stopClients)
  afterAll(() => server.close())

  const configMaps = () => clientOf(server).resource<ConfigMap>(CONFIG_MAPS)

  it('create, read, update and delete', async () => {
    const resource = configMaps()
    const key = { namespace, name: 'life' }
    const created = await resource.create({ metadata: key, data: { a: '1' } })
    expect(created).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data: { a: '1' } })
    expect(await resource.get(key)).toEqual(created)
    const again = await rejection(resource.create({ metadata: key }))
    expect(isAlreadyExists(again)).toBe(true)
    expect(isConflict(again)).toBe(false)

    const updated = await resource.update({ ...created, data: { a: '2' } })
    expect(updated.metadata.uid).toBe(created.metadata.uid)
    expect(Number(updated.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion))
    expect(isConflict(await rejection(resource.update({ ...created, data: { a: '3' } })))).toBe(true)
    const overwritten = await resource.update({ metadata: key, data: { a: '4' } })
    expect(overwritten.data).toEqual({ a: '4' })

    const preconditions = { uid: 'another' }
    expect(isConflict(await rejection(resource.delete(key, { preconditions })))).toBe(true)
    expect(await resource.delete(key)).toMatchObject({ kind: 'Status', status: 'Success' })
    expect(await resource.find(key)).toBeUndefined()
    expect(isNotFound(await rejection(resource.delete(key)))).toBe(true)
  })

  it('says field by field what is wrong', async () => {
    const error = await rejection(
      configMaps().create({ metadata: { namespace, name: 'Not a name' }, data: { 'a/b': 'x' } }),
    )
    expect(isInvalid(error)).toBe(true)
    expect(error).toMatchObject({
      causes: [{ field: 'metadata.name' }, { field: 'data[a/b]' }],
    })
  })

  it('tries without leaving a trace', async () => {
    const key = { namespace, name: 'dry' }
    const created = await configMaps().create({ metadata: key }, { dryRun: true })
    expect(created.metadata).toMatchObject({ name: 'dry', uid: expect.any(String) })
    expect(await configMaps().find(key)).toBeUndefined()
  })

  it.each([
    ['merge', { data: { a: null, b: '2' } }, { b: '2', c: '3' }],
    ['strategic', { data: { a: null, b: '2' } }, { b: '2', c: '3' }],
    ['strategic', { data: { $patch: 'replace', z: '1' } }, { z: '1' }],
    [
      'json',
      [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'move', from: '/data/a', path: '/data/d' },
      ],
      { d: '1', c: '3' },
    ],
  ] as const)('patches (%s)', async (type, body, data) => {
    const resource = configMaps()
    const { metadata } = await resource.create({
      metadata: { namespace, generateName: 'patched-' },
      data: { a: '1', c: '3' },
    })
    const key = { namespace, name: metadata.name as string }
    const patched = await resource.patch(key, { type, body } as Parameters<typeof resource.patch>[1])
    expect(patched.data).toEqual(data)
    expect(await resource.get(key)).toEqual(patched)
  })

  it('merges lists by their keys, where the kind has some', async () => {
    const deployments = clientOf(server).resource<Deployment>(DEPLOYMENTS)
    const key = { namespace, name: 'web' }
    const container = (name: string) => ({ name, image: `${name}:1` })
    await deployments.create({
      metadata: key,
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [container('a'), container('b')] },
        },
      },
    })
    const body = { spec: { template: { spec: { containers: [{ name: 'b', image: 'b:2' }] } } } }
    const patched = await deployments.patch(key, { type: 'strategic', body })
    expect(patched).toMatchObject({
      metadata: { generation: 2 },
      spec: { template: { spec: { containers: [{ image: 'a:1' }, { image: 'b:2' }] } } },
    })
    const withStatus = await deployments.patchStatus(key, {
      type: 'merge',
      body: { status: { replicas: 3 } },
    })
    expect(withStatus).toMatchObject({ metadata: { generation: 2 }, status: { replicas: 3 } })

    const scale = await deployments.getScale(key)
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 1 } })
    await deployments.updateScale(key, { ...scale, spec: { replicas: 5 } })
    expect(await deployments.get(key)).toMatchObject({ spec: { replicas: 5 }, metadata: { generation: 3 } })
  })

  it('applies, and says whose a field is', async () => {
    const resource = configMaps()
    const object = (data: Record<string, string>) =>
      ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'shared' }, data }) as const
    await resource.apply(object({ a: '1', b: '1' }), { fieldManager: 'one' })
    const error = await rejection(resource.apply(object({ b: '2' }), { fieldManager: 'two' }))
    expect(isConflict(error)).toBe(true)
    expect(error).toMatchObject({ causes: [{ reason: 'FieldManagerConflict', field: '.data.b' }] })

    const forced = await resource.apply(object({ b: '2' }), { fieldManager: 'two', force: true })
    expect(forced.data).toEqual({ a: '1', b: '2' })
    const less = await resource.apply(object({}), { fieldManager: 'one' })
    expect(less.data).toEqual({ b: '2' })
    const same = await resource.apply(object({}), { fieldManager: 'one' })
    expect(same.metadata.resourceVersion).toBe(less.metadata.resourceVersion)
  })

  it('lists in pages of one state, whatever is written meanwhile', async () => {
    const client = clientOf(server)
    await makeNamespace(client, 'pages')
    const resource = client.resource<ConfigMap>(CONFIG_MAPS)
    const names = Array.from({ length: 53 }, (_, index) => `object-${String(index).padStart(3, '0')}`)
    await Promise.all(
      names.map((name, index) =>
        resource.create({ metadata: { namespace: 'pages', name, labels: { odd: String(index % 2 === 1) } } }),
      ),
    )
    const seen: (string | undefined)[] = []
    const versions = new Set<string | undefined>()
    for await (const { items, metadata } of resource.pages({ namespace: 'pages', limit: 10 })) {
      seen.push(...items.map((item) => item.metadata.name))
      versions.add(metadata.resourceVersion)
      expect(items.every(({ kind }) => kind === 'ConfigMap')).toBe(true)
      await resource.delete({ namespace: 'pages', name: names[seen.length - 1] as string })
      await resource.create({ metadata: { namespace: 'pages', name: `late-${seen.length}` } })
    }
    expect(seen).toEqual(names)
    expect(versions.size).toBe(1)

    const odd = await resource.listAll({ namespace: 'pages', labelSelector: 'odd=true', limit: 7 })
    expect(odd.items.length).toBeGreaterThan(20)
    const one = await resource.list({ fieldSelector: 'metadata.name=object-001' })
    expect(one.items.map(({ metadata }) => metadata.namespace)).toEqual(['pages'])

    await resource.deleteCollection({ namespace: 'pages', labelSelector: 'odd in (true,false)' })
    const left = await resource.listAll({ namespace: 'pages' })
    expect(left.items.every(({ metadata }) => metadata.name?.startsWith('late-'))).toBe(true)
  })

  it('creates or updates one object from many sides, without losing a change', async () => {
    const resource = configMaps()
    const key = { namespace, name: 'counted' }
    const count = () =>
      retryOnConflict(
        () =>
          createOrUpdate(resource, key, (existing) => ({
            ...(existing ?? { metadata: key }),
            data: { count: String(Number(existing?.data?.count ?? 0) + 1) },
          })),
        { attempts: 100 },
      )
    await resource.create({ metadata: key })
    await Promise.all(Array.from({ length: 8 }, count))
    expect((await resource.get(key)).data).toEqual({ count: '8' })
  })

  it('finds the resource of every kind', async () => {
    const mapper = new RestMapper(clientOf(server))
    expect(await mapper.definitionOf('v1', 'ConfigMap')).toEqual(CONFIG_MAPS)
    expect(await mapper.definitionOf('apps/v1', 'Deployment')).toEqual(DEPLOYMENTS)
    expect(await rejection(mapper.definitionOf('v1', 'Nothing'))).toMatchObject({
      message: expect.stringContaining('Nothing'),
    })
  })
})
