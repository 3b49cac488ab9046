import { isDeepStrictEqual } from 'node:util'
import type { CustomResourceDefinition } from '../../apis/apiextensions/v1.ts'
import type { KubeObject, ObjectKey } from '../../apis/meta/v1.ts'
import { KLUSTERLET_CONDITION, KLUSTERLET_NAMESPACE_LABEL } from '../../apis/operator/constants.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import {
  findCondition,
  generationChanged,
  type Manager,
  type MapFunction,
  ObjectPatcher,
  type Predicate,
} from '../../kube/index.ts'
import { CrdApplier } from '../apply/crd-applier.ts'
import type { Manifest } from '../apply/manifest.ts'
import { ManifestApplier } from '../apply/manifest-applier.ts'
import { AGENT_LABEL } from '../synced-labels.ts'
import { AddonNamespaceReconciler, isAddonNamespace } from './addon-namespaces.ts'
import { HubConnectionReconciler } from './hub-connection-reconciler.ts'
import { KlusterletCleanup } from './klusterlet-cleanup.ts'
import { KlusterletInstaller, type KlusterletInstallerOptions } from './klusterlet-installer.ts'
import { KlusterletReconciler } from './klusterlet-reconciler.ts'
import { ownCluster } from './managed-cluster.ts'
import { ADDON_NAMESPACE, agentNamespaceOf, klusterletNamespaceOf } from './names.ts'
import { KlusterletSources } from './sources.ts'
import { KlusterletStatusReconciler } from './status-reconciler.ts'

const FIELD_MANAGER = 'klusterlet-operator'

/** Unreachable hubs take their time to be found out. */
const HUBS_AT_ONCE = 4

export interface KlusterletOperatorOptions extends KlusterletInstallerOptions {
  /** Where the operator is, with the image pull Secret that it copies. */
  readonly operatorNamespace: string
  /** `x.y.z` of the operator: CRDs of newer ones are left alone. */
  readonly version: string
}

/** Adds the controllers of the klusterlet operator to a manager: for Klusterlets, their agents, their hubs, and add-ons' namespaces. */
export function addKlusterletOperator(manager: Manager, options: KlusterletOperatorOptions): void {
  const { client } = manager
  const sources = new KlusterletSources(manager.informers, options.operatorNamespace)
  const patcher = new ObjectPatcher(sources.klusterlets)
  const applier = new ManifestApplier({ client, reader: sources }, { fieldManager: FIELD_MANAGER })
  const crds = new CrdApplier({ applier, client }, options)
  const own = { client, applier, crds, namespaces: () => sources.namespaces.store.list() }
  const klusterletReconciler = new KlusterletReconciler({
    sources,
    patcher,
    installer: new KlusterletInstaller({ client, applier, sources }, options),
    cleanup: new KlusterletCleanup({ client, klusterlets: sources.klusterlets.store }, options),
    findManagedCluster: ownCluster(own),
  })
  const statusReconciler = new KlusterletStatusReconciler({ sources, patcher })
  const hubReconciler = new HubConnectionReconciler({ sources, patcher, clock: client.clock })
  const addonReconciler = new AddonNamespaceReconciler({ client, sources })
  const toKlusterlets = klusterletsOf(sources)

  const klusterlets = manager
    .controller({ name: 'klusterlet', reconcile: (...args) => klusterletReconciler.reconcile(...args) })
    .watch(sources.klusterlets, { predicates: [matters] })
    .watch(sources.namespaces, { map: toKlusterlets.byNamespace, predicates: [metadataChanged] })
    .watch(sources.hubSecrets, { map: toKlusterlets.byAgentNamespace })
    .watch(sources.pullSecrets, { map: toKlusterlets.all })
    .watch(sources.tlsProfiles, { map: toKlusterlets.all })
  for (const made of sources.made())
    klusterlets.watch<Manifest>(made, { map: byLabel, predicates: [contentChanged] })
  for (const crd of sources.crds.values())
    klusterlets.watch<Manifest & CustomResourceDefinition>(crd, {
      map: toKlusterlets.all,
      predicates: [metadataChanged],
    })

  manager
    .controller({ name: 'klusterlet-status', reconcile: (...args) => statusReconciler.reconcile(...args) })
    .watch(sources.klusterlets)
    .watch(sources.deployments, { map: byLabel })

  manager
    .controller({
      name: 'klusterlet-hub-connection',
      concurrency: HUBS_AT_ONCE,
      reconcile: (...args) => hubReconciler.reconcile(...args),
    })
    .watch(sources.klusterlets, { predicates: [generationChanged] })
    .watch(sources.hubSecrets, { map: toKlusterlets.byAgentNamespace })
    .watch(sources.bootstrapSecrets, { map: toKlusterlets.byAgentNamespace })

  const toAddonNamespaces = () =>
    sources.namespaces.store
      .list()
      .filter(isAddonNamespace)
      .map(({ metadata: { name = '' } }) => ({ name }))
  manager
    .controller({ name: 'addon-namespace', reconcile: (...args) => addonReconciler.reconcile(...args) })
    .watch(sources.namespaces, { predicates: [metadataChanged] })
    .watch(sources.pullSecrets, { map: toAddonNamespaces })
    .watch(sources.tlsProfiles, { map: toAddonNamespaces })
}

/** Which Klusterlets something is about that has not their label. */
function klusterletsOf({ klusterlets }: KlusterletSources) {
  const keysOf = (isMeant: (klusterlet: Klusterlet) => boolean): ObjectKey[] =>
    klusterlets.store
      .list()
      .filter(isMeant)
      .map(({ metadata: { name = '' } }) => ({ name }))
  const all: MapFunction<KubeObject> = () => keysOf(() => true)
  const byAgentNamespace: MapFunction<KubeObject> = ({ metadata: { namespace } }) =>
    keysOf((klusterlet) => agentNamespaceOf(klusterlet) === namespace)
  const byNamespace: MapFunction<KubeObject> = ({ metadata: { name = '', labels } }) =>
    keysOf(
      (klusterlet) =>
        [ADDON_NAMESPACE, agentNamespaceOf(klusterlet), klusterletNamespaceOf(klusterlet)].includes(name) ||
        labels?.[KLUSTERLET_NAMESPACE_LABEL] === klusterlet.metadata.name,
    )
  return { all, byAgentNamespace, byNamespace }
}

/** The Klusterlet that something was made for. */
function byLabel({ metadata: { labels } }: KubeObject): readonly ObjectKey[] {
  const name = labels?.[AGENT_LABEL]
  return name ? [{ name }] : []
}

/** An informer's resync tells of an object that has not changed at all. */
function isResync(previous: KubeObject, object: KubeObject): boolean {
  return previous.metadata.resourceVersion === object.metadata.resourceVersion
}

/** Labels, annotations, finalizers, the deletion and, where it is counted, the spec. */
const metadataChanged: Predicate<KubeObject> = {
  onUpdate: (previous, object) => !isDeepStrictEqual(ownMetadata(previous), ownMetadata(object)),
}

/** Of kinds whose spec is not counted, any change counts; of others, what is reported in their status does not. */
const contentChanged: Predicate<KubeObject> = {
  onUpdate: (previous, object) =>
    object.metadata.generation === undefined || (metadataChanged.onUpdate?.(previous, object) ?? true),
}

/** Of what controllers write into a Klusterlet's status, only the connection to the hub makes a difference for what is deployed. */
const matters: Predicate<Klusterlet> = {
  onUpdate: (previous, object) =>
    isResync(previous, object) ||
    !isDeepStrictEqual(ownMetadata(previous), ownMetadata(object)) ||
    hubReasonOf(previous) !== hubReasonOf(object),
}

function ownMetadata({ metadata }: KubeObject): object {
  const { generation, labels, annotations, finalizers, deletionTimestamp } = metadata
  return { generation, labels, annotations, finalizers, deletionTimestamp }
}

function hubReasonOf({ status }: Klusterlet): string | undefined {
  const condition = findCondition(status?.conditions, KLUSTERLET_CONDITION.hubConnectionDegraded)
  return condition && `${condition.status} ${condition.reason}`
}
