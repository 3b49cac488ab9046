import type { JsonObject } from '../../api/json.ts'
import { type Cell, column, type TableColumns, tableOf, wideColumn } from '../column.ts'
import { AGE, NAME, nameColumn } from '../common-columns.ts'
import { booleanAt, objectAt, objectsAt, sizeAt, textAt, textsAt, valueAt } from '../members.ts'

const STORAGE_CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'
const DEFAULT_STORAGE_CLASS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]
const DEFAULT_VOLUME_ATTRIBUTES_CLASS = ['volumeattributesclass.alpha.kubernetes.io/is-default-class']

const ACCESS_MODES = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const

export const PERSISTENT_VOLUMES: TableColumns = tableOf(
  NAME,
  column('Capacity', 'string', 'How much it stores', quantity('spec', 'capacity')),
  column('Access Modes', 'string', 'How it can be mounted', (volume) =>
    accessModes(textsAt(volume, 'spec', 'accessModes')),
  ),
  column('Reclaim Policy', 'string', 'What becomes of it when its claim is gone', (volume) =>
    textAt(volume, 'spec', 'persistentVolumeReclaimPolicy'),
  ),
  column('Status', 'string', 'Whether it is bound to a claim', phase),
  column('Claim', 'string', 'The claim that it is bound to', (volume) => {
    const claim = objectAt(volume, 'spec', 'claimRef')
    return claim ? `${textAt(claim, 'namespace')}/${textAt(claim, 'name')}` : ''
  }),
  column('StorageClass', 'string', 'The storage class that it is of', storageClass),
  column('VolumeAttributesClass', 'string', 'The class of its attributes', volumeAttributesClass),
  column('Reason', 'string', 'Why it is in that status', (volume) => textAt(volume, 'status', 'reason')),
  AGE,
  wideColumn('VolumeMode', 'string', 'A file system, or a raw block', volumeMode),
)

export const PERSISTENT_VOLUME_CLAIMS: TableColumns = tableOf(
  NAME,
  column('Status', 'string', 'Whether it is bound to a volume', phase),
  column('Volume', 'string', 'The volume that it is bound to', (claim) =>
    textAt(claim, 'spec', 'volumeName'),
  ),
  column('Capacity', 'string', 'How much the volume stores', ofVolume(quantity('status', 'capacity'))),
  column(
    'Access Modes',
    'string',
    'How the volume can be mounted',
    ofVolume((claim) => accessModes(textsAt(claim, 'status', 'accessModes'))),
  ),
  column('StorageClass', 'string', 'The storage class that it wants', storageClass),
  column('VolumeAttributesClass', 'string', 'The class of attributes that it wants', volumeAttributesClass),
  AGE,
  wideColumn('VolumeMode', 'string', 'A file system, or a raw block', volumeMode),
)

export const STORAGE_CLASSES: TableColumns = tableOf(
  nameColumn(nameOrDefault(DEFAULT_STORAGE_CLASS)),
  column('Provisioner', 'string', 'Who makes its volumes', (each) => textAt(each, 'provisioner')),
  column(
    'ReclaimPolicy',
    'string',
    'What becomes of a volume when its claim is gone',
    (each) => textAt(each, 'reclaimPolicy') || 'Delete',
  ),
  column(
    'VolumeBindingMode',
    'string',
    'When volumes are made and bound',
    (each) => textAt(each, 'volumeBindingMode') || 'Immediate',
  ),
  column('AllowVolumeExpansion', 'string', 'Whether volumes can grow', (each) =>
    booleanAt(each, 'allowVolumeExpansion'),
  ),
  AGE,
)

export const VOLUME_ATTRIBUTES_CLASSES: TableColumns = tableOf(
  nameColumn(nameOrDefault(DEFAULT_VOLUME_ATTRIBUTES_CLASS)),
  column('DriverName', 'string', 'Whose volumes have these attributes', (each) => textAt(each, 'driverName')),
  AGE,
)

export const VOLUME_ATTACHMENTS: TableColumns = tableOf(
  NAME,
  column('Attacher', 'string', 'Who attaches it', (each) => textAt(each, 'spec', 'attacher'), {
    format: 'name',
  }),
  column('PV', 'string', 'The volume that is attached', (each) =>
    textAt(each, 'spec', 'source', 'persistentVolumeName'),
  ),
  column('Node', 'string', 'The node that it is attached to', (each) => textAt(each, 'spec', 'nodeName')),
  column('Attached', 'boolean', 'Whether it is attached', (each) => booleanAt(each, 'status', 'attached')),
  AGE,
)

export const CSI_NODES: TableColumns = tableOf(
  NAME,
  column('Drivers', 'integer', 'How many CSI drivers the node has', (node) =>
    sizeAt(node, 'spec', 'drivers'),
  ),
  AGE,
)

export const CSI_DRIVERS: TableColumns = tableOf(
  NAME,
  column(
    'AttachRequired',
    'boolean',
    'Whether volumes must be attached before they are mounted',
    (driver) => valueAt(driver, 'spec', 'attachRequired') ?? true,
  ),
  column('PodInfoOnMount', 'boolean', 'Whether it is told of the pod', flag('podInfoOnMount')),
  column('StorageCapacity', 'boolean', 'Whether it says how much it can store', flag('storageCapacity')),
  column('TokenRequests', 'string', 'Whose tokens of the pod it gets', (driver) =>
    Array.isArray(valueAt(driver, 'spec', 'tokenRequests'))
      ? objectsAt(driver, 'spec', 'tokenRequests')
          .map((request) => textAt(request, 'audience'))
          .join(',')
      : '<unset>',
  ),
  column('RequiresRepublish', 'boolean', 'Whether it is asked again and again', flag('requiresRepublish')),
  column(
    'Modes',
    'string',
    'What kinds of volumes it has',
    (driver) => textsAt(driver, 'spec', 'volumeLifecycleModes').join(',') || '<none>',
  ),
  AGE,
)

export const CSI_STORAGE_CAPACITIES: TableColumns = tableOf(
  NAME,
  column('StorageClassName', 'string', 'The class of the volumes', (each) =>
    textAt(each, 'storageClassName'),
  ),
  column('Capacity', 'string', 'How much can be stored', (each) => textAt(each, 'capacity') || '<unset>'),
)

function accessModes(modes: readonly string[]): string {
  return ACCESS_MODES.filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',')
}

function quantity(...path: readonly string[]): Cell {
  return (object) => textAt(object, ...path, 'storage') || '0'
}

/** A claim without a volume shows nothing of it. */
function ofVolume(cell: Cell): Cell {
  return (claim, now) => (textAt(claim, 'spec', 'volumeName') === '' ? '' : cell(claim, now))
}

function phase(object: JsonObject): string {
  return valueAt(object, 'metadata', 'deletionTimestamp') ? 'Terminating' : textAt(object, 'status', 'phase')
}

/** The annotation is what there was before the field. */
function storageClass(object: JsonObject): string {
  const annotation = valueAt(object, 'metadata', 'annotations', STORAGE_CLASS_ANNOTATION)
  return typeof annotation === 'string' ? annotation : textAt(object, 'spec', 'storageClassName')
}

function volumeAttributesClass(object: JsonObject): string {
  const name = valueAt(object, 'spec', 'volumeAttributesClassName')
  return typeof name === 'string' ? name : '<unset>'
}

function volumeMode(object: JsonObject): string {
  return textAt(object, 'spec', 'volumeMode') || '<unset>'
}

function nameOrDefault(annotations: readonly string[]): Cell {
  return (object) => {
    const isDefault = annotations.some((each) => textAt(object, 'metadata', 'annotations', each) === 'true')
    return `${textAt(object, 'metadata', 'name')}${isDefault ? ' (default)' : ''}`
  }
}

function flag(member: string): Cell {
  return (driver) => booleanAt(driver, 'spec', member)
}
