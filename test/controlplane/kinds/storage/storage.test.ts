import { describe, expect, it } from 'vitest'
import { causesOfCreating, causesOfMerging, createdAs } from '../kind-writer.ts'

const GROUP = 'storage.k8s.io'
const named = (more: object) => ({ metadata: { name: 'n' }, ...more })

const BODIES: Readonly<Record<string, ReturnType<typeof named>>> = {
  storageclasses: named({ provisioner: 'example.com/p' }),
  volumeattributesclasses: named({ driverName: 'example.com', parameters: { a: 'b' } }),
  volumeattachments: named({
    spec: { attacher: 'a.io', nodeName: 'n', source: { persistentVolumeName: 'v' } },
  }),
  csidrivers: named({ spec: {} }),
  csinodes: named({ spec: { drivers: [{ name: 'a.io', nodeID: 'i', topologyKeys: null }] } }),
  csistoragecapacities: named({ storageClassName: 'c' }),
}

describe('defaults', () => {
  it.each([
    ['storageclasses', { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }],
    [
      'csidrivers',
      {
        metadata: { generation: 1 },
        spec: {
          attachRequired: true,
          podInfoOnMount: false,
          volumeLifecycleModes: ['Persistent'],
          storageCapacity: false,
          fsGroupPolicy: 'ReadWriteOnceWithFSType',
          requiresRepublish: false,
          seLinuxMount: false,
        },
      },
    ],
  ])('of %s', async (resource, expected) => {
    expect(await createdAs(`${resource}.${GROUP}`, BODIES[resource] ?? {})).toMatchObject(expected)
  })
})

describe('what is refused', () => {
  it.each([
    ['storageclasses', { provisioner: '' }, ['provisioner: Required value']],
    [
      'storageclasses',
      { provisioner: 'p', reclaimPolicy: 'Recycle' },
      ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
    ],
    [
      'storageclasses',
      {
        provisioner: 'p',
        allowedTopologies: [{ matchLabelExpressions: [{ key: 'k', values: ['v', 'v'] }] }],
      },
      ['allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "v"'],
    ],
    [
      'volumeattributesclasses',
      { driverName: 'd' },
      ['parameters: Required value: must contain at least one key/value pair'],
    ],
    [
      'volumeattachments',
      { spec: { attacher: 'a.io', nodeName: 'n', source: {} } },
      ['spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
    ],
    [
      'csidrivers',
      { spec: { tokenRequests: [{ audience: 'a', expirationSeconds: 1 }, { audience: 'a' }] } },
      [
        'spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
        'spec.tokenRequests[1].audience: Duplicate value: "a"',
      ],
    ],
    [
      'csinodes',
      { spec: { drivers: [{ name: '', nodeID: '', topologyKeys: ['k', 'k'] }] } },
      [
        'spec.drivers[0].name: Required value',
        'spec.drivers[0].nodeID: Required value',
        'spec.drivers[0]: Duplicate value: "k"',
      ],
    ],
    [
      'csistoragecapacities',
      { storageClassName: 'c', capacity: '-1' },
      ['capacity: Invalid value: "-1": must be greater than or equal to 0'],
    ],
  ])('in a new object of %s: %j', async (resource, more, causes) => {
    expect(await causesOfCreating(`${resource}.${GROUP}`, named(more))).toEqual(causes)
  })

  it.each([
    [
      'storageclasses',
      { provisioner: 'other' },
      ['provisioner: Forbidden: updates to provisioner are forbidden.'],
    ],
    [
      'storageclasses',
      { volumeBindingMode: 'WaitForFirstConsumer' },
      ['volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable'],
    ],
    ['storageclasses', { allowVolumeExpansion: true }, []],
    [
      'volumeattributesclasses',
      { parameters: { a: 'c' } },
      ['parameters: Forbidden: updates to parameters are forbidden.'],
    ],
    [
      'csidrivers',
      { spec: { attachRequired: false } },
      ['spec.attachedRequired: Invalid value: false: field is immutable'],
    ],
    [
      'csinodes',
      { spec: { drivers: [{ name: 'a.io', nodeID: 'i', topologyKeys: null, allocatable: { count: 1 } }] } },
      [],
    ],
    [
      'csistoragecapacities',
      { storageClassName: 'd' },
      ['storageClassName: Invalid value: "d": field is immutable'],
    ],
    [
      'volumeattachments',
      { spec: { nodeName: 'm' } },
      [
        'spec: Invalid value: {"attacher":"a.io","source":{"persistentVolumeName":"v"},"nodeName":"m"}: field is immutable',
      ],
    ],
  ])('in a change of %s: %j', async (resource, patch, causes) => {
    const body = BODIES[resource] ?? named({})
    expect(await causesOfMerging(`${resource}.${GROUP}`, body, patch)).toEqual(causes)
  })

  it('is a long message about a volume', async () => {
    const status = { attached: false, attachError: { message: 'm'.repeat(1025) } }
    const causes = await causesOfMerging(
      `volumeattachments.${GROUP}`,
      BODIES.volumeattachments ?? named({}),
      { status },
      'status',
    )
    expect(causes).toEqual(['status.attachError.message: Too long: may not be more than 262144 bytes'])
  })
})
