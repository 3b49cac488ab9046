import { describe, expect, it } from 'vitest'
import type { ContainerStatus, Pod } from '../../../src/apis/core/v1.ts'
import { podConditions } from '../../../src/local-cluster/pods/pod-conditions.ts'

const status = (name: string, ready: boolean): ContainerStatus => ({
  name,
  ready,
  restartCount: 0,
  image: '',
  imageID: '',
})

describe('a pod with a sidecar', () => {
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pod' },
    spec: {
      initContainers: [{ name: 'setup' }, { name: 'proxy', restartPolicy: 'Always' }],
      containers: [{ name: 'main' }],
    },
  }
  const readiness = (setup: boolean, proxy: boolean, main: boolean) =>
    podConditions(
      pod,
      {
        phase: 'Running',
        hasSandbox: true,
        statuses: { init: [status('setup', setup), status('proxy', proxy)], main: [status('main', main)] },
      },
      0,
    ).find(({ type }) => type === 'Ready')

  it('is ready when that is, too', () => {
    expect(readiness(true, true, true)).toMatchObject({ status: 'True' })
    expect(readiness(false, true, true)).toMatchObject({ status: 'True' }) // which it was, to get here
  })

  it('is not ready while that waits to be started again', () => {
    expect(readiness(true, false, true)).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [proxy]',
    })
    expect(readiness(true, false, false)?.message).toBe('containers with unready status: [proxy main]')
  })
})
