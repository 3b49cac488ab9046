import type { Condition } from '../../../apis/meta/v1.ts'
import type { ManifestCondition, ManifestWork, ManifestWorkStatus } from '../../../apis/work/v1.ts'
import { removeCondition, setCondition } from '../../../kube/index.ts'

/** API servers store objects of up to 1.5 MiB (etcd, --max-request-bytes): this leaves room for what they keep beside spec and status. */
const LARGEST_WORK_BYTES = 1_400_000

/** Of a work whose status does not tell of all manifests. The original knows none: an API server refuses its status. */
export const TRUNCATED_CONDITION = 'StatusTruncated'

/** More than that condition takes. */
const TRUNCATED_CONDITION_BYTES = 512

/** Of a condition's message, where those of all conditions take too much. */
const SHORT_MESSAGE_CHARACTERS = 1024

/** However large the rest is, the conditions of the work itself are told. */
const LEAST_ROOM_BYTES = 64 * 1024

const sizes = new WeakMap<object, number>()

/** Of what is kept as it is: it is measured once. */
function knownSizeOf(value: object): number {
  const size = sizes.get(value) ?? sizeOf(value)
  sizes.set(value, size)
  return size
}

function sizeOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** How much of a work's status can be stored with the rest of the work, in bytes. */
export function roomForStatus({ metadata, spec }: Pick<ManifestWork, 'metadata' | 'spec'>): number {
  const taken = knownSizeOf(metadata) + (spec ? knownSizeOf(spec) : 0)
  return Math.max(LARGEST_WORK_BYTES - taken, LEAST_ROOM_BYTES)
}

/**
 * A status that the API can store: where there are too many manifests, some are left out, and a condition of the work says so. The work's
 * own conditions are about all of them, and those that are not as they should be are the last to be left out.
 */
export function fitted(
  status: ManifestWorkStatus,
  roomBytes: number,
  { generation = 0 }: ManifestWork['metadata'],
  nowMs: number,
): ManifestWorkStatus {
  const conditions = shortened(status.conditions ?? [], roomBytes / 2)
  const all = status.resourceStatus?.manifests ?? []
  const others = removeCondition(conditions, TRUNCATED_CONDITION)
  const manifests = fittingManifests(all, roomBytes - sizeOf(others) - TRUNCATED_CONDITION_BYTES)
  if (manifests.length === all.length) return { ...status, conditions: [...others] }
  const truncated = {
    type: TRUNCATED_CONDITION,
    status: 'True',
    reason: 'TooManyManifests',
    message: `${all.length - manifests.length} of ${all.length} manifests are left out of the status, which would be too large to be stored`,
    observedGeneration: generation,
  } as const
  return {
    ...status,
    conditions: [...setCondition(conditions, truncated, nowMs)],
    resourceStatus: { manifests: [...manifests] },
  }
}

function shortened(conditions: readonly Condition[], roomBytes: number): readonly Condition[] {
  if (sizeOf(conditions) <= roomBytes) return conditions
  return conditions.map((each) => ({ ...each, message: each.message.slice(0, SHORT_MESSAGE_CHARACTERS) }))
}

function fittingManifests(
  manifests: readonly ManifestCondition[],
  roomBytes: number,
): readonly ManifestCondition[] {
  let left = roomBytes
  const take = (manifest: ManifestCondition) => {
    const size = sizeOf(manifest) + 1 // and a comma
    if (size > left) return false
    left -= size
    return true
  }
  const [well, ill] = [manifests.filter(isWell), manifests.filter((each) => !isWell(each))]
  const taken = new Set([...ill, ...well].filter(take))
  return manifests.filter((each) => taken.has(each))
}

function isWell({ conditions }: ManifestCondition): boolean {
  return conditions.every(({ status }) => status === 'True')
}
