import { isDeepStrictEqual } from 'node:util'
import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject, JsonValue } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { nanosOf, subdomainErrors } from '../field-checks/index.ts'
import {
  accessModeErrors,
  csiDriverErrors,
  hostPathErrors,
  type NodeSelector,
  nfsErrors,
  nodeSelectorErrors,
  type ResourceList,
  resourceListDefaults,
} from '../pod/index.ts'
import {
  immutableErrors,
  type KindEntry,
  type KindTable,
  statusStrategy,
  strategyWithStatus,
} from '../strategy/index.ts'
import { lineDiff } from './line-diff.ts'

interface VolumeSpec extends JsonObject {
  readonly capacity?: ResourceList
  readonly accessModes?: readonly string[]
  readonly persistentVolumeReclaimPolicy?: string
  readonly storageClassName?: string
  readonly volumeMode?: string
  readonly nodeAffinity?: JsonObject & { readonly required?: NodeSelector }
  readonly hostPath?: JsonObject & { readonly path: string; readonly type?: string }
  readonly nfs?: JsonObject & { readonly server: string; readonly path: string }
  readonly local?: JsonObject & { readonly path: string }
  readonly csi?: JsonObject & { readonly driver: string; readonly volumeHandle: string }
}

interface PersistentVolume extends KubeObject {
  readonly spec?: VolumeSpec
  readonly status?: JsonObject & { readonly phase?: string }
}

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain']
const VOLUME_MODES = ['Block', 'Filesystem']

/** In the order in which the original looks at them. */
const SOURCES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const

/** Of `v1`. */
export function persistentVolumeKind(table: KindTable): KindEntry {
  const volume = strategyWithStatus({
    withDefaults: (object) => volumeDefaults(object as PersistentVolume),
    prepareForCreate: (object) => ({
      ...object,
      // A new volume has been in its phase for as long as it has been there.
      status: { phase: 'Pending', lastPhaseTransitionTime: object.metadata.creationTimestamp ?? null },
    }),
    validate: (object) => volumeErrors(specOf(object)),
    validateUpdate: (object, old) => volumeUpdateErrors(specOf(object), specOf(old)),
  })
  return table.clusterScoped('persistentvolumes', 'PersistentVolume', volume, {
    subresources: { status: statusStrategy(volume) },
  })
}

function specOf(object: KubeObject): VolumeSpec {
  return (object as PersistentVolume).spec ?? {}
}

function volumeDefaults(volume: PersistentVolume): PersistentVolume {
  const { spec = {}, status } = volume
  const { capacity, hostPath } = spec
  return {
    ...volume,
    spec: {
      ...spec,
      ...(capacity ? { capacity: resourceListDefaults(capacity) } : {}),
      ...(hostPath ? { hostPath: { ...hostPath, type: hostPath.type ?? '' } } : {}),
      persistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy || 'Retain',
      volumeMode: spec.volumeMode ?? 'Filesystem',
    },
    status: { ...status, phase: status?.phase || 'Pending' },
  }
}

function volumeErrors(spec: VolumeSpec): FieldError[] {
  const { accessModes = [], capacity = {}, persistentVolumeReclaimPolicy: policy = '', volumeMode } = spec
  const { nodeAffinity, hostPath, storageClassName = '' } = spec
  return [
    ...(accessModes.length === 0 ? [required('spec.accessModes')] : []),
    ...accessModeErrors(accessModes, 'spec.accessModes'),
    ...capacityErrors(capacity),
    ...(policy === '' || RECLAIM_POLICIES.includes(policy)
      ? []
      : [notSupported('spec.persistentVolumeReclaimPolicy', policy, RECLAIM_POLICIES)]),
    ...(nodeAffinity ? affinityErrors(nodeAffinity.required) : []),
    ...sourceErrors(spec),
    ...(hostPath && /^\/+$/.test(hostPath.path) && policy === 'Recycle'
      ? [forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'")]
      : []),
    ...(storageClassName === '' ? [] : subdomainErrors(storageClassName, 'spec.storageClassName')),
    ...(volumeMode === undefined || VOLUME_MODES.includes(volumeMode)
      ? []
      : [notSupported('spec.volumeMode', volumeMode, VOLUME_MODES)]),
  ]
}

function volumeUpdateErrors(spec: VolumeSpec, old: VolumeSpec): FieldError[] {
  const [now, before] = [sourceOf(spec), sourceOf(old)]
  const diff = lineDiff(JSON.stringify(before, null, 1), JSON.stringify(now, null, 1))
  return [
    ...volumeErrors(spec),
    ...(isDeepStrictEqual(now, before)
      ? []
      : [
          forbidden(
            'spec.persistentvolumesource',
            `spec.persistentvolumesource is immutable after creation\n${diff}`,
          ),
        ]),
    ...immutableErrors(spec.volumeMode, old.volumeMode, 'volumeMode'),
    ...(old.nodeAffinity === undefined || isDeepStrictEqual(spec.nodeAffinity, old.nodeAffinity)
      ? []
      : [
          invalid(
            'nodeAffinity',
            spec.nodeAffinity,
            'field is immutable, except for updating from beta label to GA',
          ),
        ]),
  ]
}

/** What the volume is, which can never change. */
function sourceOf(spec: VolumeSpec): JsonObject {
  const present = SOURCES.filter((name) => spec[name] !== undefined)
  return Object.fromEntries(present.map((name): [string, JsonValue] => [name, spec[name] ?? null]))
}

function capacityErrors(capacity: ResourceList): FieldError[] {
  const names = Object.keys(capacity)
  const isStorage = names.length === 1 && names[0] === 'storage'
  return [
    ...(names.length === 0 ? [required('spec.capacity')] : []),
    ...(isStorage ? [] : [notSupported('spec.capacity', capacity, ['storage'])]),
    ...Object.entries(capacity).flatMap(([name, quantity]) =>
      nanosOf(quantity) > 0n
        ? []
        : [invalid(`spec.capacity[${name}]`, quantity, 'must be greater than zero')],
    ),
  ]
}

function affinityErrors(needed: NodeSelector | undefined): FieldError[] {
  const path = 'spec.nodeAffinity.required'
  return needed
    ? nodeSelectorErrors(needed, path)
    : [required(path, 'must specify required node constraints')]
}

function sourceErrors(spec: VolumeSpec): FieldError[] {
  const [first, ...others] = SOURCES.filter((name) => spec[name] !== undefined)
  if (first === undefined) return [required('spec', 'must specify a volume type')]
  return [
    ...oneSourceErrors(first, spec),
    ...others.map((name) => forbidden(`spec.${name}`, 'may not specify more than 1 volume type')),
  ]
}

function oneSourceErrors(source: (typeof SOURCES)[number], spec: VolumeSpec): FieldError[] {
  const { hostPath, nfs, local, csi } = spec
  switch (source) {
    case 'hostPath':
      return hostPath ? hostPathErrors(hostPath, 'spec.hostPath') : []
    case 'nfs':
      return nfs ? nfsErrors(nfs, 'spec.nfs') : []
    case 'local':
      return [
        ...(local?.path ? [] : [required('spec.local.path')]),
        ...(spec.nodeAffinity ? [] : [required('spec.nodeAffinity', 'Local volume requires node affinity')]),
      ]
    case 'csi':
      return csi
        ? [
            ...csiDriverErrors(csi.driver, 'spec.csi.driver'),
            ...(csi.volumeHandle === '' ? [required('spec.csi.volumeHandle')] : []),
          ]
        : []
    default:
      return []
  }
}
