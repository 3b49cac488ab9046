import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/controlplane/api/json.ts'
import { requireLog } from '../../../src/controlplane/pod-streams/log-readiness.ts'
import { nodeOf, requestedContainer } from '../../../src/controlplane/pod-streams/requested-container.ts'

const podOf = (spec: JsonObject, status: JsonObject = {}) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'p' },
  spec,
  status,
})
const named = (...names: readonly string[]) => names.map((name) => ({ name }))

describe('the container that is meant', () => {
  const pod = podOf({
    containers: named('a', 'b'),
    initContainers: named('c', 'd'),
    ephemeralContainers: named('e'),
  })

  it.each(['a', 'b', 'c', 'd', 'e'])('is named: %s', (name) => {
    expect(requestedContainer(pod, name)).toBe(name)
  })

  it('is the only one where none is named', () => {
    expect(requestedContainer(podOf({ containers: named('a'), initContainers: named('c') }), '')).toBe('a')
  })

  it.each([
    [pod, 'f', 'container f is not valid for pod p'],
    [
      pod,
      '',
      'a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [c d]',
    ],
    [
      podOf({ containers: named('a', 'b') }),
      '',
      'a container name must be specified for pod p, choose one of: [a b]',
    ],
    [podOf({}), '', 'a container name must be specified for pod p'],
  ])('may not be clear', (of, wanted, message) => {
    expect(() => requestedContainer(of, wanted)).toThrow(
      expect.objectContaining({ reason: 'BadRequest', message }),
    )
  })

  it('is on a node, or nowhere', () => {
    expect([nodeOf(podOf({ nodeName: 'n' })), nodeOf(podOf({}))]).toEqual(['n', ''])
  })
})

describe('the log of a container', () => {
  const statusOf = (state: JsonObject, lastState: JsonObject = {}, field = 'containerStatuses') =>
    podOf(
      {},
      {
        [field]: [
          { name: 'other', state: {} },
          { name: 'c', state, lastState },
        ],
      },
    )

  it.each([
    [statusOf({ running: {} }), false],
    [statusOf({ terminated: {} }), false],
    [statusOf({ waiting: { reason: 'CrashLoopBackOff' } }, { terminated: {} }), false],
    [statusOf({ running: {} }, { terminated: {} }), true],
    [statusOf({ terminated: {} }, {}, 'initContainerStatuses'), false],
    [statusOf({ running: {} }, {}, 'ephemeralContainerStatuses'), false],
  ])('is there once it has run', (pod, previous) => {
    expect(() => requireLog(pod, 'c', previous)).not.toThrow()
  })

  it.each([
    [podOf({}), false, 'container "c" in pod "p" is not available'],
    [statusOf({ running: {} }), true, 'previous terminated container "c" in pod "p" not found'],
    [
      statusOf({ waiting: { reason: 'ContainerCreating' } }),
      false,
      'container "c" in pod "p" is waiting to start: ContainerCreating',
    ],
    [
      statusOf({ waiting: { reason: 'ErrImagePull' } }),
      false,
      'container "c" in pod "p" is waiting to start: image can\'t be pulled',
    ],
    [
      statusOf({ waiting: { reason: 'ImagePullBackOff' } }),
      false,
      'container "c" in pod "p" is waiting to start: trying and failing to pull image',
    ],
    [statusOf({}), false, 'container "c" in pod "p" is waiting to start - no logs yet'],
  ])('is not there before', (pod, previous, message) => {
    expect(() => requireLog(pod, 'c', previous)).toThrow(
      expect.objectContaining({ reason: 'BadRequest', message }),
    )
  })
})
