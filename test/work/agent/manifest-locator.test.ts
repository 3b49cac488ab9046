import { beforeEach, describe, expect, it } from 'vitest'
import { NoKindMatchError, type ResourceDefinition, type RestMapper } from '../../../src/kube/index.ts'
import { ManifestLocator } from '../../../src/work/agent/manifest-locator.ts'
import { ManifestTask } from '../../../src/work/agent/manifest-task.ts'
import type { ObjectWatches } from '../../../src/work/agent/object-watches.ts'

const WIDGETS = { group: 'example.com', version: 'v1', plural: 'widgets', namespaced: true }
const place = {
  ordinal: 2,
  manifest: { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { namespace: 'n', name: 'w' } },
}
const { signal } = new AbortController()

let known: ResourceDefinition | undefined
let disowned: ResourceDefinition[]
let released: (string | undefined)[]
let locator: ManifestLocator
let task: ManifestTask

beforeEach(async () => {
  known = WIDGETS
  disowned = []
  released = []
  const mapper = {
    definitionOf: async () => {
      if (!known) throw new NoKindMatchError('example.com/v1', 'Widget')
      return known
    },
    disown: (definition: ResourceDefinition) => disowned.push(definition),
  }
  const watches = {
    remove: (_: ManifestTask, { plural }: ResourceDefinition) => released.push(plural),
  }
  locator = new ManifestLocator({
    mapper: mapper as unknown as RestMapper,
    watches: watches as unknown as ObjectWatches<ManifestTask>,
  })
  task = new ManifestTask('work')
  await locator.locate(task, place, signal)
})

describe('the place of an object', () => {
  it('is looked for once', async () => {
    known = undefined
    await locator.locate(task, { ...place, ordinal: 3 }, signal)
    expect(task.target).toEqual({ definition: WIDGETS, key: { namespace: 'n', name: 'w' } })
    expect(task.meta).toMatchObject({ ordinal: 3, resource: 'widgets', namespace: 'n' })
  })

  it('is looked for anew when the API does not know it any more', async () => {
    locator.misplace(task)
    expect([task.isPlaced, disowned]).toEqual([false, [WIDGETS]])
    known = { ...WIDGETS, plural: 'gadgets', namespaced: false }
    await locator.locate(task, place, signal)
    expect(task).toMatchObject({ isPlaced: true, isTargetConfirmed: false })
    expect(task.target).toEqual({ definition: known, key: { namespace: undefined, name: 'w' } })
    expect(task.meta).toMatchObject({ resource: 'gadgets', namespace: '' })
    expect(released).toEqual(['widgets'])
  })

  it('is the same if the API says so', async () => {
    locator.misplace(task)
    known = { ...WIDGETS }
    await locator.locate(task, place, signal)
    expect(task).toMatchObject({ isPlaced: true, isTargetConfirmed: true })
    expect(released).toEqual([])
  })

  it('is none where the kind has gone', async () => {
    locator.misplace(task)
    known = undefined
    await expect(locator.locate(task, place, signal)).rejects.toThrow(
      'the server doesn\'t have a resource type "Widget"',
    )
    expect([task.isPlaced, task.target, released]).toEqual([false, undefined, ['widgets']])
  })
})
