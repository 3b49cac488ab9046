import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import type { UpdateStrategy } from '../../../src/apis/work/v1.ts'
import { until } from '../../support/until.ts'
import { CONFIG_MAPS, conditionOf, configMap, DEPLOYMENTS, NAMESPACE, WorkBench } from './work-bench.ts'

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start()
  bench.startAgent()
})
afterAll(() => bench.close())

const HASH = 'open-cluster-management.io/config-spec-hash'

const configFor = (resource: string, name: string, updateStrategy: UpdateStrategy, group = '') => ({
  manifestConfigs: [{ resourceIdentifier: { group, resource, namespace: NAMESPACE, name }, updateStrategy }],
})
const key = (name: string) => ({ namespace: NAMESPACE, name })

const deployment = (
  name: string,
  replicas: number,
  env: readonly { name: string; value: string }[] = [],
) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: NAMESPACE, name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { creationTimestamp: null, labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'image:1', ...(env.length > 0 && { env }) }] },
    },
  },
})

describe('CreateOnly', () => {
  it('never changes what is there', async () => {
    await bench.createWork(
      'create',
      [configMap('create', { a: '1' })],
      configFor('configmaps', 'create', { type: 'CreateOnly' }),
    )
    await bench.untilApplied('create')
    await bench.patchWork('create', { workload: { manifests: [configMap('create', { a: '2' })] } })
    await bench.untilApplied('create')
    expect((await bench.objects(CONFIG_MAPS).get(key('create'))).data).toEqual({ a: '1' })
  })
})

describe('ReadOnly', () => {
  it('applies nothing, and reports what is there', async () => {
    await bench.createWork('read', [configMap('read')], {
      manifestConfigs: [
        {
          resourceIdentifier: { resource: 'configmaps', namespace: NAMESPACE, name: '*' },
          updateStrategy: { type: 'ReadOnly' },
          feedbackRules: [{ type: 'JSONPaths', jsonPaths: [{ name: 'color', path: '.data.color' }] }],
        },
      ],
    })
    const before = await bench.untilApplied('read')
    expect(conditionOf(before, 0, 'Available')).toMatchObject({
      status: 'False',
      reason: 'ResourceNotAvailable',
    })
    await bench.objects(CONFIG_MAPS).create(configMap('read', { color: 'red' }))
    const work = await bench.untilCondition('read', 'Available', { status: 'True' })
    expect(work.status?.resourceStatus?.manifests?.[0]?.statusFeedback?.values).toEqual([
      { name: 'color', fieldValue: { type: 'String', string: 'red' } },
    ])
    expect((await bench.objects(CONFIG_MAPS).get(key('read'))).metadata.ownerReferences).toBeUndefined()
  })
})

describe('Update', () => {
  it('merges labels and annotations, and keeps finalizers', async () => {
    await bench.objects(CONFIG_MAPS).create(
      configMap(
        'merged',
        { old: 'x' },
        {
          labels: { theirs: '1' },
          annotations: { theirs: '1' },
          finalizers: ['example.com/f'],
        },
      ),
    )
    const manifest = configMap(
      'merged',
      { a: '1' },
      { uid: 'wrong', labels: { ours: '1' }, annotations: { ours: '1' } },
    )
    await bench.createWork('merged', [manifest])
    await bench.untilApplied('merged')
    expect(await bench.objects(CONFIG_MAPS).get(key('merged'))).toMatchObject({
      metadata: {
        labels: { theirs: '1', ours: '1' },
        annotations: { theirs: '1', ours: '1' },
        finalizers: ['example.com/f'],
      },
      data: { a: '1' },
    })
    await bench
      .objects(CONFIG_MAPS)
      .patch(key('merged'), { type: 'merge', body: { metadata: { finalizers: null } } })
  })

  it('writes nothing that is as it should be, not even in a new life', async () => {
    await bench.createWork('calm', [configMap('calm'), deployment('calm', 0)])
    await bench.untilApplied('calm')
    const versions = async () => [
      (await bench.objects(CONFIG_MAPS).get(key('calm'))).metadata.resourceVersion,
      (await bench.objects(DEPLOYMENTS).get(key('calm'))).metadata.resourceVersion,
      (await bench.getWork('calm')).metadata.resourceVersion,
    ]
    const before = await versions()
    const second = bench.startAgent()
    await bench.createWork('marker', [configMap('marker')])
    await bench.untilApplied('marker')
    await bench.stopAgent(second)
    expect(await versions()).toEqual(before)
  })
})

describe('Update of what the control plane completes', () => {
  const JOBS = { group: 'batch', version: 'v1', plural: 'jobs', namespaced: true } as const
  const CLAIMS = { group: '', version: 'v1', plural: 'persistentvolumeclaims', namespaced: true } as const
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: NAMESPACE, name: 'once' },
    spec: {
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'image:1' }] } },
    },
  }
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: NAMESPACE, name: 'disk' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }
  const theirs = { metadata: { annotations: { theirs: '1' }, labels: { ours: 'not' } } }

  it('puts back what is its own, and leaves a Job its selector and a claim its volume', async () => {
    const ours = { labels: { ours: '1' } }
    await bench.createWork('completed', [
      { ...job, metadata: { ...job.metadata, ...ours } },
      { ...claim, metadata: { ...claim.metadata, ...ours } },
    ])
    await bench.untilApplied('completed')
    const before = await bench.objects(JOBS).get(key('once'))
    expect(before.spec).toMatchObject({ selector: { matchLabels: expect.anything() } })

    await bench.objects(JOBS).patch(key('once'), { type: 'merge', body: theirs })
    await bench
      .objects(CLAIMS)
      .patch(key('disk'), { type: 'merge', body: { ...theirs, spec: { volumeName: 'volume' } } })
    const read = () =>
      Promise.all([bench.objects(JOBS).get(key('once')), bench.objects(CLAIMS).get(key('disk'))])
    const arePutBack = (objects: readonly KubeObject[]) =>
      objects.every(({ metadata }) => metadata.labels?.ours === '1')
    await until(async () => arePutBack(await read()), 'labels are put back')
    const [after, bound] = await read()
    expect(after).toMatchObject({ metadata: { annotations: { theirs: '1' } }, spec: before.spec })
    expect(bound).toMatchObject({
      metadata: { annotations: { theirs: '1' } },
      spec: { volumeName: 'volume' },
    })
    expect(conditionOf(await bench.getWork('completed'), 0, 'Applied')).toMatchObject({ status: 'True' })
    expect(conditionOf(await bench.getWork('completed'), 1, 'Applied')).toMatchObject({ status: 'True' })
  })
})

describe('ServerSideApply', () => {
  const strategy = (name: string, serverSideApply: UpdateStrategy['serverSideApply']) =>
    configFor(
      'deployments',
      name,
      { type: 'ServerSideApply', ...(serverSideApply && { serverSideApply }) },
      'apps',
    )

  it('says when a field is another manager’s, and takes it by force', async () => {
    await bench.createWork('ssa', [deployment('ssa', 1)], strategy('ssa', { force: false }))
    await bench.untilApplied('ssa')
    await bench.objects(DEPLOYMENTS).apply({ ...deployment('ssa', 3), spec: { replicas: 3 } } as never, {
      fieldManager: 'other',
      force: true,
    })
    await bench.patchWork('ssa', { workload: { manifests: [deployment('ssa', 2)] } })
    const work = await bench.untilCondition('ssa', 'Applied', { status: 'False' })
    expect(conditionOf(work, 0, 'Applied')).toMatchObject({
      reason: 'AppliedManifestFailed',
      message: expect.stringMatching(
        /^Failed to apply manifest: Apply failed with 1 conflict: conflict with "other"/,
      ),
    })
    await bench.patchWork('ssa', strategy('ssa', { force: true }))
    await bench.untilApplied('ssa')
    expect((await bench.objects(DEPLOYMENTS).get(key('ssa'))).spec.replicas).toBe(2)
  })

  it('takes over what the strategy Update has written of an object that is the work’s alone', async () => {
    const data = { mine: '1', shared: '1', theirs: '1' }
    await bench.createWork('switched', [configMap('switched', data)])
    await bench.untilApplied('switched')
    const server = configFor('configmaps', 'switched', { type: 'ServerSideApply' })
    const manifests = [configMap('switched', { mine: '2', shared: '1', theirs: '1' })]
    await bench.patchWork('switched', { ...server, workload: { manifests } })
    await bench.untilApplied('switched')
    expect((await bench.objects(CONFIG_MAPS).get(key('switched'))).data).toEqual({ ...data, mine: '2' })
    await bench.objects(CONFIG_MAPS).apply(configMap('switched', { theirs: '3' }) as never, {
      fieldManager: 'other',
      force: true,
    })
    await bench.patchWork('switched', {
      workload: { manifests: [configMap('switched', { mine: '4', shared: '4', theirs: '4' })] },
    })
    const refused = await bench.untilCondition('switched', 'Applied', { status: 'False' })
    expect(conditionOf(refused, 0, 'Applied')?.message).toMatch(/conflicts with "other":\n- \.data\.theirs$/)
    await bench.createWork('switched-too', [configMap('switched', { ...data, theirs: '3' })])
    await bench.untilApplied('switched-too')
    await bench.patchWork('switched', {
      workload: { manifests: [configMap('switched', { shared: '5' })] },
    })
    const shared = await bench.untilCondition('switched', 'Applied', { status: 'False' })
    expect(conditionOf(shared, 0, 'Applied')?.message).toContain('.data.shared')
  })

  it('lets two works share an object, each with the fields of its own manager', async () => {
    const { replicas: _, ...withoutReplicas } = deployment('pair', 1).spec
    await bench.createWork('pair', [deployment('pair', 1)], strategy('pair', {}))
    await bench.untilApplied('pair')
    await bench.createWork(
      'pair-other',
      [{ ...deployment('pair', 1), spec: withoutReplicas }],
      strategy('pair', { force: true, fieldManager: 'work-agent-other' }),
    )
    await bench.untilApplied('pair-other')
    const { metadata } = await bench.objects(DEPLOYMENTS).get(key('pair'))
    expect(metadata.ownerReferences).toHaveLength(2)
    expect(metadata.managedFields?.map(({ manager }) => manager)).toEqual(
      expect.arrayContaining(['work-agent', 'work-agent-other']),
    )
    await bench.patchWork('pair', { workload: { manifests: [deployment('pair', 3)] } })
    await bench.untilApplied('pair')
    await bench.untilObject(DEPLOYMENTS, 'pair', ({ spec }) => spec.replicas === 3)
    await bench.patchWork('pair', {
      workload: { manifests: [deployment('pair', 3, [{ name: 'A', value: '1' }])] },
    })
    await bench.untilApplied('pair')
    const renamed = structuredClone(deployment('pair', 3))
    for (const container of renamed.spec.template.spec.containers) container.image = 'image:2'
    await bench.patchWork('pair', { workload: { manifests: [renamed] } })
    const work = await bench.untilCondition('pair', 'Applied', { status: 'False' })
    expect(conditionOf(work, 0, 'Applied')?.message).toContain('conflict with "work-agent-other"')
    await bench.patchWork('pair', {
      deleteOption: { propagationPolicy: 'Orphan' },
      workload: { manifests: [deployment('pair', 3)] },
    })
    await bench.untilApplied('pair')
    await bench.untilObject(DEPLOYMENTS, 'pair', (each) => each.metadata.ownerReferences?.length === 1)
  })

  it('makes no new generation of what has not changed', async () => {
    await bench.createWork('steady', [deployment('steady', 1)], strategy('steady', {}))
    await bench.untilApplied('steady')
    await bench.patchWork('steady', {
      workload: { manifests: [deployment('steady', 1), configMap('steady-marker')] },
    })
    await bench.untilApplied('steady')
    const second = bench.startAgent()
    await bench.createWork('steady-other', [configMap('steady-other')])
    await bench.untilApplied('steady-other')
    await bench.stopAgent(second)
    expect((await bench.objects(DEPLOYMENTS).get(key('steady'))).metadata.generation).toBe(1)
  })

  it('leaves ignored fields alone that are there (OnSpokePresent)', async () => {
    const ignoring = strategy('present', {
      ignoreFields: [{ condition: 'OnSpokePresent', jsonPaths: ['.spec.replicas'] }],
    })
    await bench.createWork('present', [deployment('present', 1)], ignoring)
    await bench.untilApplied('present')
    const first = await bench.objects(DEPLOYMENTS).get(key('present'))
    expect(first.spec.replicas).toBe(1)
    expect(first.metadata.annotations?.[HASH]).toMatch(/^[0-9a-f]{32}$/)
    await bench.objects(DEPLOYMENTS).patch(key('present'), { type: 'merge', body: { spec: { replicas: 4 } } })
    await bench.patchWork('present', {
      workload: { manifests: [deployment('present', 2, [{ name: 'A', value: '1' }])] },
    })
    const changed = await bench.untilObject(
      DEPLOYMENTS,
      'present',
      ({ spec }) => spec.template.spec.containers[0].env,
    )
    expect(changed.spec.replicas).toBe(4)
  })

  it('leaves ignored fields alone until the manifest changes (OnSpokeChange)', async () => {
    const ignoring = strategy('change', {
      force: true,
      ignoreFields: [{ condition: 'OnSpokeChange', jsonPaths: ['.spec.replicas'] }],
    })
    await bench.createWork('change', [deployment('change', 1)], ignoring)
    await bench.untilApplied('change')
    const scaled = await bench
      .objects(DEPLOYMENTS)
      .patch(key('change'), { type: 'merge', body: { spec: { replicas: 4 } } })
    const other = bench.startAgent()
    await bench.createWork('change-marker', [configMap('change-marker')])
    await bench.untilApplied('change-marker')
    await bench.stopAgent(other)
    const { metadata } = await bench.objects(DEPLOYMENTS).get(key('change'))
    expect(metadata.generation).toBe(scaled.metadata.generation)
    await bench.patchWork('change', { workload: { manifests: [deployment('change', 2)] } })
    await bench.untilObject(DEPLOYMENTS, 'change', ({ spec }) => spec.replicas === 2)
  })

  it('leaves to others what JSON pointers and jq expressions name', async () => {
    const env = (value: string) => [
      { name: 'APP', value: 'x' },
      { name: 'JAVA_OPTS', value },
    ]
    const ignoring = strategy('others', {
      force: true,
      ignoreFields: [
        {
          condition: 'OnSpokePresent',
          jsonPointers: ['/spec/replicas', '/spec/nothing'],
          jqPathExpressions: ['.spec.template.spec.containers[].env[] | select(.name == "JAVA_OPTS")'],
        },
      ],
    })
    await bench.createWork('others', [deployment('others', 1, env('-Xmx1'))], ignoring)
    await bench.untilApplied('others')
    await bench.objects(DEPLOYMENTS).patch(key('others'), {
      type: 'strategic',
      body: {
        spec: { replicas: 5, template: { spec: { containers: [{ name: 'main', env: env('-Xmx2') }] } } },
      },
    })
    await bench.patchWork('others', { workload: { manifests: [deployment('others', 2, env('-Xmx3'))] } })
    await bench.untilApplied('others')
    const { spec } = await bench.objects(DEPLOYMENTS).get(key('others'))
    expect(spec.replicas).toBe(5)
    expect(spec.template.spec.containers[0].env).toEqual(env('-Xmx2'))
  })

  it('says when it cannot follow an expression', async () => {
    const ignoring = strategy('wrong', {
      ignoreFields: [
        { condition: 'OnSpokePresent', jqPathExpressions: ['.spec.containers[] | invalid syntax here'] },
      ],
    })
    await bench.createWork('wrong', [deployment('wrong', 1)], ignoring)
    const work = await bench.untilCondition('wrong', 'Applied', { status: 'False' })
    expect(conditionOf(work, 0, 'Applied')).toMatchObject({
      reason: 'AppliedManifestSSAIgnoreFieldError',
      message: expect.stringMatching(
        /^Failed to process ignoreFields: JQ expression error in '.spec.containers\[\] \| invalid/,
      ),
    })
  })
})
