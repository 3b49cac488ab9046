import { type KindEntry, KindTable } from '../strategy/index.ts'
import { CSI_DRIVER_STRATEGY, CSI_NODE_STRATEGY, CSI_STORAGE_CAPACITY_STRATEGY } from './csi.ts'
import { ATTRIBUTES_CLASS_STRATEGY, STORAGE_CLASS_STRATEGY } from './storage-classes.ts'
import { VOLUME_ATTACHMENT_STATUS_STRATEGY, VOLUME_ATTACHMENT_STRATEGY } from './volume-attachments.ts'

const storage = new KindTable('storage.k8s.io')

export const STORAGE_KINDS: readonly KindEntry[] = [
  storage.clusterScoped('storageclasses', 'StorageClass', STORAGE_CLASS_STRATEGY),
  storage.clusterScoped('volumeattributesclasses', 'VolumeAttributesClass', ATTRIBUTES_CLASS_STRATEGY),
  storage.clusterScoped('volumeattachments', 'VolumeAttachment', VOLUME_ATTACHMENT_STRATEGY, {
    subresources: { status: VOLUME_ATTACHMENT_STATUS_STRATEGY },
  }),
  storage.clusterScoped('csidrivers', 'CSIDriver', CSI_DRIVER_STRATEGY),
  storage.clusterScoped('csinodes', 'CSINode', CSI_NODE_STRATEGY),
  storage.namespaced('csistoragecapacities', 'CSIStorageCapacity', CSI_STORAGE_CAPACITY_STRATEGY),
]
