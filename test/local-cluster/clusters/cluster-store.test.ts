import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  addressRanges,
  ClusterStore,
  DeletedClusterError,
  findRun,
  RangeLease,
  stopRun,
  untilFolderIsLost,
  untilReady,
  verifyClusterName,
  writeRun,
} from '../../../src/local-cluster/clusters/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'

let folder: string
let store: ClusterStore
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'clusters-'))
  store = new ClusterStore(path.join(folder, 'clusters'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the clusters of a machine', () => {
  it('have ports and addresses of their own, made at once or one after another', async () => {
    const names = ['a', 'b', 'c', 'd']
    const made = await Promise.all(names.map((name) => store.create(name, { port: 0 })))
    expect(new Set(made.map(({ facts }) => facts.slot)).size).toBe(names.length)
    expect((await store.list()).map(({ facts }) => facts.name)).toEqual(names)
    expect(await store.get('b')).toEqual(made[1])
  })

  it('have the first free addresses from a place on that is said', async () => {
    const slotFrom = async (firstSlot: number, name: string) =>
      (await new ClusterStore(store.folder, { firstSlot }).create(name, { port: 0 })).facts.slot
    expect(await slotFrom(40, 'a')).toBeGreaterThanOrEqual(40)
    await slotFrom(63, 'b')
    expect(await slotFrom(63, 'c')).toBeLessThan(63) // there is none after the last one
  })

  it('are none where the folder is not there', async () => {
    expect(await store.list()).toEqual([])
    await expect(store.get('hub')).rejects.toThrow(`no cluster "hub" in ${store.folder}: there are none`)
  })

  it('can be removed, and their place taken by another', async () => {
    const { facts } = await store.create('a', { port: 27_001 })
    await store.remove('a')
    expect((await store.create('b', { port: 0 })).facts.slot).toBe(facts.slot)
  })

  it('are told from other folders, and from broken ones', async () => {
    await mkdir(path.join(store.folder, 'other'), { recursive: true })
    expect(await store.list()).toEqual([])
    const whole = { name: 'other', port: 6443, slot: 3, mergedInto: ['config'], images: { web: ['nginx'] } }
    for (const text of [
      '{',
      'null',
      '{"name":"other"}',
      ...[
        { name: 'x' },
        { port: 0 },
        { slot: -1 },
        { slot: 64 },
        { mergedInto: 'x' },
        { images: { web: 5 } },
      ].map((odd) => JSON.stringify({ ...whole, ...odd })),
    ]) {
      await writeFile(path.join(store.folder, 'other', 'cluster.json'), text)
      expect([await store.list(), await store.listDamaged()], text).toEqual([[], ['other']])
      await expect(store.get('other')).rejects.toThrow('cluster-proxy local-cluster delete other')
    }
    await writeFile(path.join(store.folder, 'other', 'cluster.json'), JSON.stringify(whole))
    expect((await store.list()).map(({ facts }) => facts)).toEqual([whole])
  })

  // Else whoever deletes a copy takes the original's context out of kubeconfigs.
  it('have contexts of their own, and no copy has them', async () => {
    const { facts, folder: original } = await store.create('hub', { port: 0 })
    await store.update({ ...facts, mergedInto: ['config'] })
    const copies = new ClusterStore(path.join(folder, 'copies'))
    await cp(original, copies.folderOf('hub'), { recursive: true })
    expect((await copies.get('hub')).facts).toEqual({ ...facts, mergedInto: [] })
    expect((await store.get('hub')).facts.mergedInto).toEqual(['config'])
    await store.remove('hub') // then the other has the place of it
    expect((await copies.get('hub')).facts.mergedInto).toEqual(['config'])
  })

  it('are not there any more for those who wait for one that is deleted', async () => {
    await store.create('hub', { port: 0 })
    const waiting: Promise<unknown>[] = []
    await store.withLock('hub', async () => {
      waiting.push(store.withLock('hub', async () => 'not reached').catch((error) => error))
      await store.remove('hub')
    })
    expect(await Promise.all(waiting)).toEqual([new DeletedClusterError('cluster hub was deleted meanwhile')])
    expect(await store.find('hub')).toBeUndefined()
  })

  it('can be deleted when the disk is full, as nothing is written for it', async () => {
    await store.create('hub', { port: 0 })
    await store.withLock('hub', async () => {
      expect((await readdir(store.folder)).toSorted()).toEqual(['.hub.lock', '.lock', 'hub'])
      expect((await stat(path.join(store.folder, '.hub.lock'))).size).toBe(0)
    })
  })

  it('are made once, however many make them', async () => {
    const [one, ...others] = await Promise.all([1, 2, 3].map(() => store.create('same', { port: 0 })))
    for (const other of others) expect(other).toEqual(one)
    expect(await store.list()).toEqual([one])
  })

  it('are not made in a folder that cannot be', async () => {
    await expect(new ClusterStore('/proc/nope').create('a', { port: 0 })).rejects.toThrow(
      "cannot use /proc/nope: ENOENT: no such file or directory, mkdir '/proc/nope'; give a --data-dir",
    )
  })

  it.each(['', 'A', '-a', 'a-', 'a.b', '../a', 'a'.repeat(41)])('cannot be called %j', (name) => {
    expect(() => verifyClusterName(name)).toThrow("cannot be a cluster's name")
  })
})

describe('address ranges', () => {
  it('are held by one cluster at a time', async () => {
    const ranges = addressRanges(61)
    expect(ranges).toEqual({ pods: '127.125.0.0/16', services: '127.189.0.0/16', node: '127.125.0.1' })
    const lease = await RangeLease.take(ranges)
    await expect(RangeLease.take(ranges)).rejects.toThrow('the address range 127.125.0.0/16 is taken')
    lease.release()
    const next = await RangeLease.take(ranges)
    next.release()
  })
})

describe('the process of a cluster', () => {
  it('is found by its pid and start, and no other process is taken for it', async () => {
    expect(await findRun(folder)).toBeUndefined()
    await writeRun(folder, { isReady: true })
    expect(await findRun(folder)).toMatchObject({ pid: process.pid })
    await writeFile(path.join(folder, 'run.json'), JSON.stringify({ pid: process.pid, startedAt: '1' }))
    expect(await findRun(folder)).toBeUndefined()
    expect(await stopRun(folder, 1)).toBe(false)
  })

  it.each([
    ['removed', () => rm(folder, { recursive: true }), /^\/.* has been removed: this process ends/],
    [
      'taken over',
      () => writeRun(folder, { pid: process.ppid, isReady: true }),
      /belongs to process \d+ now/,
    ],
  ])('knows when its folder has been %s', async (_how, lose, message) => {
    const clock = new ManualClock()
    const nextLook = async () => clock.advance(await clock.asleep())
    await writeRun(folder, { isReady: true })
    const lost = untilFolderIsLost(folder, clock, new AbortController().signal)
    await nextLook()
    await writeFile(path.join(folder, 'run.json'), 'unreadable, which may be temporary')
    await nextLook()
    await clock.asleep()
    await lose()
    await nextLook()
    expect((await lost).message).toMatch(message)
  })

  // Else whoever deletes a copy ends the original.
  it('is not the one of a copy of its folder', async () => {
    const [cluster, copy] = [path.join(folder, 'cluster'), path.join(folder, 'copy')]
    await mkdir(cluster)
    await writeRun(cluster, { isReady: true })
    await cp(cluster, copy, { recursive: true })
    expect(await findRun(copy)).toBeUndefined()
    expect(await stopRun(copy, 1)).toBe(false)
    expect(await findRun(cluster)).toMatchObject({ pid: process.pid })
  })

  it('stays the one of its folder behind a link, and where that is moved', async () => {
    const [cluster, link, place] = ['cluster', 'link', 'place'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ]
    await mkdir(cluster)
    await symlink('cluster', link)
    await writeRun(link, { isReady: true })
    expect(await findRun(cluster)).toMatchObject({ pid: process.pid })
    expect(await findRun(link)).toMatchObject({ pid: process.pid })
    await rename(cluster, place)
    expect(await findRun(place)).toMatchObject({ pid: process.pid })
  })

  it('is found, and ready, where an earlier version has written of it', async () => {
    await writeRun(folder, { isReady: false })
    const file = path.join(folder, 'run.json')
    const { pid, startedAt } = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ pid, startedAt }))
    expect(await findRun(folder)).toEqual({ pid, startedAt, isReady: true })
    for (const text of ['null', '{}', '7', '{"pid":1}', '[']) {
      await writeFile(file, text)
      expect(await findRun(folder), text).toBeUndefined()
    }
  })

  it('is waited for until all in it is ready, or it is gone, or nobody waits any more', async () => {
    const { signal } = new AbortController()
    await writeRun(folder, { isReady: false })
    const ready = untilReady(folder, signal)
    await expect(untilReady(folder, AbortSignal.timeout(1))).rejects.toThrow('aborted due to timeout')
    await writeRun(folder, { isReady: true })
    expect(await ready).toBe(true)
    await writeRun(folder, { isReady: false })
    const gone = untilReady(folder, signal)
    await rm(path.join(folder, 'run.json'))
    expect(await gone).toBe(false)
  })

  it('is not written where there is no room, and the file is named', async () => {
    await expect(writeRun(path.join(folder, 'none'), { isReady: false })).rejects.toThrow(
      /^cannot write \S+\/none\/run\.json: ENOENT/,
    )
  })

  it('is asked to end, and waited for', async () => {
    const module = new URL('../../../src/local-cluster/clusters/index.ts', import.meta.url)
    const script = `const { writeRun } = await import('${module}'); await writeRun(${JSON.stringify(folder)}, { isReady: true }); console.log('up'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    const exited = once(child, 'exit')
    expect(await stopRun(folder, 10_000)).toBe(true)
    expect(await exited).toEqual([null, 'SIGTERM'])
    expect(await stopRun(folder, 1)).toBe(false)
  })
})
