import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../src/controlplane/api/json.ts'
import { causesOfCreating, causesOfMerging, createdAs } from '../kind-writer.ts'

const labels = { app: 'a' }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } }
const workload = (spec: object = {}) => ({
  metadata: { name: 'a' },
  spec: { selector: { matchLabels: labels }, template, ...spec },
})

describe('defaults', () => {
  it.each([
    ['replicasets.apps', { replicas: 1 }],
    [
      'statefulsets.apps',
      {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        revisionHistoryLimit: 10,
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      },
    ],
    [
      'daemonsets.apps',
      {
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
        revisionHistoryLimit: 10,
      },
    ],
  ])('of %s', async (key, spec) => {
    expect(await createdAs(key, workload())).toMatchObject({ metadata: { generation: 1 }, spec })
  })

  it('are filled in for what is said in part', async () => {
    const strategy = { rollingUpdate: { maxSurge: 1 } }
    const { spec } = await createdAs('deployments.apps', workload({ strategy }))
    expect((spec as JsonObject).strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: '25%', maxSurge: 1 },
    })
  })

  it('stand in the order of Go, whatever was sent', async () => {
    const { spec } = await createdAs('deployments.apps', workload())
    expect(Object.keys(spec as object)).toEqual([
      'replicas',
      'selector',
      'template',
      'strategy',
      'revisionHistoryLimit',
      'progressDeadlineSeconds',
    ])
  })

  it('make a claim of what a stateful set has as a template of one', async () => {
    const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }
    const { spec } = await createdAs('statefulsets.apps', workload({ volumeClaimTemplates: [claim] }))
    expect((spec as JsonObject).volumeClaimTemplates).toEqual([
      {
        kind: 'PersistentVolumeClaim',
        apiVersion: 'v1',
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: {}, volumeMode: 'Filesystem' },
        status: { phase: 'Pending' },
      },
    ])
  })

  it('count the templates of a daemon set in its annotations', async () => {
    const { metadata } = await createdAs('daemonsets.apps', workload())
    expect(metadata).toMatchObject({ annotations: { 'deprecated.daemonset.template.generation': '1' } })
  })
})

const UNMATCHED =
  'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'
const ROLLING = 'spec.strategy.rollingUpdate'

describe('what is refused', () => {
  it.each([
    [
      'replicasets.apps',
      { replicas: -1 },
      ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'deployments.apps',
      { selector: {} },
      ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    ],
    ['replicasets.apps', { selector: { matchLabels: { app: 'b' } } }, [UNMATCHED]],
    ['statefulsets.apps', { selector: { matchLabels: { app: 'b' } } }, [UNMATCHED]],
    ['daemonsets.apps', { selector: { matchLabels: { app: 'b' } } }, [UNMATCHED]],
    [
      'deployments.apps',
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      [`${ROLLING}: Forbidden: may not be specified when strategy \`type\` is 'Recreate'`],
    ],
    [
      'deployments.apps',
      { strategy: { type: 'Other' } },
      ['spec.strategy: Unsupported value: {"type":"Other"}: supported values: "Recreate", "RollingUpdate"'],
    ],
    [
      'deployments.apps',
      { strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: '0%' } } },
      [`${ROLLING}.maxUnavailable: Invalid value: 0: may not be 0 when \`maxSurge\` is 0`],
    ],
    [
      'deployments.apps',
      { strategy: { rollingUpdate: { maxUnavailable: '101%' } } },
      [`${ROLLING}.maxUnavailable: Invalid value: "101%": must not be greater than 100%`],
    ],
    [
      'deployments.apps',
      { minReadySeconds: 600 },
      ['spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds'],
    ],
    [
      'deployments.apps',
      { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      'statefulsets.apps',
      { podManagementPolicy: 'Other' },
      [`spec.podManagementPolicy: Invalid value: "Other": must be 'OrderedReady' or 'Parallel'`],
    ],
    [
      'statefulsets.apps',
      { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
      [
        `spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy 'RollingUpdate'`,
      ],
    ],
    [
      'daemonsets.apps',
      { updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } },
      [
        'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
      ],
    ],
    [
      'daemonsets.apps',
      { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
      ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
    ],
    ['daemonsets.apps', { selector: null }, [UNMATCHED]],
    ['statefulsets.apps', { selector: null }, ['spec.selector: Required value', UNMATCHED]],
  ])('in a new object of %s: %j', async (key, spec, causes) => {
    expect(await causesOfCreating(key, workload(spec))).toEqual(causes)
  })

  it.each([
    ['replicasets.apps', 'spec.selector'],
    ['daemonsets.apps', 'spec.selector'],
  ])('is another selector of %s', async (key, field) => {
    const changed = { matchLabels: { app: 'b' } }
    const patch = { spec: { selector: changed, template: { metadata: { labels: { app: 'b' } } } } }
    const causes = await causesOfMerging(key, workload(), patch)
    expect(causes).toEqual([`${field}: Invalid value: ${JSON.stringify(changed)}: field is immutable`])
  })

  it('is another service of a stateful set', async () => {
    const causes = await causesOfMerging('statefulsets.apps', workload(), { spec: { serviceName: 's' } })
    expect(causes).toEqual([
      expect.stringMatching(/^spec: Forbidden: updates to statefulset spec for fields/),
    ])
  })

  it.each([
    [
      'replicasets.apps',
      { readyReplicas: 1 },
      ['readyReplicas: Invalid value: 1: cannot be greater than status.replicas'],
    ],
    [
      'deployments.apps',
      { replicas: 1, availableReplicas: 1 },
      ['availableReplicas: Invalid value: 1: cannot be greater than readyReplicas'],
    ],
    [
      'statefulsets.apps',
      { replicas: 1, availableReplicas: 1 },
      ['availableReplicas: Invalid value: 1: cannot be greater than status.readyReplicas'],
    ],
    [
      'daemonsets.apps',
      { numberReady: -1 },
      ['numberReady: Invalid value: -1: must be greater than or equal to 0'],
    ],
  ])('is a status of %s that cannot be: %j', async (key, status, causes) => {
    const found = await causesOfMerging(key, workload(), { status }, 'status')
    expect(found).toEqual(causes.map((cause) => `status.${cause}`))
  })
})

describe('a controller revision', () => {
  const revision = { metadata: { name: 'r' }, data: { a: null }, revision: 1 }
  const key = 'controllerrevisions.apps'

  it('keeps whatever its data are', async () => {
    expect(await createdAs(key, revision)).toMatchObject({ data: { a: null }, revision: 1 })
  })

  it('has data, which stay', async () => {
    expect(await causesOfCreating(key, { ...revision, data: null })).toEqual([
      'data: Required value: data is mandatory',
    ])
    expect(await causesOfMerging(key, revision, { data: { b: 1 } })).toEqual([
      'data: Invalid value: {"a":null,"b":1}: field is immutable',
    ])
  })
})
