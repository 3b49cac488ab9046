import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPLIED_MANIFEST_WORKS, MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import { hubHashOf } from '../../../src/work/agent/work-agent.ts'
import { eventually } from '../../support/eventually.ts'
import {
  CLUSTER,
  CONFIG_MAPS,
  conditionOf,
  configMap,
  NAMESPACE,
  NAMESPACES,
  WorkBench,
} from './work-bench.ts'

const HASH = hubHashOf('https://hub:6443')

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start()
  bench.startAgent()
})
afterAll(() => bench.close())

describe('a work', () => {
  it('is applied, and says so', async () => {
    const manifests = [
      configMap('first', { a: '1' }),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'made' } },
    ]
    await bench.createWork('plain', manifests, {}, { team: 'blue' })
    const work = await bench.untilApplied('plain')
    expect(work.metadata.finalizers).toEqual(['cluster.open-cluster-management.io/manifest-work-cleanup'])
    expect(work.status?.conditions).toMatchObject([
      {
        type: 'Applied',
        status: 'True',
        reason: 'AppliedManifestWorkComplete',
        message: 'Apply manifest work complete',
        observedGeneration: 1,
      },
      {
        type: 'Available',
        status: 'True',
        reason: 'ResourcesAvailable',
        message: 'All resources are available',
        observedGeneration: 1,
      },
    ])
    expect(work.status?.resourceStatus?.manifests).toMatchObject([
      {
        resourceMeta: {
          ordinal: 0,
          group: '',
          version: 'v1',
          kind: 'ConfigMap',
          resource: 'configmaps',
          namespace: NAMESPACE,
          name: 'first',
        },
        conditions: [
          {
            type: 'Applied',
            status: 'True',
            reason: 'AppliedManifestComplete',
            message: 'Apply manifest complete',
          },
          {
            type: 'Available',
            status: 'True',
            reason: 'ResourceAvailable',
            message: 'Resource is available',
          },
          { type: 'StatusFeedbackSynced', status: 'True', reason: 'NoStatusFeedbackSynced', message: '' },
        ],
      },
      {
        resourceMeta: { ordinal: 1, kind: 'Namespace', resource: 'namespaces', namespace: '', name: 'made' },
      },
    ])
    const applied = await bench.appliedWorks.get({ name: `${HASH}-plain` })
    expect(applied).toMatchObject({
      metadata: {
        labels: { team: 'blue' },
        finalizers: ['cluster.open-cluster-management.io/applied-manifest-work-cleanup'],
      },
      spec: { hubHash: HASH, manifestWorkName: 'plain', agentID: HASH },
    })
    const object = await bench.objects(CONFIG_MAPS).get({ namespace: NAMESPACE, name: 'first' })
    expect(object.metadata.ownerReferences).toEqual([
      {
        apiVersion: 'work.open-cluster-management.io/v1',
        kind: 'AppliedManifestWork',
        name: `${HASH}-plain`,
        uid: applied.metadata.uid,
      },
    ])
    await eventually(
      async () => (await bench.appliedWorks.get({ name: `${HASH}-plain` })).status?.appliedResources,
    ).toMatchObject([
      {
        version: 'v1',
        resource: 'configmaps',
        namespace: NAMESPACE,
        name: 'first',
        uid: object.metadata.uid,
      },
      { version: 'v1', resource: 'namespaces', namespace: '', name: 'made' },
    ])
  })

  it('follows changes of its manifests, and deletes what they name no more', async () => {
    await bench.createWork('changing', [configMap('stays', { a: '1' }), configMap('goes')])
    await bench.untilApplied('changing')
    const stays = await bench.objects(CONFIG_MAPS).get({ namespace: NAMESPACE, name: 'stays' })
    await bench.patchWork('changing', {
      workload: { manifests: [configMap('stays', { a: '2' }), configMap('comes')] },
    })
    const work = await bench.untilApplied('changing')
    expect(work.status?.resourceStatus?.manifests).toHaveLength(2)
    await bench.untilGone(CONFIG_MAPS, bench.managed, NAMESPACE, 'goes')
    const changed = await bench.untilObject(CONFIG_MAPS, 'stays', ({ data }) => data.a === '2')
    expect(changed.metadata.uid).toBe(stays.metadata.uid)
    await bench.untilObject(CONFIG_MAPS, 'comes', () => true)
  })

  it('goes when all that it has applied is gone', async () => {
    await bench.createWork('going', [configMap('held', {}, { finalizers: ['example.com/hold'] })])
    await bench.untilApplied('going')
    await bench.works.delete({ namespace: CLUSTER, name: 'going' })
    await bench.untilCondition('going', 'Deleting', { status: 'True', reason: 'WorkDeleting' })
    await bench.untilObject(CONFIG_MAPS, 'held', ({ metadata }) => metadata.deletionTimestamp !== undefined)
    await bench
      .objects(CONFIG_MAPS)
      .patch(
        { namespace: NAMESPACE, name: 'held' },
        { type: 'merge', body: { metadata: { finalizers: null } } },
      )
    await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'going')
    await bench.untilGone(APPLIED_MANIFEST_WORKS, bench.managed, undefined, `${HASH}-going`)
  })

  it('goes at once when it is deleted just after it was made', async () => {
    const startedAt = performance.now()
    await bench.createWork('short', [configMap('short')])
    await bench.works.delete({ namespace: CLUSTER, name: 'short' })
    await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'short')
    await bench.untilGone(CONFIG_MAPS, bench.managed, NAMESPACE, 'short')
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  it('puts back what others change or delete', async () => {
    await bench.createWork('kept', [configMap('kept', { a: '1' })])
    await bench.untilApplied('kept')
    const key = { namespace: NAMESPACE, name: 'kept' }
    await bench.objects(CONFIG_MAPS).patch(key, { type: 'merge', body: { data: { a: '2' } } })
    await bench.untilObject(CONFIG_MAPS, 'kept', ({ data }) => data.a === '1')
    const { metadata } = await bench.objects(CONFIG_MAPS).get(key)
    await bench.objects(CONFIG_MAPS).delete(key)
    await bench.untilObject(CONFIG_MAPS, 'kept', ({ metadata: { uid } }) => uid !== metadata.uid)
  })

  it('says what cannot be applied, and applies the rest', async () => {
    const bad = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'nowhere', name: 'lost' },
      data: {},
    }
    const unknown = {
      apiVersion: 'example.com/v1',
      kind: 'Nothing',
      metadata: { namespace: NAMESPACE, name: 'x' },
    }
    await bench.createWork('mixed', [bad, configMap('good'), unknown])
    const work = await bench.untilCondition('mixed', 'Applied', { status: 'False' })
    expect(work.status?.conditions).toMatchObject([
      { type: 'Applied', reason: 'AppliedManifestWorkFailed', message: 'Failed to apply manifest work' },
      {
        type: 'Available',
        status: 'False',
        reason: 'ResourcesNotAvailable',
        message: '1 of 3 resources are not available',
      },
    ])
    expect(conditionOf(work, 0, 'Applied')).toMatchObject({
      status: 'False',
      reason: 'AppliedManifestFailed',
      message: 'Failed to apply manifest: namespaces "nowhere" not found',
    })
    expect(conditionOf(work, 1, 'Applied')).toMatchObject({ status: 'True' })
    expect(conditionOf(work, 2, 'Applied')).toMatchObject({
      message: 'Failed to apply manifest: the server doesn\'t have a resource type "Nothing"',
    })
    expect(conditionOf(work, 2, 'Available')).toMatchObject({
      status: 'Unknown',
      reason: 'IncompleteResourceMeta',
    })
    // Go writes what is in a structure though it is empty, and clients compare.
    expect(work.status?.resourceStatus?.manifests?.map(({ statusFeedback }) => statusFeedback)).toEqual([
      {},
      {},
      {},
    ])
    await bench.objects(NAMESPACES).create({ metadata: { name: 'nowhere' } })
    await bench.patchWork('mixed', { workload: { manifests: [bad, configMap('good')] } })
    await bench.untilApplied('mixed')
  })
})
