import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type Change,
  type Item,
  type ItemEvent,
  type Journal,
  MemoryJournal,
  ObjectStore,
  objectKey,
  RevisionGoneError,
  SqliteJournal,
} from '../../../src/controlplane/storage/index.ts'

const key = (name: string, namespace = 'ns') => objectKey('configmaps', namespace, name)
const names = (items: readonly Item[]) => items.map((item) => item.key.split('/').at(-1))
const text = (item: Item | undefined) => item?.value.toString()

function put(store: ObjectStore, name: string, value: string, namespace = 'ns'): Promise<Item> {
  return store.write(key(name, namespace), () => ({ encode: () => Buffer.from(value) })) as Promise<Item>
}

function remove(store: ObjectStore, name: string): Promise<Item | undefined> {
  return store.write(
    key(name),
    (current) =>
      current && { encode: (revision) => Buffer.from(`${current.value}@${revision}`), deleted: true },
  )
}

const shown = ({ item, deleted, previous }: ItemEvent) =>
  `${item.revision} ${deleted ? 'deleted' : previous ? 'modified' : 'added'} ${names([item])} ${text(item)}`

/** Refuses the next appends. */
class FailingJournal extends MemoryJournal {
  failures = 0

  override async append(changes: readonly Change[]): Promise<void> {
    if (this.failures-- > 0) throw new Error('no room')
    await super.append(changes)
  }
}

describe.each(['memory', 'sqlite'] as const)('objects in %s', (kind) => {
  let directory: string
  let memory: Journal
  let store: ObjectStore
  let now = 0

  const open = (maxBytes?: number) =>
    ObjectStore.open(
      kind === 'memory' ? memory : new SqliteJournal({ file: path.join(directory, 'store.db') }),
      {
        now: () => now,
        retentionMs: 1_000,
        ...(maxBytes === undefined ? {} : { maxBytes }),
      },
    )
  const reopen = async () => {
    await store.close()
    store = await open()
  }

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'object-store-'))
    memory = new MemoryJournal()
    now = 0
    store = await open()
  })
  afterEach(async () => {
    await store.close()
    await rm(directory, { recursive: true })
  })

  it('are read back as they were written, with the revision of their change', async () => {
    const written = await store.write(key('a'), () => ({
      encode: (revision) => Buffer.from(`at ${revision}`),
    }))
    expect(text(written)).toBe('at 1')
    expect(store.get(key('a'))).toEqual(written)
    expect(store.revision).toBe(1)
    expect(store.get(key('b'))).toBeUndefined()
  })

  it('are changed by one writer at a time, each of whom sees what the one before has made', async () => {
    const add = (current: Item | undefined) => ({
      encode: () => Buffer.from(String(Number(current?.value ?? 0) + 1)),
    })
    await Promise.all(Array.from({ length: 50 }, () => store.write(key('counter'), add)))
    expect(text(store.get(key('counter')))).toBe('50')
    expect(store.revision).toBe(50)
  })

  it('stay as they are when the writer wants nothing, or throws', async () => {
    await put(store, 'a', 'one')
    expect(await store.write(key('a'), () => undefined)).toEqual(store.get(key('a')))
    const refusal = new Error('stale')
    await expect(
      store.write(key('a'), () => {
        throw refusal
      }),
    ).rejects.toBe(refusal)
    expect(await put(store, 'a', 'two')).toMatchObject({ revision: 2 })
  })

  it('are listed in the order of namespace and name, in parts', async () => {
    for (const [namespace, name] of [
      ['b', 'x'],
      ['a', 'z'],
      ['a', 'y'],
      ['a-b', 'w'],
      ['a', 'y.z'],
    ])
      await put(store, name as string, '', namespace)
    expect(names(store.list('configmaps').items)).toEqual(['w', 'y', 'y.z', 'z', 'x'])
    expect(names(store.list('configmaps', { namespace: 'a' }).items)).toEqual(['y', 'y.z', 'z'])
    const first = store.list('configmaps', { namespace: 'a', limit: 2 })
    expect([names(first.items), first.remaining, first.revision]).toEqual([['y', 'y.z'], 1, 5])
    const after = first.items.at(-1)?.key as string
    const second = store.list('configmaps', { namespace: 'a', limit: 2, after, revision: first.revision })
    expect([names(second.items), second.remaining]).toEqual([['z'], 0])
    expect(store.list('secrets').items).toEqual([])
  })

  it('are listed as they were, too', async () => {
    await put(store, 'a', 'one')
    await put(store, 'b', 'one')
    const { revision } = store
    await put(store, 'a', 'two')
    await remove(store, 'b')
    await put(store, 'c', 'one')
    expect(names(store.list('configmaps').items)).toEqual(['a', 'c'])
    const then = store.list('configmaps', { revision })
    expect(then.items.map(text)).toEqual(['one', 'one'])
    expect(names(store.list('configmaps', { revision, limit: 1 }).items)).toEqual(['a'])
    expect(store.list('configmaps', { revision, limit: 1 }).remaining).toBe(1)
  })

  it('are watched without a gap and without a repetition', async () => {
    await put(store, 'a', 'one')
    await put(store, 'b', 'one')
    const seen: string[] = []
    const stop = store.watch('configmaps', 1, (events) => seen.push(...events.map(shown)))
    await store.write(objectKey('secrets', 'ns', 'other'), () => ({ encode: () => Buffer.from('') }))
    await Promise.all([put(store, 'a', 'two'), put(store, 'c', 'one')])
    await remove(store, 'a')
    stop()
    await put(store, 'd', 'one')
    expect(seen).toEqual(['2 added b one', '4 modified a two', '5 added c one', '6 deleted a two@6'])
  })

  it('are watched from a revision that is still to come', async () => {
    const seen: string[] = []
    store.watch('configmaps', 2, (events) => seen.push(...events.map(shown)))
    for (const name of ['a', 'b', 'c']) await put(store, name, '')
    expect(seen).toEqual(['3 added c '])
  })

  it('are all there after a restart, with their history', async () => {
    await put(store, 'a', 'one')
    await put(store, 'b', 'one')
    await put(store, 'a', 'two')
    await remove(store, 'b')
    await reopen()
    expect(store.revision).toBe(4)
    expect(names(store.list('configmaps').items)).toEqual(['a'])
    const seen: string[] = []
    store.watch('configmaps', 1, (events) => seen.push(...events.map(shown)))
    expect(seen).toEqual(['2 added b one', '3 modified a two', '4 deleted b one@4'])
    expect(names(store.list('configmaps', { revision: 2 }).items)).toEqual(['a', 'b'])
    expect(await put(store, 'c', '')).toMatchObject({ revision: 5 })
  })

  it('lose their history after a while, and nothing else', async () => {
    await put(store, 'a', 'one')
    await put(store, 'a', 'two')
    await put(store, 'b', 'one')
    await remove(store, 'b')
    now = 500
    await put(store, 'c', 'one')
    now = 1_200
    await store.compact()
    expect(store.oldestRevision).toBe(4)
    expect(() => store.list('configmaps', { revision: 3 })).toThrow(RevisionGoneError)
    expect(() => store.watch('configmaps', 3, () => {})).toThrow(RevisionGoneError)
    expect(names(store.list('configmaps', { revision: 4 }).items)).toEqual(['a'])
    await reopen()
    expect(names(store.list('configmaps').items)).toEqual(['a', 'c'])
    expect(() => store.watch('configmaps', 3, () => {})).toThrow(RevisionGoneError)
    expect(store.oldestRevision).toBe(4)
  })

  it('keep counting where they were, also when the last change was a deletion that is forgotten', async () => {
    await put(store, 'a', 'one')
    await remove(store, 'a')
    now = 2_000
    await store.compact()
    await reopen()
    expect(store.revision).toBe(2)
    expect(await put(store, 'a', 'again')).toMatchObject({ revision: 3 })
  })

  it('keep counting behind a forgotten deletion, whatever older objects there are', async () => {
    await put(store, 'a', 'one')
    await put(store, 'b', 'one')
    await remove(store, 'b')
    now = 2_000
    await store.compact()
    await reopen()
    expect([store.revision, names(store.list('configmaps').items)]).toEqual([3, ['a']])
    expect(await put(store, 'a', 'two')).toMatchObject({ revision: 4 })
  })

  it('remember no more than they may', async () => {
    await store.close()
    store = await open(1_000)
    for (let count = 0; count < 20; count++) await put(store, 'a', 'x'.repeat(100))
    await store.compact()
    expect(store.oldestRevision).toBeGreaterThan(14)
    expect(store.oldestRevision).toBeLessThan(20)
  })

  it('cannot be written once they are closed', async () => {
    const last = put(store, 'a', 'one')
    await store.close()
    expect(await last).toMatchObject({ revision: 1 })
    await expect(put(store, 'b', 'one')).rejects.toMatchObject({ code: 'ERR_STORAGE_CLOSED' })
    store = await open()
  })

  it('are at every revision what a plain model says', async () => {
    const anyWrite = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), deletes: fc.boolean() })
    const property = fc.asyncProperty(fc.array(anyWrite, { maxLength: 30 }), async (writes) => {
      const tested = await ObjectStore.open(new MemoryJournal())
      const model = new Map<string, string>()
      const states = [new Map(model)]
      for (const [index, { name, deletes }] of writes.entries()) {
        if (deletes && !model.has(name)) continue
        if (deletes) model.delete(name)
        else model.set(name, String(index))
        states.push(new Map(model))
        await (deletes ? remove(tested, name) : put(tested, name, String(index)))
      }
      for (const [revision, state] of states.entries()) {
        const { items } = tested.list('configmaps', { revision })
        expect(items.map((item) => [names([item])[0], text(item)])).toEqual([...state].sort())
      }
      await tested.close()
    })
    await fc.assert(property, { numRuns: 50 })
  })
})

describe('a journal that cannot take a change', () => {
  it('fails those writes, and nobody sees them', async () => {
    const journal = new FailingJournal()
    const store = await ObjectStore.open(journal)
    const seen: string[] = []
    store.watch('configmaps', 0, (events) => seen.push(...events.map(shown)))
    await put(store, 'a', 'one')
    journal.failures = 1
    await expect(put(store, 'a', 'two')).rejects.toThrow('no room')
    expect(text(store.get(key('a')))).toBe('one')
    await put(store, 'a', 'three')
    expect(seen).toEqual(['1 added a one', '3 modified a three'])
    await store.close()
  })
})
