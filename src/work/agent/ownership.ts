import type { OwnerReference } from '../../apis/meta/v1.ts'
import { WORK_GROUP } from '../../apis/work/constants.ts'
import type { AppliedManifestWork, DeleteOption, ManifestResourceMeta } from '../../apis/work/v1.ts'
import { groupVersionOf } from './manifest-object.ts'

const API_VERSION = `${WORK_GROUP}/v1`
const KIND = 'AppliedManifestWork'

/** What applied objects say of the work that they belong to: no controller, for there may be several. */
export function ownerOf({ metadata }: AppliedManifestWork): OwnerReference {
  return { apiVersion: API_VERSION, kind: KIND, name: metadata.name ?? '', uid: metadata.uid ?? '' }
}

/** A reference that says that this one is to go, as library-go has it. */
export function removalOf(owner: OwnerReference): OwnerReference {
  return { ...owner, uid: `${owner.uid}-` }
}

export function isRemoval({ uid }: OwnerReference): boolean {
  return uid.endsWith('-')
}

/** Owners with another one added, brought up to date or removed; the same array where nothing changes. */
export function mergeOwner(
  existing: readonly OwnerReference[] = [],
  required: OwnerReference,
): readonly OwnerReference[] {
  const index = existing.findIndex((each) => isSameOwner(each, required))
  if (isRemoval(required)) return index < 0 ? existing : existing.toSpliced(index, 1)
  const found = existing[index]
  if (!found) return [...existing, required]
  return isIdentical(found, required) ? existing : existing.with(index, required)
}

/** Names tell owners apart; versions and uids do not. */
function isSameOwner(one: OwnerReference, other: OwnerReference): boolean {
  return (
    one.name === other.name &&
    one.kind === other.kind &&
    groupVersionOf(one.apiVersion).group === groupVersionOf(other.apiVersion).group
  )
}

function isIdentical(one: OwnerReference, other: OwnerReference): boolean {
  return (
    one.apiVersion === other.apiVersion &&
    one.uid === other.uid &&
    one.controller === other.controller &&
    one.blockOwnerDeletion === other.blockOwnerDeletion
  )
}

export function isOwnedBy(owners: readonly OwnerReference[] = [], owner: OwnerReference): boolean {
  return owners.some(({ uid }) => uid === owner.uid)
}

/** Whether works other than this one still own an object. Owners of other kinds hold nothing. */
export function hasOtherWorks(owners: readonly OwnerReference[] = [], owner: OwnerReference): boolean {
  return owners.some(
    ({ apiVersion, kind, uid }) => apiVersion === API_VERSION && kind === KIND && uid !== owner.uid,
  )
}

/** Whether an object goes with its work, as the work's delete option says. */
export function goesWithWork(
  { group = '', resource = '', namespace = '', name = '' }: ManifestResourceMeta,
  option: DeleteOption | undefined,
): boolean {
  switch (option?.propagationPolicy) {
    case undefined:
    case 'Foreground':
      return true
    case 'Orphan':
      return false
    case 'SelectivelyOrphan':
      return !(option.selectivelyOrphans?.orphaningRules ?? []).some(
        (rule) =>
          (rule.group ?? '') === group &&
          rule.resource === resource &&
          rule.name === name &&
          (rule.namespace ?? '') === namespace,
      )
  }
}
