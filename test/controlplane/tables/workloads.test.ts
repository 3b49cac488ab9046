import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { tableColumnsOf } from '../../../src/controlplane/tables/index.ts'
import { printed, secondsAgo } from './printed.ts'

const META = { name: 'x', creationTimestamp: secondsAgo(600) }
const CONTAINERS = [
  { name: 'a', image: 'i:1' },
  { name: 'b', image: 'j:2' },
]
const TEMPLATE = { spec: { containers: CONTAINERS, nodeSelector: { disk: 'ssd', arch: 'arm64' } } }
const SELECTOR = {
  matchLabels: { app: 'x' },
  matchExpressions: [
    { key: 'tier', operator: 'In', values: ['b', 'a'] },
    { key: 'absent', operator: 'DoesNotExist' },
  ],
}
const SELECTED = '!absent,app=x,tier in (a,b)'
const OF_TEMPLATE = { Age: '10m', Containers: 'a,b', Images: 'i:1,j:2' }

describe('what runs pods', () => {
  it.each<[resource: string, object: JsonObject, row: Record<string, JsonValue>]>([
    [
      'apps/deployments',
      {
        spec: { replicas: 5, selector: SELECTOR, template: TEMPLATE },
        status: { replicas: 10, updatedReplicas: 2, availableReplicas: 1, readyReplicas: 4 },
      },
      { Ready: '4/5', 'Up-to-date': 2, Available: 1, ...OF_TEMPLATE, Selector: SELECTED },
    ],
    ['apps/deployments', { spec: {} }, { Ready: '0/0', Selector: '' }],
    ['apps/deployments', { spec: { selector: { matchLabels: { '-': 'x' } } } }, { Selector: '<invalid>' }],
    [
      'apps/statefulsets',
      { spec: { replicas: 3, template: TEMPLATE }, status: { readyReplicas: 1 } },
      { Ready: '1/3', ...OF_TEMPLATE },
    ],
    [
      'apps/replicasets',
      {
        spec: { replicas: 3, selector: SELECTOR, template: TEMPLATE },
        status: { replicas: 2, readyReplicas: 1 },
      },
      { Desired: 3, Current: 2, Ready: 1, ...OF_TEMPLATE, Selector: SELECTED },
    ],
    ['apps/replicasets', { spec: { selector: {} } }, { Selector: '<none>' }],
    [
      'apps/replicasets',
      { spec: { selector: { matchExpressions: [{ key: 'a', operator: '?' }] } } },
      { Selector: '<error>' },
    ],
    [
      '/replicationcontrollers',
      {
        spec: { replicas: 3, selector: { b: '2', a: '1' }, template: TEMPLATE },
        status: { replicas: 2, readyReplicas: 1 },
      },
      { Desired: 3, Current: 2, Ready: 1, ...OF_TEMPLATE, Selector: 'a=1,b=2' },
    ],
    [
      'apps/daemonsets',
      {
        spec: { selector: SELECTOR, template: TEMPLATE },
        status: {
          desiredNumberScheduled: 6,
          currentNumberScheduled: 5,
          numberReady: 4,
          updatedNumberScheduled: 3,
          numberAvailable: 2,
        },
      },
      {
        Desired: 6,
        Current: 5,
        Ready: 4,
        'Up-to-date': 3,
        Available: 2,
        'Node Selector': 'arch=arm64,disk=ssd',
        ...OF_TEMPLATE,
        Selector: SELECTED,
      },
    ],
    [
      'apps/controllerrevisions',
      {
        metadata: {
          ...META,
          ownerReferences: [
            { apiVersion: 'v1', kind: 'Other', name: 'o' },
            { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', controller: true },
          ],
        },
        revision: 7,
      },
      { Controller: 'daemonset.apps/d', Revision: 7, Age: '10m' },
    ],
    ['apps/controllerrevisions', { revision: 1 }, { Controller: '<none>' }],
    [
      'policy/poddisruptionbudgets',
      { spec: { minAvailable: 22 }, status: { disruptionsAllowed: 5 } },
      { 'Min Available': '22', 'Max Unavailable': 'N/A', 'Allowed Disruptions': 5 },
    ],
    [
      'policy/poddisruptionbudgets',
      { spec: { maxUnavailable: '30%' } },
      { 'Min Available': 'N/A', 'Max Unavailable': '30%' },
    ],
    [
      'batch/cronjobs',
      {
        spec: {
          schedule: '0/5 * * * ?',
          timeZone: 'Asia/Tokyo',
          suspend: false,
          jobTemplate: { spec: { selector: SELECTOR, template: TEMPLATE } },
        },
        status: { active: [{}, {}], lastScheduleTime: secondsAgo(1800) },
      },
      {
        Schedule: '0/5 * * * ?',
        Timezone: 'Asia/Tokyo',
        Suspend: 'False',
        Active: 2,
        'Last Schedule': '30m',
        ...OF_TEMPLATE,
        Selector: SELECTED,
      },
    ],
    [
      'batch/cronjobs',
      { spec: { schedule: '* * * * *' } },
      { Timezone: '<none>', Suspend: '<unset>', Active: 0, 'Last Schedule': '<none>', Selector: '<none>' },
    ],
    ['batch/cronjobs', { spec: { suspend: true } }, { Suspend: 'True' }],
  ])('%s %#', (resource, object, row) => {
    const [group = '', name = ''] = resource.split('/')
    expect(printed(tableColumnsOf(group, name), { metadata: META, ...object })).toMatchObject(row)
  })

  it('has a scale', () => {
    const scale = { metadata: META, spec: { replicas: 3 }, status: { replicas: 2 } }
    const columns = tableColumnsOf('apps', 'deployments', 'scale')
    expect(printed(columns, scale)).toEqual({ Name: 'x', Desired: 3, Available: 2, Age: '10m' })
    expect(columns.columns[0]?.definition.format).toBe('')
  })
})

describe('a job', () => {
  const JOBS = tableColumnsOf('batch', 'jobs')

  it.each<[string, JsonObject, row: Record<string, JsonValue>]>([
    [
      'that is done',
      {
        spec: { completions: 2, selector: SELECTOR, template: TEMPLATE },
        status: {
          succeeded: 2,
          startTime: secondsAgo(300),
          completionTime: secondsAgo(260),
          conditions: [{ type: 'Complete', status: 'True' }],
        },
      },
      { Status: 'Complete', Completions: '2/2', Duration: '40s', ...OF_TEMPLATE, Selector: SELECTED },
    ],
    [
      'that runs',
      { spec: { completions: 4 }, status: { succeeded: 1, startTime: secondsAgo(200) } },
      { Status: 'Running', Completions: '1/4', Duration: '3m20s' },
    ],
    [
      'that has not started',
      { spec: { parallelism: 3 } },
      { Status: 'Running', Completions: '0/1 of 3', Duration: '' },
    ],
    ['of one pod', { spec: { parallelism: 1 } }, { Completions: '0/1' }],
    ['that failed', { status: { conditions: [{ type: 'Failed', status: 'True' }] } }, { Status: 'Failed' }],
    [
      'that will fail',
      { status: { conditions: [{ type: 'FailureTarget', status: 'True' }] } },
      { Status: 'FailureTarget' },
    ],
    [
      'that is suspended',
      { status: { conditions: [{ type: 'Suspended', status: 'True' }] } },
      { Status: 'Suspended' },
    ],
    [
      'that was suspended',
      { status: { conditions: [{ type: 'Suspended', status: 'False' }] } },
      { Status: 'Running' },
    ],
    [
      'that is being deleted, and is suspended',
      {
        metadata: { ...META, deletionTimestamp: secondsAgo(1) },
        status: { conditions: [{ type: 'Suspended', status: 'True' }] },
      },
      { Status: 'Terminating' },
    ],
  ])('%s', (_, job, row) => {
    expect(printed(JOBS, { metadata: META, ...job })).toMatchObject(row)
  })
})

describe('the targets of an autoscaler', () => {
  const AUTOSCALERS = tableColumnsOf('autoscaling', 'horizontalpodautoscalers')

  function resource(target: JsonObject): JsonObject {
    return { type: 'Resource', resource: { name: 'cpu', target } }
  }

  it.each<[string, spec: JsonObject, status: JsonObject, targets: string]>([
    ['none', {}, {}, '<none>'],
    [
      'a utilization that is not known',
      { metrics: [resource({ averageUtilization: 80 })] },
      {},
      'cpu: <unknown>/80%',
    ],
    [
      'a utilization',
      { metrics: [resource({ averageUtilization: 80 })] },
      { currentMetrics: [{ resource: { current: { averageUtilization: 50 } } }] },
      'cpu: 50%/80%',
    ],
    ['a utilization that is found out', { metrics: [resource({})] }, {}, 'cpu: <unknown>/<auto>'],
    [
      'an amount',
      { metrics: [resource({ averageValue: '100m' })] },
      { currentMetrics: [{ resource: { current: { averageValue: '50m' } } }] },
      'cpu: 50m/100m',
    ],
    [
      'of a container',
      {
        metrics: [
          {
            type: 'ContainerResource',
            containerResource: { name: 'memory', target: { averageUtilization: 80 } },
          },
        ],
      },
      { currentMetrics: [{ containerResource: { current: { averageUtilization: 20 } } }] },
      'memory: 20%/80%',
    ],
    [
      'of pods',
      { metrics: [{ type: 'Pods', pods: { target: { averageValue: '100m' } } }] },
      { currentMetrics: [{ pods: { current: { averageValue: '50m' } } }] },
      '50m/100m',
    ],
    [
      'of an object',
      { metrics: [{ type: 'Object', object: { target: { value: '100m' } } }] },
      { currentMetrics: [{ object: { current: { value: '50m' } } }] },
      '50m/100m',
    ],
    [
      'an average of something outside, and two more',
      {
        metrics: [
          { type: 'External', external: { target: { averageValue: '100m' } } },
          { type: 'External', external: { target: { value: '7' } } },
          { type: 'Other' },
        ],
      },
      { currentMetrics: [{ external: { current: { averageValue: '50m' } } }] },
      '50m/100m (avg), <unknown>/7 + 1 more...',
    ],
    [
      'of autoscaling/v1',
      { targetCPUUtilizationPercentage: 80 },
      { currentCPUUtilizationPercentage: 30 },
      'cpu: 30%/80%',
    ],
  ])('%s', (_, spec, status, targets) => {
    const object = {
      metadata: META,
      spec: { maxReplicas: 10, scaleTargetRef: { kind: 'Deployment', name: 'd' }, ...spec },
      status: { currentReplicas: 4, ...status },
    }
    expect(printed(AUTOSCALERS, object)).toEqual({
      Name: 'x',
      Reference: 'Deployment/d',
      Targets: targets,
      MinPods: '<unset>',
      MaxPods: 10,
      Replicas: 4,
      Age: '10m',
    })
  })

  it('are between a least and a greatest number', () => {
    expect(printed(AUTOSCALERS, { metadata: META, spec: { minReplicas: 2 } })).toMatchObject({ MinPods: '2' })
  })
})
