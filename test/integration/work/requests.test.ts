import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPLIED_MANIFEST_WORKS, MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import { hubHashOf } from '../../../src/work/agent/work-agent.ts'
import { until } from '../../support/until.ts'
import { AgentLife } from './agent-life.ts'
import { CLUSTER, CONFIG_MAPS, configMap, NAMESPACE, WorkBench } from './work-bench.ts'

const HASH = hubHashOf('https://hub:6443')
const WORKS = `/apis/work.open-cluster-management.io/v1/namespaces/${CLUSTER}/manifestworks`
const APPLIED = '/apis/work.open-cluster-management.io/v1/appliedmanifestworks'
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start()
})
afterAll(() => bench.close())

const listed = async (name: string) =>
  ((await bench.appliedWorks.find({ name: `${HASH}-${name}` }))?.status?.appliedResources ?? []).map(
    (each) => each.name,
  )
const exists = async (name: string) =>
  (await bench.objects(CONFIG_MAPS).find({ namespace: NAMESPACE, name })) !== undefined

describe('what an agent asks for', () => {
  it('is no more than a work needs', async () => {
    const life = new AgentLife()
    const agent = bench.startAgent({ life })
    const since = async (act: () => Promise<unknown>) => {
      const before = life.requests.length
      await act()
      return life.requests.slice(before)
    }
    await until(() => agent.isReady, 'all has been seen')
    await bench.createWork('first', [configMap('first')])
    await bench.untilApplied('first')
    await until(async () => (await listed('first')).length === 1, 'it is listed')

    const created = await since(async () => {
      await bench.createWork('second', [configMap('second-a'), configMap('second-b')])
      await bench.untilApplied('second')
      await until(async () => (await listed('second')).length === 2, 'they are listed')
    })
    expect(created.toSorted()).toEqual(
      [
        `PATCH ${WORKS}/second`,
        `POST ${APPLIED}`,
        `POST ${MAPS}`,
        `POST ${MAPS}`,
        `PATCH ${WORKS}/second/status`,
        `PATCH ${APPLIED}/${HASH}-second/status`,
      ].toSorted(),
    )

    const changed = await since(async () => {
      await bench.patchWork('second', {
        workload: { manifests: [configMap('second-a', { a: 'c' }), configMap('second-b')] },
      })
      await bench.untilApplied('second')
    })
    expect(changed.toSorted()).toEqual(
      [`GET ${MAPS}/second-a`, `PUT ${MAPS}/second-a`, `PATCH ${WORKS}/second/status`].toSorted(),
    )

    const deleted = await since(async () => {
      await bench.works.delete({ namespace: CLUSTER, name: 'second' })
      await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'second')
    })
    // What has not been seen as it is by now is read, and asked to go once more.
    const others = new Set(deleted.filter((each) => !each.startsWith('GET ')))
    expect([...others].toSorted()).toEqual(
      [
        `PATCH ${WORKS}/second/status`,
        `DELETE ${APPLIED}/${HASH}-second`,
        `DELETE ${MAPS}/second-a`,
        `DELETE ${MAPS}/second-b`,
        `PATCH ${APPLIED}/${HASH}-second`,
        `PATCH ${WORKS}/second`,
      ].toSorted(),
    )
    await bench.stopAgent(agent)
  })
})

describe('an agent that is killed after each of its writes, before it knows of the answer', () => {
  /** Lives follow one another until everything is as it should be. */
  async function untilDone(isDone: () => Promise<boolean>): Promise<void> {
    for (let lives = 0; lives < 40; lives += 1) {
      const life = new AgentLife({ mostWrites: 1 })
      const agent = bench.startAgent({ life })
      await until(async () => life.isOver || (await isDone()), 'it has written, or has no more to write')
      await bench.stopAgent(agent)
      if (await isDone()) return
    }
    throw new Error('40 lives have not been enough')
  }

  it('applies, prunes and deletes all the same', async () => {
    await bench.createWork('mortal', [configMap('mortal-a'), configMap('mortal-b')])
    const isApplied = async (...names: string[]) => {
      const { metadata, status } = await bench.getWork('mortal')
      const applied = status?.conditions?.find(({ type }) => type === 'Applied')
      const isTold = applied?.status === 'True' && applied.observedGeneration === metadata.generation
      return isTold && (await listed('mortal')).join() === names.join()
    }
    await untilDone(() => isApplied('mortal-a', 'mortal-b'))
    await bench.patchWork('mortal', {
      workload: { manifests: [configMap('mortal-b', { a: 'c' }), configMap('mortal-c')] },
    })
    await untilDone(() => isApplied('mortal-b', 'mortal-c'))
    expect(await exists('mortal-a')).toBe(false)
    expect((await bench.objects(CONFIG_MAPS).get({ namespace: NAMESPACE, name: 'mortal-b' })).data).toEqual({
      a: 'c',
    })
    await bench.works.delete({ namespace: CLUSTER, name: 'mortal' })
    await untilDone(
      async () => (await bench.works.find({ namespace: CLUSTER, name: 'mortal' })) === undefined,
    )
    expect(
      await bench.managed.resource(APPLIED_MANIFEST_WORKS).find({ name: `${HASH}-mortal` }),
    ).toBeUndefined()
    for (const name of ['mortal-b', 'mortal-c']) expect(await exists(name)).toBe(false)
  })
})
