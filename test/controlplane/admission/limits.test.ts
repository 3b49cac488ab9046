import { expect, it } from 'vitest'
import { AdmissionChain, limitRanger } from '../../../src/controlplane/admission/index.ts'
import type { KubeObject } from '../../../src/controlplane/registry/index.ts'
import { admissionRequest, object } from './requests.ts'

function range(...limits: object[]): KubeObject {
  return object('LimitRange', 'r', { spec: { limits } })
}

function pod(resources: object, rest: object = {}): KubeObject {
  return object('Pod', 'p', { spec: { containers: [{ name: 'c', resources }], ...rest } })
}

function claim(storage: string): KubeObject {
  return object('PersistentVolumeClaim', 'p', { spec: { resources: { requests: { storage } } } })
}

/** How the object is admitted, or why not. */
async function outcome(
  ranges: KubeObject[],
  changes: Parameters<typeof admissionRequest>[0],
): Promise<unknown> {
  const chain = new AdmissionChain([limitRanger({ list: () => ranges })])
  return chain.admit(admissionRequest(changes)).catch((error: Error) => error.message)
}

it('gives containers what they do not ask for, and says so', async () => {
  const limits = { type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } }
  const given = pod(
    { limits: { memory: '2Gi' } },
    { initContainers: [{ name: 'i', resources: { requests: { cpu: '1' } } }] },
  )
  expect(await outcome([range(limits)], { object: given })).toMatchObject({
    metadata: {
      annotations: {
        'kubernetes.io/limit-ranger':
          'LimitRanger plugin set: cpu request for container c; cpu limit for container c; cpu, memory limit for init container i',
      },
    },
    spec: {
      containers: [{ resources: { requests: { cpu: '100m' }, limits: { cpu: '1', memory: '2Gi' } } }],
      initContainers: [{ resources: { requests: { cpu: '1' }, limits: { cpu: '1', memory: '1Gi' } } }],
    },
  })
})

it.each<[string, object, KubeObject, string]>([
  [
    'too little',
    { type: 'Container', min: { cpu: '1' } },
    pod({ requests: { cpu: '900m' } }),
    'minimum cpu usage per Container is 1, but request is 900m',
  ],
  [
    'no request',
    { type: 'Container', min: { cpu: '1' } },
    pod({}),
    'minimum cpu usage per Container is 1.  No request is specified',
  ],
  [
    'a limit too low',
    { type: 'Pod', min: { memory: '1Gi' } },
    pod({ requests: { memory: '1Gi' }, limits: { memory: '512Mi' } }),
    'minimum memory usage per Pod is 1Gi, but limit is 512Mi',
  ],
  [
    'no limit',
    { type: 'Container', max: { cpu: '1' } },
    pod({ requests: { cpu: '1' } }),
    'maximum cpu usage per Container is 1.  No limit is specified',
  ],
  [
    'too much',
    { type: 'Container', max: { cpu: '1' } },
    pod({ limits: { cpu: '1001m' } }),
    'maximum cpu usage per Container is 1, but limit is 1001m',
  ],
  [
    'an init container with too much',
    { type: 'Container', max: { cpu: '1' } },
    pod({ limits: { cpu: '1' } }, { initContainers: [{ name: 'i', resources: { limits: { cpu: '2' } } }] }),
    'maximum cpu usage per Container is 1, but limit is 2',
  ],
  [
    'containers that are too much together',
    { type: 'Pod', max: { memory: '1Gi' } },
    pod(
      {},
      {
        containers: [
          { name: 'a', resources: { limits: { memory: '512Mi' } } },
          { name: 'b', resources: { limits: { memory: '768Mi' } } },
        ],
      },
    ),
    'maximum memory usage per Pod is 1Gi, but limit is 1280Mi',
  ],
  [
    'a ratio',
    { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
    pod({ requests: { cpu: '200m' }, limits: { cpu: '500m' } }),
    'cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000',
  ],
  [
    'a ratio of nothing',
    { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
    pod({ limits: { cpu: '500m' } }),
    'cpu max limit to request ratio per Container is 2, but no request is specified or request is 0',
  ],
  [
    'two problems',
    { type: 'Container', max: { cpu: '1', memory: '1Mi' } },
    pod({ limits: { cpu: '2' } }),
    '[maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Mi.  No limit is specified]',
  ],
])('refuses a pod for %s', async (_, limit, given, detail) => {
  expect(await outcome([range(limit)], { object: given })).toBe(`pods "p" is forbidden: ${detail}`)
  const update = { operation: 'UPDATE', object: given, oldObject: given } as const
  expect(await outcome([range(limit)], update)).toEqual(given)
})

it('admits what is exactly at its bounds', async () => {
  const limit = {
    type: 'Container',
    min: { cpu: '0.5' },
    max: { cpu: '1' },
    maxLimitRequestRatio: { cpu: '2' },
  }
  const given = pod({ requests: { cpu: '500m' }, limits: { cpu: '1000m' } })
  expect(await outcome([range(limit)], { object: given })).toEqual(given)
})

it.each([
  ['512Mi', 'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi'],
  ['3Gi', 'maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi'],
])('refuses a claim of %s, also when it is changed', async (storage, detail) => {
  const ranges = [range({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } })]
  const resource = { kind: 'PersistentVolumeClaim', resource: 'persistentvolumeclaims' }
  const refused = `persistentvolumeclaims "p" is forbidden: ${detail}`
  expect(await outcome(ranges, { ...resource, object: claim(storage) })).toBe(refused)
  const update = { ...resource, operation: 'UPDATE', object: claim(storage) } as const
  expect(await outcome(ranges, { ...update, oldObject: claim('1Gi') })).toBe(refused)
  const ending = object('PersistentVolumeClaim', 'p', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' })
  expect(await outcome(ranges, { ...update, oldObject: ending })).toEqual(claim(storage))
})
