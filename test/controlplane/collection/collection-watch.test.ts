import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type Collection,
  type Selection,
  type Watch,
  type WatchOptions,
  watchCollection,
} from '../../../src/controlplane/collection/index.ts'
import type { KubeObject } from '../../../src/controlplane/registry/index.ts'
import { ConfigMaps, EVERYWHERE, IN_REC, labelled } from './fixture.ts'

let maps: ConfigMaps
let frames: string[]
let objects: KubeObject[]

beforeEach(async () => {
  maps = await ConfigMaps.open()
  frames = []
  objects = []
})
afterEach(() => maps.store.close())

function watch(options: Partial<WatchOptions> = {}, selection?: Selection, collection = IN_REC): Watch {
  return watchCollection(
    {
      store: maps.store,
      emit: ({ type, object: given }) => {
        const object = (Buffer.isBuffer(given) ? JSON.parse(given.toString()) : given) as KubeObject
        objects.push(object)
        frames.push([type, object.metadata.name, object.metadata.resourceVersion].filter(Boolean).join(' '))
      },
    },
    collection as Collection,
    { resourceVersion: undefined, sendInitialEvents: false, allowBookmarks: false, ...options },
    selection,
  )
}

describe('a watch', () => {
  it('begins behind the version that is given', async () => {
    await maps.put('a')
    await maps.put('b')
    const { stop } = watch({ resourceVersion: 1 })
    await maps.put('b', 'x')
    await maps.put('e', 'x', 'other')
    await maps.remove('a')
    stop()
    await maps.put('late')
    expect(frames).toEqual(['ADDED b 2', 'MODIFIED b 3', 'DELETED a 5'])
  })

  it('begins with all there is when that is wanted', async () => {
    await maps.put('b')
    await maps.put('a')
    watch({ sendInitialEvents: true })
    await maps.put('c')
    expect(frames).toEqual(['ADDED a 2', 'ADDED b 1', 'ADDED c 3'])
  })

  it.each([undefined, 0])(
    'begins with what comes when nothing else is wanted, of version %s',
    async (resourceVersion) => {
      await maps.put('before')
      watch({ resourceVersion, sendInitialEvents: false, allowBookmarks: true })
      await maps.put('after')
      expect(frames).toEqual(['ADDED after 2'])
    },
  )

  it('does not look at objects of other names when it is about one', async () => {
    const looked: unknown[] = []
    const selection: Selection = ({ metadata }) => looked.push(metadata.name) > 0
    const { stop } = watch({ resourceVersion: 1, name: 'b' }, selection)
    await maps.put('a')
    await maps.put('b')
    await maps.put('ab')
    await maps.put('b', 'x')
    stop()
    expect(frames).toEqual(['ADDED b 2', 'MODIFIED b 4'])
    expect(new Set(looked)).toEqual(new Set(['b']))
  })

  it('does not look at objects of other names when it begins with all there is of one', async () => {
    for (const name of ['a', 'b', 'c']) await maps.put(name)
    const looked: unknown[] = []
    const selection: Selection = ({ metadata }) => looked.push(metadata.name) > 0
    watch({ name: 'b', sendInitialEvents: true, allowBookmarks: true }, selection)
    expect(frames).toEqual(['ADDED b 2', 'BOOKMARK 3'])
    expect(looked).toEqual(['b'])
  })

  it('says where all there is ends', async () => {
    await maps.put('a')
    watch({ sendInitialEvents: true, allowBookmarks: true, resourceVersion: 1 })
    await maps.put('b')
    expect(frames).toEqual(['ADDED a 1', 'BOOKMARK 1', 'ADDED b 2'])
    expect(objects[1]).toEqual({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { resourceVersion: '1', annotations: { 'k8s.io/initial-events-end': 'true' } },
    })
  })

  it('says up to where nothing was missed, also where others have changed something', async () => {
    const seen = watch({ resourceVersion: 0, allowBookmarks: true })
    await maps.put('a', undefined, 'other')
    seen.bookmark()
    watch().bookmark()
    expect(frames).toEqual(['BOOKMARK 1'])
  })

  it('goes across all namespaces', async () => {
    watch({}, undefined, EVERYWHERE)
    await maps.put('a')
    await maps.put('a', undefined, 'other')
    expect(frames).toEqual(['ADDED a 1', 'ADDED a 2'])
  })

  it('shows a client its selection: what comes in is added, what leaves is deleted', async () => {
    await maps.put('stranger', '2')
    watch({}, labelled('1'))
    await maps.put('leave', '1')
    await maps.put('stranger', '3')
    await maps.put('leave', '1')
    await maps.put('leave', '2')
    await maps.remove('leave')
    await maps.put('stranger', '1')
    await maps.remove('stranger')
    expect(frames).toEqual([
      'ADDED leave 2',
      'MODIFIED leave 4',
      'DELETED leave 5',
      'ADDED stranger 7',
      'DELETED stranger 8',
    ])
    expect(objects[2]?.metadata.labels).toEqual({ in: '1' }) // as the client knew it
  })

  it('cannot begin before what is remembered', async () => {
    await maps.put('a')
    await maps.put('a', 'x')
    await maps.forget()
    expect(() => watch({ resourceVersion: 1 })).toThrow(
      expect.objectContaining({ reason: 'Expired', message: 'too old resource version: 1 (2)' }),
    )
  })
})
