import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takeFrames, type WatchFrame, watchFrames } from '../../support/api-watch.ts'
import { STORAGES, TestControlPlane } from '../../support/control-plane.ts'
import { type ConfigMaps, configMapsIn, revisionOf } from './config-maps.ts'

const WRITERS = 8
const ROUNDS = 15

describe.each(STORAGES)('a watch (%s)', (storage) => {
  let server: TestControlPlane
  let maps: ConfigMaps
  beforeAll(async () => {
    server = await TestControlPlane.start(storage)
    maps = await configMapsIn(server.admin, 'watched')
  })
  afterAll(() => server.close())

  const watch = async (query: string) =>
    watchFrames(await server.admin.open({ path: `${maps.path}?watch=true&${query}` }))
  const revision = async () => revisionOf((await server.admin.get(maps.path)).json)

  it('tells every change once and in order, wherever it begins', async () => {
    const begin = await revision()
    const live = await watch(`resourceVersion=${begin}`)
    const written: number[] = []
    const writer = async (_: unknown, index: number) => {
      for (let round = 0; round < ROUNDS; round++) {
        const name = `w-${index}-${round}`
        written.push(revisionOf(await maps.create(name)))
        written.push(revisionOf((await server.admin.patch(maps.at(name), { data: { round: 'x' } })).json))
        if (round % 3 === 0) await server.admin.delete(maps.at(name))
      }
    }
    await Promise.all(Array.from({ length: WRITERS }, writer))

    const deleted = WRITERS * Math.ceil(ROUNDS / 3)
    const frames = await takeFrames(live, written.length + deleted)
    const revisions = frames.map(({ object }) => revisionOf(object))
    expect(revisions).toEqual([...new Set(revisions)].sort((one, other) => one - other))
    expect(frames.filter(({ type }) => type !== 'DELETED').map(({ object }) => revisionOf(object))).toEqual(
      written.sort((one, other) => one - other),
    )

    const names = new Set<string>()
    for (const { type, object } of frames)
      if (type === 'DELETED') names.delete(object.metadata.name)
      else names.add(object.metadata.name)
    const { items } = (await server.admin.get(maps.path)).json
    expect(items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([...names].sort())

    for (const from of [0, 1, Math.floor(frames.length / 2), frames.length - 2]) {
      const late = await watch(`resourceVersion=${revisions[from]}`)
      expect(await takeFrames(late, frames.length - from - 1)).toEqual(frames.slice(from + 1))
      await late.return()
    }
    await live.return()
  })

  it('begins with all there is, and says where that ends', async () => {
    const { items, metadata } = (await server.admin.get(maps.path)).json
    const frames = await watch(
      'sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan',
    )
    const initial = await takeFrames(frames, items.length + 1)
    const end = initial.pop() as WatchFrame
    expect(initial.map(({ type, object }) => [type, object.metadata.name])).toEqual(
      items.map((item: { metadata: { name: string } }) => ['ADDED', item.metadata.name]),
    )
    expect(end).toEqual({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: {
          resourceVersion: metadata.resourceVersion,
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      },
    })
    await maps.create('after-the-end')
    expect(await takeFrames(frames, 1)).toMatchObject([{ type: 'ADDED' }])
    await frames.return()
  })

  it('says by a bookmark where all there is ends, also when it was not asked to begin with it', async () => {
    const { items } = (await server.admin.get(maps.path)).json
    const frames = await watch('allowWatchBookmarks=true&resourceVersion=0')
    const [end] = (await takeFrames(frames, items.length + 1)).slice(-1)
    expect(end?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    await frames.return()
  })

  it('begins with all there is of a version that is still to come', async () => {
    const next = (await revision()) + 1
    const begun = watch(
      `sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=${next}&fieldSelector=metadata.name%3Dcomes`,
    )
    await maps.create('comes')
    const frames = await begun
    expect(await takeFrames(frames, 2)).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'comes', resourceVersion: String(next) } } },
      { type: 'BOOKMARK', object: { metadata: { resourceVersion: String(next) } } },
    ])
    await frames.return()
  })

  it('says that a version does not come, and ends', async () => {
    const frames = await watch(
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=999999999',
    )
    expect(await takeFrames(frames, 2)).toEqual([
      {
        type: 'ERROR',
        object: {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: expect.stringMatching(/^Timeout: Too large resource version: 999999999, current: \d+$/),
          reason: 'Timeout',
          details: {
            causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
            retryAfterSeconds: 1,
          },
          code: 504,
        },
      },
    ])
  })

  it('tells of objects that come into a selection and leave it', async () => {
    const frames = await watch(`resourceVersion=${await revision()}&labelSelector=in%3Dyes`)
    await maps.create('mover')
    const label = (value: string | null) =>
      server.admin.patch(maps.at('mover'), { metadata: { labels: { in: value } } })
    await label('yes')
    await server.admin.patch(maps.at('mover'), { data: { a: '1' } })
    const left = (await label('no')).json
    await label('yes')
    await server.admin.delete(maps.at('mover'))
    const seen = await takeFrames(frames, 5)
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED', 'DELETED'])
    // As the client knew it, at the version that took it away.
    expect(seen[2]?.object.metadata).toMatchObject({
      labels: { in: 'yes' },
      resourceVersion: left.metadata.resourceVersion,
    })
    await frames.return()
  })

  it('ends by itself after timeoutSeconds', async () => {
    const frames = await watch(`timeoutSeconds=1&resourceVersion=${await revision()}`)
    expect(await takeFrames(frames, 1)).toEqual([])
  })

  it('is had by the paths of old, too', async () => {
    await maps.create('old')
    const path = maps.path.replace('/v1/', '/v1/watch/')
    const frames = watchFrames(await server.admin.open({ path: `${path}/old?allowWatchBookmarks=true` }))
    await maps.create('other-than-old')
    await server.admin.delete(maps.at('old'))
    const seen = await takeFrames(frames, 3)
    expect(seen.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ['ADDED', 'old'],
      ['BOOKMARK', undefined],
      ['DELETED', 'old'],
    ])
    await frames.return()
    expect((await server.admin.post(path, {})).status).toBe(405)
  })

  it('watches one object by its name', async () => {
    await maps.create('one')
    const frames = await watch('fieldSelector=metadata.name%3Done')
    await maps.create('other')
    await server.admin.delete(maps.at('one'))
    const seen = await takeFrames(frames, 2)
    expect(seen.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ['ADDED', 'one'],
      ['DELETED', 'one'],
    ])
    await frames.return()
  })
})
