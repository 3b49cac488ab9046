import { afterEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/controlplane/api/json.ts'
import { compileDefinition } from '../../../src/controlplane/custom/index.ts'
import {
  decodeItem,
  type KubeObject,
  ObjectRegistry,
  type Strategy,
  withMeta,
} from '../../../src/controlplane/registry/index.ts'
import { MemoryJournal, ObjectStore } from '../../../src/controlplane/storage/index.ts'
import { KindWriter } from './kind-writer.ts'

const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } }
const deployment = { metadata: { name: 'a' }, spec: { selector: { matchLabels: { a: 'b' } }, template } }
const slice = { metadata: { name: 'a' }, addressType: 'IPv4', endpoints: [] }

describe('what is counted as a change', () => {
  let opened: { close(): Promise<void> }
  afterEach(() => opened.close())

  it.each<[string, JsonObject, JsonObject, number, subresource?: string]>([
    ['deployments.apps', deployment, { spec: { replicas: 2 } }, 2],
    ['deployments.apps', deployment, { metadata: { annotations: { a: 'b' } } }, 2],
    ['deployments.apps', deployment, { metadata: { annotations: {} } }, 1],
    ['deployments.apps', deployment, { metadata: { labels: { a: 'b' } } }, 1],
    ['deployments.apps', deployment, { metadata: { annotations: { a: 'b' } } }, 1, 'status'],
    ['deployments.apps', deployment, { status: { replicas: 1 } }, 1, 'status'],
    ['replicasets.apps', deployment, { metadata: { annotations: { a: 'b' } } }, 1],
    ['endpointslices.discovery.k8s.io', slice, { endpoints: [{ addresses: ['10.0.0.1'] }] }, 2],
    ['endpointslices.discovery.k8s.io', slice, { metadata: { labels: { a: 'b' } } }, 2],
    ['endpointslices.discovery.k8s.io', slice, { metadata: { annotations: { a: 'b' } } }, 1],
  ])('%s: %j with %j', async (key, object, patch, generation, subresource) => {
    const writer = await KindWriter.open(key)
    opened = writer
    expect(await writer.create(object)).toMatchObject({ metadata: { generation: 1 } })
    const updated = await writer.merge('a', patch, subresource)
    expect(updated).toMatchObject({ metadata: { generation } })
  })

  const custom = (hasStatus: boolean) => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'sites.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Cluster',
        names: { plural: 'sites', kind: 'Site' },
        versions: [
          { name: 'v1', served: true, storage: true, subresources: hasStatus ? { status: {} } : {} },
        ],
      },
    }
    const version = compileDefinition(definition as unknown as KubeObject).get('v1')
    if (!version) throw new Error('the definition has no v1')
    return version
  }

  it.each<[string, boolean, 'main' | 'status', JsonObject, number]>([
    ['a status that is no subresource', false, 'main', { status: { ready: true } }, 2],
    ['a spec', false, 'main', { spec: { size: 2 } }, 2],
    ['a spec beside a status', true, 'main', { spec: { size: 2 }, status: { ready: true } }, 2],
    ['a status that cannot be written so', true, 'main', { status: { ready: true } }, 1],
    ['a status that is a subresource', true, 'status', { status: { ready: true } }, 1],
    ['labels', false, 'main', { metadata: { labels: { a: 'b' } } }, 1],
  ])('of custom objects: %s', async (_, hasStatus, part, { metadata = {}, ...changes }, generation) => {
    const store = await ObjectStore.open(new MemoryJournal())
    opened = store
    const { type, statusStrategy } = custom(hasStatus)
    const registry = new ObjectRegistry({ store })
    const object = { apiVersion: 'example.com/v1', kind: 'Site', metadata: { name: 'a' }, spec: { size: 1 } }
    await registry.create(type, object)
    const strategy = part === 'status' ? (statusStrategy as Strategy) : type.strategy
    const item = await registry.update({ ...type, strategy }, { namespace: '', name: 'a' }, (old) => ({
      ...withMeta(old, metadata as object),
      ...changes,
    }))
    expect(decodeItem(item).metadata.generation).toBe(generation)
  })
})
