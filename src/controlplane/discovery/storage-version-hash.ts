import { createHash } from 'node:crypto'
import type { GroupVersionKind } from './api-catalog.ts'

const HASHED_BYTES = 8

/** Objects that are kept in another form than the one they are asked for in. */
const STORED_AS: Readonly<Record<string, GroupVersionKind>> = {
  'autoscaling/v1/HorizontalPodAutoscaler': {
    group: 'autoscaling',
    version: 'v2',
    kind: 'HorizontalPodAutoscaler',
  },
  'events.k8s.io/v1/Event': { group: '', version: 'v1', kind: 'Event' },
}

/** Tells clients whether two resources are the same objects (k8s.io/apiserver, StorageVersionHash). */
export function storageVersionHash(served: GroupVersionKind): string {
  const name = ({ group, version, kind }: GroupVersionKind) => `${group}/${version}/${kind}`
  const stored = STORED_AS[name(served)] ?? served
  return createHash('sha256').update(name(stored)).digest().subarray(0, HASHED_BYTES).toString('base64')
}
