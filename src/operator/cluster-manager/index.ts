import type { ClusterManager } from '../../apis/operator/v1.ts'
import { type EventRecorder, enqueueSelf, type Manager, type Predicate } from '../../kube/index.ts'
import type { WallClock } from '../../pki/index.ts'
import { CertificateRotation } from '../certificates/certificate-rotation.ts'
import { CertificateReconciler } from './certificate-reconciler.ts'
import { type ClusterManagerOptions, ClusterManagerReconciler } from './cluster-manager-reconciler.ts'
import { HUB_NAMESPACE, isHosted } from './hub-names.ts'
import { HubSources } from './hub-sources.ts'

export type { ClusterManagerOptions } from './cluster-manager-reconciler.ts'
export { HUB_NAMESPACE } from './hub-names.ts'

/** Common name of the authorities of webhooks. */
const SIGNER_NAME = 'cluster-manager-webhook'

export interface ClusterManagerControllersComponents {
  readonly manager: Manager
  readonly events: EventRecorder
  /** Of certificates. @default the manager's client's */
  readonly clock?: WallClock
}

/** Adds what realises ClusterManagers to a manager: a controller for hubs, and one for their certificates. */
export function addClusterManagerControllers(
  { manager, events, clock }: ClusterManagerControllersComponents,
  options: ClusterManagerOptions,
): void {
  const { client, informers } = manager
  const sources = new HubSources({ informers }, options)
  const hubs = new ClusterManagerReconciler({ client, sources, events }, options)
  const hubController = manager
    .controller({
      name: 'cluster-manager',
      reconcile: (request, context) => hubs.reconcile(request, context),
    })
    .watch(sources.clusterManagers, { predicates: [saysSomethingNew], map: enqueueSelf })
    .watch(sources.clusterManagers, { predicates: [comesOrGoes], map: sources.toAllClusterManagers })
    .watch(sources.caBundle, { map: sources.toAllClusterManagers })
    .watch(sources.tlsProfile, { map: sources.toAllClusterManagers })
  for (const informer of [...sources.copied.values(), ...sources.copies])
    hubController.watch(informer, { map: sources.toAllClusterManagers })
  for (const informer of sources.made.informers()) hubController.watch(informer, { map: sources.toMaker })

  const rotation = new CertificateRotation(
    { client, ...(clock && { clock }) },
    { namespace: HUB_NAMESPACE, signerName: SIGNER_NAME },
  )
  const certificates = new CertificateReconciler({ sources, rotation })
  const certificateController = manager
    .controller({
      name: 'hub-certificates',
      reconcile: (request, context) => certificates.reconcile(request, context),
    })
    .watch(sources.clusterManagers, { predicates: [saysSomethingNew], map: enqueueSelf })
    .watch(sources.caBundle, { map: sources.toAllClusterManagers })
    .watch(sources.made.of({ apiVersion: 'v1', kind: 'Namespace' }), { map: sources.toMaker })
  for (const informer of sources.certificates)
    certificateController.watch(informer, { map: sources.toAllClusterManagers })
}

/** One that has the hub makes way for another. */
const comesOrGoes: Predicate<ClusterManager> = {
  onUpdate: (previous, object) => isHosted(previous) !== isHosted(object),
}

/** A status is no reason to look again: this operator has written it. */
const saysSomethingNew: Predicate<ClusterManager> = {
  onUpdate: (previous, { metadata }) =>
    previous.metadata.generation !== metadata.generation ||
    previous.metadata.deletionTimestamp !== metadata.deletionTimestamp ||
    previous.metadata.uid !== metadata.uid ||
    JSON.stringify(previous.metadata.labels) !== JSON.stringify(metadata.labels),
}
