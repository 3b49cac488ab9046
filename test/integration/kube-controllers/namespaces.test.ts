import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inParallel } from '../../../src/common/in-parallel.ts'
import { isForbidden } from '../../../src/kube/index.ts'
import {
  type AnyObject,
  CONFIG_MAPS,
  ControllersBench,
  defineWidgets,
  NAMESPACES,
  SECRETS,
  WIDGETS,
} from './controllers-bench.ts'

let bench: ControllersBench

beforeAll(async () => {
  bench = await ControllersBench.start(['*', '-garbage-collector-controller'])
})

afterAll(() => bench.close())

const conditionsOf = (namespace: AnyObject | undefined): Record<string, string> =>
  Object.fromEntries(
    (namespace?.status?.conditions ?? []).map(
      (each: { type: string; status: string; reason: string; message: string }) => [
        each.type,
        `${each.status} ${each.reason}: ${each.message}`,
      ],
    ),
  )
const held = (namespace: string, name = 'held') =>
  bench.resource(CONFIG_MAPS).create({ metadata: { namespace, name, finalizers: ['example.com/hold'] } })
const release = (namespace: string, name = 'held') =>
  bench
    .resource(CONFIG_MAPS)
    .patch({ namespace, name }, { type: 'merge', body: { metadata: { finalizers: null } } })
const untilHeld = (name: string) =>
  bench.until(NAMESPACES, { fieldSelector: `metadata.name=${name}` }, (namespaces) =>
    Boolean(conditionsOf(namespaces.get(name)).NamespaceFinalizersRemaining?.startsWith('True')),
  )

describe('a namespace that is deleted', () => {
  it('takes along what is in it, and custom resources, and goes', async () => {
    await defineWidgets(bench)
    await bench.createNamespace('full')
    await bench.resource(CONFIG_MAPS).create({ metadata: { namespace: 'full', name: 'a' } })
    await bench.resource(SECRETS).create({ metadata: { namespace: 'full', name: 'b' } })
    await bench.resource(WIDGETS).create({ kind: 'Widget', metadata: { namespace: 'full', name: 'c' } })
    await bench.resource(CONFIG_MAPS).create({ metadata: { namespace: 'default', name: 'stays' } })
    await bench.resource(NAMESPACES).delete({ name: 'full' })
    await bench.untilGone(NAMESPACES, 'full')
    for (const definition of [CONFIG_MAPS, SECRETS, WIDGETS]) {
      expect((await bench.resource(definition).list({ namespace: 'full' })).items).toEqual([])
    }
    expect(await bench.resource(CONFIG_MAPS).find({ namespace: 'default', name: 'stays' })).toBeDefined()
  })

  it('says what holds it, and goes when that has let it', async () => {
    await bench.createNamespace('holding')
    await held('holding')
    await bench.resource(NAMESPACES).delete({ name: 'holding' })
    const namespaces = await untilHeld('holding')
    expect(conditionsOf(namespaces.get('holding'))).toEqual({
      NamespaceDeletionDiscoveryFailure: 'False ResourcesDiscovered: All resources successfully discovered',
      NamespaceDeletionGroupVersionParsingFailure:
        'False ParsedGroupVersions: All legacy kube types successfully parsed',
      NamespaceDeletionContentFailure:
        'False ContentDeleted: All content successfully deleted, may be waiting on finalization',
      NamespaceContentRemaining:
        'True SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances',
      NamespaceFinalizersRemaining:
        'True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    })
    await release('holding')
    await bench.untilGone(NAMESPACES, 'holding')
  })

  it('keeps the finalizers of others, and goes with the last of them', async () => {
    await bench.resource(NAMESPACES).create({
      metadata: { name: 'shared' },
      spec: { finalizers: ['example.com/also', 'kubernetes'] },
    } as AnyObject)
    await bench.resource(NAMESPACES).delete({ name: 'shared' })
    const namespaces = await bench.until(NAMESPACES, {}, (objects) =>
      Boolean(objects.get('shared') && !objects.get('shared')?.spec.finalizers.includes('kubernetes')),
    )
    const namespace = namespaces.get('shared') as AnyObject
    expect(namespace.spec.finalizers).toEqual(['example.com/also'])
    await bench
      .resource(NAMESPACES)
      .update({ ...namespace, spec: { finalizers: [] } }, { subresource: 'finalize' })
    await bench.untilGone(NAMESPACES, 'shared')
  })

  it('is seen to by those who come after a restart', async () => {
    await bench.createNamespace('restarted')
    await held('restarted')
    await bench.resource(NAMESPACES).delete({ name: 'restarted' })
    await untilHeld('restarted')
    await bench.stopControllers()
    await release('restarted')
    await bench.startControllers()
    await bench.untilGone(NAMESPACES, 'restarted')
  })

  it('gets nothing new, and is not in the way of the controllers that give each namespace something', async () => {
    await bench.createNamespace('ending')
    await held('ending')
    await bench.resource(NAMESPACES).delete({ name: 'ending' })
    await untilHeld('ending')
    await expect(held('ending', 'late')).rejects.toSatisfy(isForbidden)
    const { items } = await bench.resource(CONFIG_MAPS).list({ namespace: 'ending' })
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['held'])
    await release('ending')
    await bench.untilGone(NAMESPACES, 'ending')
  })

  it('goes with a thousand objects', async () => {
    await bench.createNamespace('large')
    const names = Array.from({ length: 1000 }, (_, index) => `object-${index}`)
    await inParallel(names, 16, async (name) => {
      await bench.resource(CONFIG_MAPS).create({ metadata: { namespace: 'large', name } })
    })
    await bench.resource(NAMESPACES).delete({ name: 'large' })
    await bench.untilGone(NAMESPACES, 'large')
  }, 120_000)
})
