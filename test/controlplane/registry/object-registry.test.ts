import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { invalid } from '../../../src/controlplane/api/field-error.ts'
import {
  decodeItem,
  type KubeObject,
  ObjectRegistry,
  type ResourceType,
  type Strategy,
  subdomainProblems,
  withMeta,
} from '../../../src/controlplane/registry/index.ts'
import { MemoryJournal, ObjectStore } from '../../../src/controlplane/storage/index.ts'

const strategy: Strategy = {
  withDefaults: (object) => object,
  countsGenerations: false,
  allowsUnconditionalUpdate: true,
  allowsCreateOnUpdate: false,
  validateName: subdomainProblems,
  prepareForCreate: (object) => object,
  prepareForUpdate: (object) => object,
  validate: () => [],
  validateUpdate: () => [],
}

const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
  strategy,
}

const WIDGETS: ResourceType = {
  group: 'rec.io',
  version: 'v1',
  resource: 'widgets',
  kind: 'Widget',
  namespaced: true,
  strategy: {
    ...strategy,
    countsGenerations: true,
    allowsUnconditionalUpdate: false,
    prepareForUpdate: (object, { status }) => (status === undefined ? object : { ...object, status }),
    validateUpdate: ({ spec }) => (spec === 'bad' ? [invalid('spec', 'bad', 'it is bad')] : []),
  },
}

const START = Date.parse('2026-11-22T11:55:55.700Z')
const A = { namespace: 'rec', name: 'a' }

let now: number
let store: ObjectStore
let registry: ObjectRegistry

/** The registry, its answers decoded. */
const objects = {
  create: async (...args: Parameters<ObjectRegistry['create']>) => decodeItem(await registry.create(...args)),
  update: async (...args: Parameters<ObjectRegistry['update']>) => decodeItem(await registry.update(...args)),
  delete: async (...args: Parameters<ObjectRegistry['delete']>) => {
    const { item, gone } = await registry.delete(...args)
    return { object: decodeItem(item), gone }
  },
}

beforeEach(async () => {
  now = START
  store = await ObjectStore.open(new MemoryJournal())
  registry = new ObjectRegistry({ store }, { now: () => now })
})
afterEach(() => store.close())

function configMap(name: string, rest: object = {}, metadata: object = {}): KubeObject {
  return { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name, namespace: 'rec', ...metadata }, ...rest }
}

function widget(rest: object = {}, metadata: object = {}): KubeObject {
  return { kind: 'Widget', apiVersion: 'rec.io/v1', metadata: { ...A, ...metadata }, ...rest }
}

const failure = (reason: string, message: string) => expect.objectContaining({ reason, message })

describe('creating', () => {
  it('gives an object a uid, a version and a time, in the order of the original', async () => {
    const created = await objects.create(CONFIG_MAPS, configMap('a', { data: { a: '1' } }))
    expect(created).toEqual({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {
        ...A,
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        resourceVersion: '1',
        creationTimestamp: '2026-11-22T11:55:55Z',
      },
      data: { a: '1' },
    })
    expect(registry.get(CONFIG_MAPS, A).value.toString()).toBe(JSON.stringify(created))
    expect(Object.keys(created.metadata)).toEqual([
      'name',
      'namespace',
      'uid',
      'resourceVersion',
      'creationTimestamp',
    ])
  })

  it('makes a name where only its beginning is given', async () => {
    const base = configMap('', {}, { name: undefined, generateName: `${'g'.repeat(70)}-` })
    const { metadata } = await objects.create(CONFIG_MAPS, base)
    expect(metadata.name).toMatch(/^g{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    expect(metadata.generateName).toBe(`${'g'.repeat(70)}-`)
  })

  it('takes nothing from the client that is the server’s', async () => {
    const { metadata } = await objects.create(
      CONFIG_MAPS,
      configMap('a', {}, { uid: 'mine', deletionTimestamp: 'now', generation: 7 }),
    )
    expect(metadata.uid).not.toBe('mine')
    expect(metadata).not.toHaveProperty('deletionTimestamp')
    expect(metadata).not.toHaveProperty('generation')
  })

  it('refuses what is there, what has no name, and a bad name', async () => {
    await objects.create(CONFIG_MAPS, configMap('a'))
    await expect(objects.create(CONFIG_MAPS, configMap('a'))).rejects.toEqual(
      failure('AlreadyExists', 'configmaps "a" already exists'),
    )
    await expect(objects.create(CONFIG_MAPS, configMap(''))).rejects.toEqual(
      failure(
        'Invalid',
        'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
      ),
    )
    await expect(objects.create(CONFIG_MAPS, configMap('Not_Valid!'))).rejects.toEqual(
      failure(
        'Invalid',
        `ConfigMap "Not_Valid!" is invalid: metadata.name: Invalid value: "Not_Valid!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      ),
    )
  })

  it('refuses what has been read from somewhere, and else overlooks the version', async () => {
    const create = (resourceVersion: string, dryRun = false) =>
      objects.create(CONFIG_MAPS, configMap('a', {}, { resourceVersion }), { dryRun })
    const refusal = failure('Unknown', 'resourceVersion should not be set on objects to be created')
    await expect(create('7')).rejects.toEqual(refusal)
    expect((await create('7', true)).metadata.name).toBe('a')
    expect((await create('0')).metadata.resourceVersion).toBe('1')
  })

  it('only pretends when it is a dry run', async () => {
    const created = await objects.create(CONFIG_MAPS, configMap('dry'), { dryRun: true })
    expect(created.metadata).not.toHaveProperty('resourceVersion')
    expect(() => registry.get(CONFIG_MAPS, { ...A, name: 'dry' })).toThrow('configmaps "dry" not found')
  })
})

describe('updating', () => {
  it('changes the version, and nothing that is the server’s', async () => {
    const created = await objects.create(CONFIG_MAPS, configMap('a'))
    now += 5_000
    const updated = await objects.update(CONFIG_MAPS, A, () =>
      configMap('a', { data: { a: '2' } }, { creationTimestamp: 'never' }),
    )
    expect(updated.metadata).toEqual({ ...created.metadata, resourceVersion: '2' })
    expect(updated.data).toEqual({ a: '2' })
  })

  it('writes nothing when nothing has changed', async () => {
    await objects.create(CONFIG_MAPS, configMap('a', { data: { a: '1' } }))
    const same = await objects.update(CONFIG_MAPS, A, () => configMap('a', { data: { a: '1' } }))
    expect(same.metadata.resourceVersion).toBe('1')
    expect(store.revision).toBe(1)
  })

  it('refuses a version that is not the last, and the uid of another', async () => {
    await objects.create(CONFIG_MAPS, configMap('a'))
    await objects.update(CONFIG_MAPS, A, () => configMap('a', { data: { a: '2' } }))
    const stale = objects.update(CONFIG_MAPS, A, () => configMap('a', {}, { resourceVersion: '1' }))
    await expect(stale).rejects.toEqual(
      failure(
        'Conflict',
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
      ),
    )
    const other = objects.update(CONFIG_MAPS, A, () => configMap('a', {}, { uid: 'other' }))
    await expect(other).rejects.toMatchObject({ reason: 'Conflict' })
  })

  it.each(['', '0', '00'])('replaces whatever is there where the version is %j', async (resourceVersion) => {
    await objects.create(CONFIG_MAPS, configMap('a'))
    const updated = await objects.update(CONFIG_MAPS, A, () =>
      configMap('a', { data: { a: '2' } }, { resourceVersion }),
    )
    expect(updated.metadata.resourceVersion).toBe('2')
  })

  it('reads versions as numbers, and refuses what is none, as the original does', async () => {
    await objects.create(CONFIG_MAPS, configMap('a'))
    const update = (resourceVersion: string) =>
      objects.update(CONFIG_MAPS, A, () => configMap('a', {}, { resourceVersion }))
    expect((await update('01')).metadata.resourceVersion).toBe('1')
    await expect(update('x')).rejects.toEqual(
      failure('Unknown', 'strconv.ParseUint: parsing "x": invalid syntax'),
    )
  })

  it('asks again when somebody else was faster', async () => {
    await objects.create(CONFIG_MAPS, configMap('a', { data: { n: 0 } }))
    const increment = () =>
      objects.update(CONFIG_MAPS, A, async (old) => {
        await null
        const { n } = old.data as { n: number }
        return { ...old, metadata: { ...A }, data: { n: n + 1 } }
      })
    await Promise.all(Array.from({ length: 20 }, increment))
    expect(JSON.parse(registry.get(CONFIG_MAPS, A).value.toString()).data).toEqual({ n: 20 })
  })

  it('asks again one after the other, however many write at once', async () => {
    await objects.create(CONFIG_MAPS, configMap('a', { data: {} }))
    let asked = 0
    const write = (_: unknown, n: number) =>
      objects.update(CONFIG_MAPS, A, (old) => {
        asked++
        return { ...old, metadata: { ...A }, data: { ...(old.data as object), [n]: '' } }
      })
    await Promise.all(Array.from({ length: 50 }, write))
    expect(Object.keys(JSON.parse(registry.get(CONFIG_MAPS, A).value.toString()).data)).toHaveLength(50)
    expect(asked).toBeLessThanOrEqual(2 * 50)
  })

  it('counts generations where the resource has them: not for metadata, not for status', async () => {
    await objects.create(WIDGETS, widget({ spec: 1, status: 1 }))
    const update = async (rest: object, metadata: object = {}) => {
      const { resourceVersion } = JSON.parse(registry.get(WIDGETS, A).value.toString()).metadata
      return objects.update(WIDGETS, A, () => widget(rest, { resourceVersion, ...metadata }))
    }
    expect((await update({ spec: 1 }, { labels: { a: 'b' } })).metadata.generation).toBe(1)
    const updated = await update({ spec: 2, status: 9 })
    expect([updated.metadata.generation, updated.status]).toEqual([2, 1])
  })

  it('keeps to the rules of the resource', async () => {
    await objects.create(WIDGETS, widget({ spec: 1 }))
    await expect(objects.update(WIDGETS, A, () => widget({ spec: 2 }))).rejects.toEqual(
      failure(
        'Invalid',
        'Widget.rec.io "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
      ),
    )
    await expect(
      objects.update(WIDGETS, A, () => widget({ spec: 'bad' }, { resourceVersion: '1' })),
    ).rejects.toEqual(
      failure('Invalid', 'Widget.rec.io "a" is invalid: spec: Invalid value: "bad": it is bad'),
    )
  })
})

describe('deleting', () => {
  it('removes what nobody has to finish with', async () => {
    const created = await objects.create(CONFIG_MAPS, configMap('a'))
    expect(await objects.delete(CONFIG_MAPS, A)).toEqual({ object: created, gone: true })
    await expect(objects.delete(CONFIG_MAPS, A)).rejects.toEqual(
      failure('NotFound', 'configmaps "a" not found'),
    )
  })

  it('tells those who watch what was there at the last, with the version of its end', async () => {
    await objects.create(CONFIG_MAPS, configMap('a'))
    const seen: unknown[] = []
    store.watch('configmaps', store.revision, (events) => {
      for (const { item, deleted } of events)
        seen.push([deleted, JSON.parse(item.value.toString()).metadata.resourceVersion])
    })
    await objects.delete(CONFIG_MAPS, A)
    expect(seen).toEqual([[true, '2']])
  })

  it('waits for finalizers, and takes no new ones', async () => {
    await objects.create(CONFIG_MAPS, configMap('a', {}, { finalizers: ['x.io/y'] }))
    const { object, gone } = await objects.delete(CONFIG_MAPS, A)
    expect(gone).toBe(false)
    expect(object.metadata).toMatchObject({
      resourceVersion: '2',
      deletionTimestamp: '2026-11-22T11:55:55Z',
      deletionGracePeriodSeconds: 0,
      finalizers: ['x.io/y'],
    })
    expect(await objects.delete(CONFIG_MAPS, A)).toEqual({ object, gone: false })
    expect(store.revision).toBe(2)

    const added = objects.update(CONFIG_MAPS, A, (old) => withMeta(old, { finalizers: ['x.io/y', 'x.io/z'] }))
    await expect(added).rejects.toMatchObject({
      message: expect.stringContaining('found new finalizers []string{"x.io/z"}'),
    })

    const last = await objects.update(CONFIG_MAPS, A, (old) => withMeta(old, { finalizers: undefined }))
    expect(last.metadata.resourceVersion).toBe('2')
    expect(() => registry.get(CONFIG_MAPS, A)).toThrow('not found')
  })

  it.each([
    ['Foreground', ['x.io/y', 'foregroundDeletion']],
    ['Orphan', ['x.io/y', 'orphan']],
    ['Background', ['x.io/y']],
  ] as const)('leaves dependents to the garbage collector: %s', async (propagationPolicy, finalizers) => {
    await objects.create(CONFIG_MAPS, configMap('a', {}, { finalizers: ['x.io/y'] }))
    const { object } = await objects.delete(CONFIG_MAPS, A, { propagationPolicy })
    expect(object.metadata.finalizers).toEqual(finalizers)
  })

  it('holds to what the client knows of the object', async () => {
    const { metadata } = await objects.create(CONFIG_MAPS, configMap('a'))
    const uid = '11111111-1111-1111-1111-111111111111'
    await expect(objects.delete(CONFIG_MAPS, A, { preconditions: { uid } })).rejects.toEqual(
      failure(
        'Conflict',
        `Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
      ),
    )
    await expect(
      objects.delete(CONFIG_MAPS, A, { preconditions: { resourceVersion: '7' } }),
    ).rejects.toMatchObject({ reason: 'Conflict' })
    await objects.delete(CONFIG_MAPS, A, { preconditions: { uid: metadata.uid, resourceVersion: '1' } })
  })
})

describe('deleting what is given time', () => {
  const PODS: ResourceType = {
    ...CONFIG_MAPS,
    resource: 'pods',
    kind: 'Pod',
    strategy: { ...strategy, deletion: { graceSeconds: (_, requested) => requested ?? 30 } },
  }
  beforeEach(() => registry.create(PODS, configMap('a')))

  it('marks it, and it goes when its time is over', async () => {
    const first = await objects.delete(PODS, A)
    expect(first).toMatchObject({
      gone: false,
      object: { metadata: { deletionTimestamp: '2026-11-22T11:56:25Z', deletionGracePeriodSeconds: 30 } },
    })
    now += 10_000
    expect(await objects.delete(PODS, A)).toEqual(first)
    expect(await objects.update(PODS, A, (old) => ({ ...old, data: 'x' }))).toHaveProperty('data', 'x')
    expect(await objects.delete(PODS, A, { gracePeriodSeconds: 0 })).toMatchObject({ gone: true })
    expect(() => registry.get(PODS, A)).toThrow('not found')
  })

  it('can be made shorter, and not longer', async () => {
    await objects.delete(PODS, A, { gracePeriodSeconds: 20 })
    const longer = await objects.delete(PODS, A, { gracePeriodSeconds: 60 })
    expect(longer.object.metadata.deletionGracePeriodSeconds).toBe(20)
    const shorter = await objects.delete(PODS, A, { gracePeriodSeconds: 5 })
    expect(shorter.object.metadata).toMatchObject({
      deletionTimestamp: '2026-11-22T11:56:00Z',
      deletionGracePeriodSeconds: 5,
    })
  })
})

it('keeps what its kind holds, until it does no more', async () => {
  const type: ResourceType = {
    ...CONFIG_MAPS,
    strategy: {
      ...strategy,
      deletion: {
        begin: (object) => ({ ...object, phase: 'Terminating' }),
        isHeld: ({ held }) => held === true,
      },
    },
  }
  await registry.create(type, configMap('a', { held: true }))
  expect(await objects.delete(type, A)).toMatchObject({ gone: false, object: { phase: 'Terminating' } })
  await registry.update(type, A, (old) => ({ ...old, held: false }))
  expect(() => registry.get(type, A)).toThrow('not found')
})

describe('who has the last word', () => {
  const map = (metadata: object = {}) =>
    ({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: 'a', namespace: 'rec', ...metadata },
    }) as KubeObject
  let asked: KubeObject[]
  const admit = async (object: KubeObject) => {
    asked.push(object)
  }
  const refuse = async () => {
    throw new Error('refused')
  }
  beforeEach(() => {
    asked = []
  })

  it('is asked about what is created as it will be, also of a dry run', async () => {
    const dry = await objects.create(CONFIG_MAPS, map(), { admit, dryRun: true })
    const made = await objects.create(CONFIG_MAPS, map(), { admit })
    expect(asked.map(({ metadata }) => metadata.uid)).toEqual([dry.metadata.uid, made.metadata.uid])
  })

  it('can refuse each write, and then nothing is written', async () => {
    await expect(registry.create(CONFIG_MAPS, map(), { admit: refuse })).rejects.toThrow('refused')
    expect(store.count('configmaps')).toBe(0)
    const made = await registry.create(CONFIG_MAPS, map())
    const change = (old: KubeObject) => withMeta(old, { labels: { a: 'b' } })
    await expect(registry.update(CONFIG_MAPS, A, change, { admit: refuse })).rejects.toThrow('refused')
    await expect(registry.delete(CONFIG_MAPS, A, { admit: refuse })).rejects.toThrow('refused')
    expect(registry.get(CONFIG_MAPS, A)).toEqual(made)
  })

  it('is not asked about what breaks a rule, or is not meant', async () => {
    await expect(registry.create(CONFIG_MAPS, map({ name: 'No!' }), { admit })).rejects.toThrow()
    await registry.create(CONFIG_MAPS, map())
    const update = registry.update(CONFIG_MAPS, A, (old) => withMeta(old, { resourceVersion: '77' }), {
      admit,
    })
    await expect(update).rejects.toThrow()
    await expect(
      registry.delete(CONFIG_MAPS, A, { admit, preconditions: { uid: 'other' } }),
    ).rejects.toThrow()
    await expect(registry.delete(CONFIG_MAPS, { ...A, name: 'none' }, { admit })).rejects.toThrow()
    expect(asked).toEqual([])
  })

  it.each(['update', 'delete'] as const)(
    'is asked again by an %s that somebody has overtaken',
    async (verb) => {
      await registry.create(CONFIG_MAPS, map())
      let isFirst = true
      const overtaken = async (object: KubeObject) => {
        asked.push(object)
        if (isFirst) {
          isFirst = false
          await registry.update(CONFIG_MAPS, A, (old) => ({ ...old, data: { by: 'another' } }))
        }
      }
      const options = { admit: overtaken }
      if (verb === 'delete') await registry.delete(CONFIG_MAPS, A, options)
      else await registry.update(CONFIG_MAPS, A, (old) => withMeta(old, { labels: { a: 'b' } }), options)
      expect(asked.map(({ data }) => data)).toEqual([undefined, { by: 'another' }])
    },
  )
})
