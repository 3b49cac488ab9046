import { ADMISSION_REGISTRATION_KINDS } from './admissionregistration/index.ts'
import { apiRegistrationKinds } from './apiregistration/index.ts'
import { APPS_KINDS } from './apps/index.ts'
import { AUTOSCALING_KINDS } from './autoscaling/index.ts'
import { BATCH_KINDS } from './batch/index.ts'
import type { BuiltinKind } from './builtin-kind.ts'
import { certificatesKinds } from './certificates/index.ts'
import { COORDINATION_KINDS } from './coordination/index.ts'
import { CORE_KINDS } from './core/index.ts'
import { DISCOVERY_KINDS } from './discovery/index.ts'
import { FLOWCONTROL_KINDS } from './flowcontrol/index.ts'
import { NETWORKING_KINDS } from './networking/index.ts'
import { NODE_KINDS } from './node/index.ts'
import { POLICY_KINDS } from './policy/index.ts'
import { RBAC_KINDS } from './rbac/index.ts'
import { RESOURCE_KINDS } from './resource/index.ts'
import { SCHEDULING_KINDS } from './scheduling/index.ts'
import { STORAGE_KINDS } from './storage/index.ts'

export type { BuiltinKind } from './builtin-kind.ts'
export { withRequester } from './certificates/index.ts'
export { withLoopbackEndpoints } from './loopback-endpoints.ts'
export { type VersionConversion, versionConversion } from './version-conversion.ts'

/**
 * What is special about the resources that Kubernetes has itself, by their names in storage: `configmaps`, `deployments.apps`.
 *
 * @param now stamps what the server says in a status of its own accord; in milliseconds
 */
export function builtinKinds(now: () => number = Date.now): ReadonlyMap<string, BuiltinKind> {
  return new Map([
    ...CORE_KINDS.map((kind) => [kind.type.resource, kind] as const),
    ...APPS_KINDS,
    ...BATCH_KINDS,
    ...AUTOSCALING_KINDS,
    ...POLICY_KINDS,
    ...NETWORKING_KINDS,
    ...STORAGE_KINDS,
    ...COORDINATION_KINDS,
    ...RBAC_KINDS,
    ...certificatesKinds(now),
    ...DISCOVERY_KINDS,
    ...SCHEDULING_KINDS,
    ...NODE_KINDS,
    ...ADMISSION_REGISTRATION_KINDS,
    ...apiRegistrationKinds(now),
    ...FLOWCONTROL_KINDS,
    ...RESOURCE_KINDS,
  ])
}
