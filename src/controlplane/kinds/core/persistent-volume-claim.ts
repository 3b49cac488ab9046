import { isDeepStrictEqual } from 'node:util'
import { type FieldError, forbidden } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { compareQuantities } from '../field-checks/index.ts'
import { type ClaimSpec, claimSpecDefaults, claimSpecErrors, type ResourceList } from '../pod/index.ts'
import {
  immutableErrors,
  type KindEntry,
  type KindTable,
  statusStrategy,
  strategyWithStatus,
} from '../strategy/index.ts'
import { lineDiff } from './line-diff.ts'

interface Claim extends KubeObject {
  readonly spec: ClaimSpec & { readonly dataSource?: JsonObject; readonly dataSourceRef?: JsonObject }
  readonly status?: JsonObject & { readonly phase?: string; readonly capacity?: ResourceList }
}

/** Of `v1`. */
export function persistentVolumeClaimKind(table: KindTable): KindEntry {
  const claim = strategyWithStatus({
    withDefaults: (object) => claimDefaults(object as Claim),
    prepareForCreate: (object) => ({ ...withBothSources(object as Claim), status: { phase: 'Pending' } }),
    prepareForUpdate: (object) => withBothSources(object as Claim),
    validate: (object) => claimSpecErrors((object as Claim).spec, 'spec'),
    validateUpdate: (object, old) => claimUpdateErrors(object as Claim, old as Claim),
  })
  return table.namespaced('persistentvolumeclaims', 'PersistentVolumeClaim', claim, {
    subresources: { status: statusStrategy(claim) },
  })
}

function claimDefaults(claim: Claim): Claim {
  const { spec, status } = claim
  return {
    ...claim,
    spec: claimSpecDefaults(spec ?? {}),
    status: { ...status, phase: status?.phase || 'Pending' },
  }
}

/** Either says where the data comes from; clients that know only one of them get it from there. */
function withBothSources(claim: Claim): Claim {
  const { dataSource, dataSourceRef } = claim.spec
  if (dataSource && !dataSourceRef) return { ...claim, spec: { ...claim.spec, dataSourceRef: dataSource } }
  if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { namespace: _, ...local } = dataSourceRef
    return { ...claim, spec: { ...claim.spec, dataSource: local } }
  }
  return claim
}

/** A claim gets its volume once, and can only grow afterwards. */
function claimUpdateErrors(claim: Claim, old: Claim): FieldError[] {
  const isBound = claim.status?.phase === 'Bound'
  const before = old.spec
  const now = withOldChangeables(claim.spec, before, isBound)
  const expected = before.volumeName ? before : withVolume(before, claim.spec.volumeName)
  const diff = lineDiff(JSON.stringify(expected, null, 1), JSON.stringify(now, null, 1))
  return [
    ...claimSpecErrors(claim.spec, 'spec'),
    ...(isDeepStrictEqual(now, expected)
      ? []
      : [
          forbidden(
            'spec',
            `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${diff}`,
          ),
        ]),
    ...shrinkErrors(claim, old),
    ...immutableErrors(claim.spec.volumeMode, before.volumeMode, 'volumeMode'),
  ]
}

function withOldChangeables(given: ClaimSpec, old: ClaimSpec, isBound: boolean): ClaimSpec {
  const { storageClassName, ...rest } = given
  const isFirstClass = storageClassName !== undefined && old.storageClassName === undefined
  const spec = isFirstClass ? rest : given
  const { requests } = spec.resources ?? {}
  const storage = old.resources?.requests?.storage
  const attributes = old.volumeAttributesClassName
  return {
    ...spec,
    ...(isBound && requests && storage !== undefined
      ? { resources: { ...spec.resources, requests: { ...requests, storage } } }
      : {}),
    ...(isBound && spec.volumeAttributesClassName !== undefined && attributes !== undefined
      ? { volumeAttributesClassName: attributes }
      : {}),
  }
}

function withVolume(spec: ClaimSpec, volumeName: string | undefined): ClaimSpec {
  return volumeName === undefined ? spec : { ...spec, volumeName }
}

function shrinkErrors({ spec, status }: Claim, old: Claim): FieldError[] {
  const size = spec.resources?.requests?.storage
  const before = old.spec.resources?.requests?.storage
  if (size === undefined || before === undefined || compareQuantities(size, before) >= 0) return []
  if (compareQuantities(size, status?.capacity?.storage ?? '0') > 0) return []
  return [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')]
}
