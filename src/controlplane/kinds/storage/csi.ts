import { duplicate, type FieldError, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, subdomainProblems } from '../../registry/index.ts'
import { labelSelectorErrors, type StructuredLabelSelector } from '../../selectors/index.ts'
import { compareQuantities, nonNegativeErrors, qualifiedNameErrors } from '../field-checks/index.ts'
import { immutableErrors, nameErrors, strategyOf } from '../strategy/index.ts'

/** Drivers of volumes, and what they say of nodes and of capacity (kubernetes, apis/storage/validation). */

interface CsiDriver extends KubeObject {
  readonly spec: JsonObject & {
    readonly attachRequired?: boolean
    readonly podInfoOnMount?: boolean
    readonly storageCapacity?: boolean
    readonly fsGroupPolicy?: string
    readonly tokenRequests?: readonly (JsonObject & {
      readonly audience: string
      readonly expirationSeconds?: number
    })[]
    readonly requiresRepublish?: boolean
    readonly volumeLifecycleModes?: readonly string[]
    readonly seLinuxMount?: boolean
    readonly nodeAllocatableUpdatePeriodSeconds?: number
  }
}

interface NodeDriver extends JsonObject {
  readonly name: string
  readonly nodeID: string
  readonly topologyKeys?: readonly string[] | null
  readonly allocatable?: JsonObject & { readonly count?: number }
}

interface CsiNode extends KubeObject {
  readonly spec: JsonObject & { readonly drivers?: readonly NodeDriver[] | null }
}

interface Capacity extends KubeObject {
  readonly nodeTopology?: StructuredLabelSelector & JsonObject
  readonly storageClassName: string
  readonly capacity?: string
}

const FS_GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType']
const LIFECYCLE_MODES = ['Persistent', 'Ephemeral']
const SHORTEST_TOKEN_SECONDS = 600
const LONGEST_TOKEN_SECONDS = 2 ** 32
const SHORTEST_UPDATE_SECONDS = 10
const LONGEST_NODE_ID = 256

function withDriverDefaults(object: KubeObject): KubeObject {
  const { spec } = object as CsiDriver
  const { volumeLifecycleModes = [] } = spec
  return {
    ...object,
    spec: {
      ...spec,
      attachRequired: spec.attachRequired ?? true,
      podInfoOnMount: spec.podInfoOnMount ?? false,
      storageCapacity: spec.storageCapacity ?? false,
      fsGroupPolicy: spec.fsGroupPolicy ?? 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: volumeLifecycleModes.length === 0 ? ['Persistent'] : volumeLifecycleModes,
      requiresRepublish: spec.requiresRepublish ?? false,
      seLinuxMount: spec.seLinuxMount ?? false,
    },
  }
}

function driverErrors({ spec }: CsiDriver): FieldError[] {
  const { fsGroupPolicy, nodeAllocatableUpdatePeriodSeconds: period } = spec
  return [
    ...(fsGroupPolicy === undefined || FS_GROUP_POLICIES.includes(fsGroupPolicy)
      ? []
      : [notSupported('spec.fsGroupPolicy', fsGroupPolicy, FS_GROUP_POLICIES)]),
    ...tokenErrors(spec),
    ...(spec.volumeLifecycleModes ?? [])
      .filter((mode) => !LIFECYCLE_MODES.includes(mode))
      .map((mode) => notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES)),
    ...(period !== undefined && period < SHORTEST_UPDATE_SECONDS
      ? [
          invalid(
            'spec.nodeAllocatableUpdatePeriodSeconds',
            period,
            'must be greater than or equal to 10 seconds',
          ),
        ]
      : []),
  ]
}

function tokenErrors({ tokenRequests = [] }: CsiDriver['spec']): FieldError[] {
  const audiences = tokenRequests.map(({ audience }) => audience)
  return tokenRequests.flatMap(({ audience, expirationSeconds: seconds }, index) => {
    const path = `spec.tokenRequests[${index}]`
    if (audiences.indexOf(audience) < index) return [duplicate(`${path}.audience`, audience)]
    const wrong = (detail: string) => [invalid(`${path}.expirationSeconds`, seconds, detail)]
    if (seconds === undefined) return []
    if (seconds < SHORTEST_TOKEN_SECONDS) return wrong('may not specify a duration less than 10 minutes')
    return seconds > LONGEST_TOKEN_SECONDS ? wrong('may not specify a duration larger than 2^32 seconds') : []
  })
}

export const CSI_DRIVER_STRATEGY = strategyOf({
  countsGenerations: true,
  allowsUnconditionalUpdate: false,
  withDefaults: withDriverDefaults,
  validate: (driver) => driverErrors(driver as CsiDriver),
  validateUpdate: (updated, old) => {
    const [driver, before] = [updated as CsiDriver, old as CsiDriver]
    const fixed = (name: string, field: string) =>
      immutableErrors(driver.spec[name], before.spec[name], field)
    return [
      ...driverErrors(driver),
      // The original misspells this field.
      ...fixed('attachRequired', 'spec.attachedRequired'),
      ...fixed('volumeLifecycleModes', 'spec.volumeLifecycleModes'),
    ]
  },
})

function nodeErrors({ spec }: CsiNode): FieldError[] {
  const drivers = spec.drivers ?? []
  const names = drivers.map(({ name }) => name)
  return drivers.flatMap((driver, index) => {
    const path = `spec.drivers[${index}]`
    return [
      ...nodeDriverErrors(driver, path),
      ...(names.indexOf(driver.name) < index ? [duplicate(`${path}.name`, driver.name)] : []),
      ...topologyKeyErrors(driver.topologyKeys ?? [], path),
    ]
  })
}

function nodeDriverErrors({ name, nodeID, allocatable }: NodeDriver, path: string): FieldError[] {
  const field = `${path}.nodeID`
  return [
    ...driverNameErrors(name, `${path}.name`),
    ...(nodeID === '' ? [required(field)] : []),
    ...(nodeID.length > LONGEST_NODE_ID
      ? [invalid(field, nodeID, `must be ${LONGEST_NODE_ID} characters or less`)]
      : []),
    ...nonNegativeErrors(allocatable?.count, `${path}.allocatable.count`),
  ]
}

function topologyKeyErrors(keys: readonly string[], path: string): FieldError[] {
  return keys.flatMap((key, index) => [
    ...(key === '' ? [required(path)] : []),
    ...(keys.indexOf(key) < index ? [duplicate(path, key)] : []),
    ...qualifiedNameErrors(key, path),
  ])
}

const LONGEST_DRIVER_NAME = 63

export function driverNameErrors(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)]
  const isLong = name.length > LONGEST_DRIVER_NAME
  const message = `Too long: may not be more than ${LONGEST_DRIVER_NAME} bytes`
  return [
    ...(isLong ? [{ reason: 'FieldValueTooLong', field, message } as const] : []),
    ...nameErrors(name.toLowerCase(), field, subdomainProblems),
  ]
}

/** How many volumes a node takes may be counted anew; what else its driver said of it stays. */
function nodeChangeErrors(node: CsiNode, old: CsiNode): FieldError[] {
  const fixed = ({ allocatable: _, ...driver }: NodeDriver): JsonObject => driver
  return (old.spec.drivers ?? []).flatMap((before) =>
    (node.spec.drivers ?? [])
      .filter(({ name }) => name === before.name)
      .flatMap((driver) => immutableErrors(fixed(driver), fixed(before), 'spec.drivers')),
  )
}

export const CSI_NODE_STRATEGY = strategyOf({
  allowsUnconditionalUpdate: false,
  validate: (node) => nodeErrors(node as CsiNode),
  validateUpdate: (node, old) => [
    ...nodeErrors(node as CsiNode),
    ...nodeChangeErrors(node as CsiNode, old as CsiNode),
  ],
})

function capacityErrors({ nodeTopology, storageClassName, capacity }: Capacity): FieldError[] {
  return [
    ...(nodeTopology ? labelSelectorErrors(nodeTopology, 'nodeTopology') : []),
    ...nameErrors(storageClassName, 'storageClassName', subdomainProblems),
    ...(capacity !== undefined && compareQuantities(capacity, '0') < 0
      ? [invalid('capacity', capacity, 'must be greater than or equal to 0')]
      : []),
  ]
}

export const CSI_STORAGE_CAPACITY_STRATEGY = strategyOf({
  allowsUnconditionalUpdate: false,
  validate: (capacity) => capacityErrors(capacity as Capacity),
  validateUpdate: (capacity, old) => [
    ...capacityErrors(capacity as Capacity),
    ...immutableErrors(capacity.nodeTopology, old.nodeTopology, 'nodeTopology'),
    ...immutableErrors(capacity.storageClassName, old.storageClassName, 'storageClassName'),
  ],
})
