import type { BuiltinKind } from '../builtin-kind.ts'
import { KindTable } from '../strategy/index.ts'
import { componentStatusKind } from './component-status.ts'
import { configMapKind } from './config-map.ts'
import { endpointsKind } from './endpoints.ts'
import { eventKind } from './event.ts'
import { limitRangeKind } from './limit-range.ts'
import { namespaceKind } from './namespace.ts'
import { nodeKind } from './node.ts'
import { persistentVolumeKind } from './persistent-volume.ts'
import { persistentVolumeClaimKind } from './persistent-volume-claim.ts'
import { podKind } from './pod.ts'
import { podTemplateKind } from './pod-template.ts'
import { replicationControllerKind } from './replication-controller.ts'
import { resourceQuotaKind } from './resource-quota.ts'
import { secretKind } from './secret.ts'
import { serviceKind } from './service.ts'
import { serviceAccountKind } from './service-account.ts'

export { strictEventErrors, strictEventUpdateErrors } from './event.ts'
export { type CoreEvent, coreEventToEventsV1, eventsV1ToCoreEvent } from './event-conversion.ts'
export { type Assignment, ServiceAddresses, type ServiceAddressesOptions } from './service-addresses.ts'
export type { Service } from './service-shape.ts'

const table = new KindTable('')

/** The kinds of `v1`. */
export const CORE_KINDS: readonly BuiltinKind[] = [
  namespaceKind,
  configMapKind,
  secretKind,
  serviceAccountKind,
  podKind,
  podTemplateKind,
  serviceKind,
  endpointsKind,
  nodeKind,
  eventKind,
  persistentVolumeKind,
  persistentVolumeClaimKind,
  replicationControllerKind,
  resourceQuotaKind,
  limitRangeKind,
  componentStatusKind,
].map((kindOf) => kindOf(table)[1])
