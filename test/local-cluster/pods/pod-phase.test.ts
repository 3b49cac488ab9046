import { describe, expect, it } from 'vitest'
import type { ContainerState, ContainerStatus } from '../../../src/apis/core/v1.ts'
import { podPhase } from '../../../src/local-cluster/pods/pod-phase.ts'

const NEW: ContainerState = { waiting: { reason: 'ContainerCreating' } }
const UP: ContainerState = { running: {} }
const OK: ContainerState = { terminated: { exitCode: 0 } }
const BAD: ContainerState = { terminated: { exitCode: 1 } }

const status = (state: ContainerState, index: number, lastState: ContainerState = {}): ContainerStatus => ({
  name: `c${index}`,
  state,
  lastState,
  ready: false,
  restartCount: 0,
  image: '',
  imageID: '',
})
const phaseOf = (init: ContainerState[], main: ContainerState[], isOver: boolean, sidecars = 0) =>
  podPhase(
    {
      initContainers: init.map((_, index) => ({
        name: `c${index}`,
        ...(index < sidecars && { restartPolicy: 'Always' as const }),
      })),
    },
    {
      init: init.map((state, index) => status(state, index)),
      main: main.map((state, index) => status(state, index)),
    },
    isOver,
  )

describe('the phase of a pod', () => {
  it.each([
    ['Pending', [], [NEW, UP]],
    ['Pending', [UP], [NEW]],
    ['Pending', [BAD], [NEW]],
    ['Running', [OK], [UP]],
    ['Running', [], [UP, OK]],
    ['Running', [], [OK, OK]],
    ['Running', [], [BAD]],
  ])('is %s while it goes on', (phase, init, main) => {
    expect(phaseOf(init, main, false)).toBe(phase)
  })

  it.each([
    ['Succeeded', [], [OK, OK]],
    ['Succeeded', [OK], [OK]],
    ['Failed', [], [OK, BAD]],
    ['Failed', [BAD], [NEW]],
    ['Failed', [], [NEW]],
  ])('is %s when all is over', (phase, init, main) => {
    expect(phaseOf(init, main, true)).toBe(phase)
  })

  it('does not depend on how a sidecar fares', () => {
    expect(phaseOf([UP], [UP], false, 1)).toBe('Running')
    expect(phaseOf([BAD], [OK], true, 1)).toBe('Succeeded')
  })

  it('is that of a running pod while a container waits to be run again', () => {
    const crashing = status({ waiting: { reason: 'CrashLoopBackOff' } }, 0, BAD)
    expect(podPhase({}, { init: [], main: [crashing] }, false)).toBe('Running')
  })
})
