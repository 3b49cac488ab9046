import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/controlplane/api/json.ts'
import { tableColumnsOf } from '../../../src/controlplane/tables/index.ts'
import { NOW, printed, printedRow, secondsAgo } from './printed.ts'

const PODS = tableColumnsOf('', 'pods')

const RUNNING = { ready: true, restartCount: 0, state: { running: {} } }
const CREATING = { ready: false, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } }
const COMPLETED = {
  ready: false,
  restartCount: 0,
  state: { terminated: { exitCode: 0, reason: 'Completed' } },
}

function waiting(reason: string, restartCount = 0): JsonObject {
  return { ready: false, restartCount, state: { waiting: { reason } } }
}

function ended(end: JsonObject, restartCount = 0): JsonObject {
  return { ready: false, restartCount, state: { terminated: end } }
}

function restarted(restartCount: number, seconds: number): JsonObject {
  return { ...RUNNING, restartCount, lastState: { terminated: { finishedAt: secondsAgo(seconds) } } }
}

interface PodParts {
  readonly phase?: string
  readonly reason?: string
  readonly containers?: readonly JsonObject[]
  readonly init?: readonly JsonObject[]
  /** Those that go on running, by their place. */
  readonly sidecars?: readonly number[]
  readonly conditions?: readonly JsonObject[]
  readonly isDeleted?: boolean
}

function pod({ phase = 'Running', reason, containers = [], init = [], sidecars = [], ...more }: PodParts) {
  const named = (statuses: readonly JsonObject[], prefix: string) =>
    statuses.map((status, index) => ({ name: `${prefix}${index}`, ...status }))
  return {
    metadata: {
      name: 'p',
      creationTimestamp: secondsAgo(300),
      ...(more.isDeleted ? { deletionTimestamp: secondsAgo(1) } : {}),
    },
    spec: {
      containers: containers.map((_, index) => ({ name: `c${index}` })),
      initContainers: init.map((_, index) => ({
        name: `i${index}`,
        ...(sidecars.includes(index) ? { restartPolicy: 'Always' } : {}),
      })),
    },
    status: {
      phase,
      ...(reason ? { reason } : {}),
      conditions: more.conditions ?? [],
      containerStatuses: named(containers, 'c'),
      initContainerStatuses: named(init, 'i'),
    },
  }
}

const SIDECAR = { ...RUNNING, started: true }
const READY = { type: 'Ready', status: 'True' }

describe('a pod', () => {
  it.each<[string, PodParts, ready: string, status: string, restarts: string]>([
    ['that runs', { containers: [RUNNING, RUNNING] }, '2/2', 'Running', '0'],
    [
      'of which one container is not ready',
      { containers: [RUNNING, { ...RUNNING, ready: false }] },
      '1/2',
      'Running',
      '0',
    ],
    ['that is being made', { phase: 'Pending', containers: [CREATING] }, '0/1', 'ContainerCreating', '0'],
    ['that was evicted', { phase: 'Failed', reason: 'Evicted' }, '0/0', 'Evicted', '0'],
    [
      'that crashes',
      {
        containers: [
          { ...waiting('CrashLoopBackOff', 7), lastState: { terminated: { finishedAt: secondsAgo(125) } } },
        ],
      },
      '0/1',
      'CrashLoopBackOff',
      '7 (2m5s ago)',
    ],
    [
      'that restarted before a time that is not known',
      { containers: [{ ...RUNNING, restartCount: 3 }] },
      '1/1',
      'Running',
      '3',
    ],
    [
      'whose containers restarted',
      { containers: [restarted(1, 60), restarted(2, 30)] },
      '2/2',
      'Running',
      '3 (30s ago)',
    ],
    ['that has completed', { phase: 'Succeeded', containers: [COMPLETED] }, '0/1', 'Completed', '0'],
    ['that was killed', { containers: [ended({ exitCode: 137, signal: 9 })] }, '0/1', 'Signal:9', '0'],
    ['that ended for no reason', { containers: [ended({ exitCode: 3 })] }, '0/1', 'ExitCode:3', '0'],
    [
      'whose first container has the last word',
      { containers: [waiting('ErrImagePull'), ended({ exitCode: 1, reason: 'Error' })] },
      '0/2',
      'ErrImagePull',
      '0',
    ],
    [
      'of which one container completed, and is ready',
      { containers: [COMPLETED, RUNNING], conditions: [READY] },
      '1/2',
      'Running',
      '0',
    ],
    [
      'of which one container completed, and is not ready',
      { containers: [COMPLETED, RUNNING] },
      '1/2',
      'NotReady',
      '0',
    ],
    ['that is being deleted', { containers: [RUNNING], isDeleted: true }, '1/1', 'Terminating', '0'],
    ['that is being deleted, and has failed', { phase: 'Failed', isDeleted: true }, '0/0', 'Failed', '0'],
    ['of a node that was lost', { reason: 'NodeLost', isDeleted: true }, '0/0', 'Unknown', '0'],
    [
      'that may not be scheduled yet',
      {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
      },
      '0/0',
      'SchedulingGated',
      '0',
    ],
    [
      'whose init container runs',
      { phase: 'Pending', containers: [CREATING], init: [COMPLETED, RUNNING] },
      '0/1',
      'Init:1/2',
      '0',
    ],
    [
      'whose init container is being made',
      { containers: [CREATING], init: [waiting('PodInitializing')] },
      '0/1',
      'Init:0/1',
      '0',
    ],
    [
      'whose init container waits',
      { containers: [CREATING], init: [waiting('ImagePullBackOff', 2)] },
      '0/1',
      'Init:ImagePullBackOff',
      '2',
    ],
    [
      'whose init container failed',
      { containers: [CREATING], init: [ended({ exitCode: 1, reason: 'Error' }, 1)] },
      '0/1',
      'Init:Error',
      '1',
    ],
    [
      'whose init container was killed',
      { containers: [CREATING], init: [ended({ exitCode: 137, signal: 9 })] },
      '0/1',
      'Init:Signal:9',
      '0',
    ],
    [
      'whose init container ended for no reason',
      { containers: [CREATING], init: [ended({ exitCode: 2 })] },
      '0/1',
      'Init:ExitCode:2',
      '0',
    ],
    [
      'whose init containers are done, and restarted before',
      { containers: [RUNNING], init: [{ ...COMPLETED, restartCount: 5 }] },
      '1/1',
      'Running',
      '0',
    ],
    [
      'with a sidecar',
      { containers: [RUNNING], init: [{ ...SIDECAR, restartCount: 2 }, COMPLETED], sidecars: [0] },
      '2/2',
      'Running',
      '2',
    ],
    [
      'with a sidecar that is not ready',
      { containers: [RUNNING], init: [{ ...SIDECAR, ready: false }], sidecars: [0] },
      '1/2',
      'Running',
      '0',
    ],
    [
      'with a sidecar that has not started',
      { containers: [CREATING], init: [{ ...RUNNING, started: false }], sidecars: [0] },
      '0/2',
      'Init:0/1',
      '0',
    ],
    [
      'that was initialized, whose sidecar fails later',
      {
        containers: [RUNNING],
        init: [waiting('CrashLoopBackOff', 4)],
        sidecars: [0],
        conditions: [{ type: 'Initialized', status: 'True' }],
      },
      '1/2',
      'Init:CrashLoopBackOff',
      '4',
    ],
    ['that a bookmark has in its place', { phase: '' }, '0/0', '', '0'],
  ])('%s', (_, parts, ready, status, restarts) => {
    expect(printed(PODS, pod(parts))).toMatchObject({
      Name: 'p',
      Ready: ready,
      Status: status,
      Restarts: restarts,
      Age: '5m',
    })
  })

  it.each([
    [
      'Succeeded',
      [
        {
          type: 'Completed',
          status: 'True',
          reason: 'Succeeded',
          message: 'The pod has completed successfully.',
        },
      ],
    ],
    ['Failed', [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }]],
    ['Running', undefined],
  ])('that is %s says in its row whether it has ended', (phase, conditions) => {
    expect(printedRow(PODS, pod({ phase })).conditions).toEqual(conditions)
  })

  it('shows where it is, and how many of its gates are open', () => {
    const object = {
      metadata: { name: 'p', creationTimestamp: new Date(NOW + 60_000).toISOString() },
      spec: { nodeName: 'n1', readinessGates: [{ conditionType: 'a' }, { conditionType: 'b' }] },
      status: {
        podIP: '10.0.0.9',
        podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }],
        nominatedNodeName: 'n2',
        conditions: [
          { type: 'a', status: 'True' },
          { type: 'b', status: 'False' },
          { type: 'b', status: 'True' },
        ],
      },
    }
    expect(printed(PODS, object)).toMatchObject({
      Age: '<invalid>',
      IP: '10.0.0.1',
      Node: 'n1',
      'Nominated Node': 'n2',
      'Readiness Gates': '1/2',
    })
  })

  it('of a template shows its containers to everybody', () => {
    const template = {
      metadata: { name: 't' },
      template: {
        metadata: { labels: { b: '2', a: '1' } },
        spec: {
          containers: [
            { name: 'x', image: 'i' },
            { name: 'y', image: 'j' },
          ],
        },
      },
    }
    const columns = tableColumnsOf('', 'podtemplates')
    expect(printed(columns, template)).toEqual({
      Name: 't',
      Containers: 'x,y',
      Images: 'i,j',
      'Pod Labels': 'a=1,b=2',
    })
    expect(columns.columns.map(({ definition }) => definition.priority)).toEqual([0, 0, 0, 0])
  })
})
