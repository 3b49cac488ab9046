import type { ClusterManager } from '../../apis/operator/v1.ts'
import type { ReconcileContext, ReconcileRequest, ReconcileResult } from '../../kube/index.ts'
import {
  type CertificateRotation,
  type ServingCertificate,
  SIGNER_SECRET,
} from '../certificates/certificate-rotation.ts'
import { hubGates } from './hub-gates.ts'
import {
  ADDON_WEBHOOK_SECRET,
  ADDON_WEBHOOK_SERVICE,
  HUB_NAMESPACE,
  PLACEMENT_DEBUG_SECRET,
  REGISTRATION_WEBHOOK_SECRET,
  REGISTRATION_WEBHOOK_SERVICE,
  WORK_WEBHOOK_SECRET,
  WORK_WEBHOOK_SERVICE,
} from './hub-names.ts'
import type { HubSources } from './hub-sources.ts'
import { placementDebugServiceName } from './manifests/placement.ts'

/** Looked at so often at least, whatever clocks say (the original's). */
const RESYNC_MS = 10 * 60 * 1000

/** Keeps the certificates of a hub's servers valid, from when there is a namespace for them until the hub is taken away. */
export class CertificateReconciler {
  readonly #sources: HubSources
  readonly #rotation: CertificateRotation

  constructor(components: { readonly sources: HubSources; readonly rotation: CertificateRotation }) {
    this.#sources = components.sources
    this.#rotation = components.rotation
  }

  // biome-ignore lint/suspicious/noConfusingVoidType: without a hub there is nothing to say
  async reconcile({ name }: ReconcileRequest, { signal }: ReconcileContext): Promise<ReconcileResult | void> {
    const clusterManager = this.#sources.clusterManagers.store.get({ name })
    if (!clusterManager || clusterManager.metadata.deletionTimestamp) return
    if (this.#sources.makerOfHub()?.metadata.name !== name) return
    if (!this.#hasNamespace()) return // it is watched
    const wanted = servingCertificates(clusterManager)
    const dueInMs = await this.#rotation.ensure(wanted, signal)
    await this.#removeAllBut(wanted, signal)
    return { requeueAfterMs: Math.min(dueInMs, RESYNC_MS) }
  }

  /** A gate that is off again leaves no key behind. */
  async #removeAllBut(wanted: readonly ServingCertificate[], signal: AbortSignal): Promise<void> {
    const kept = new Set([SIGNER_SECRET, ...wanted.map(({ secretName }) => secretName)])
    const names = this.#sources.certificates.flatMap(({ store }) =>
      store.list().map(({ metadata }) => metadata.name ?? ''),
    )
    for (const name of names.filter((each) => !kept.has(each))) await this.#rotation.remove(name, signal)
  }

  #hasNamespace(): boolean {
    const definition = { group: '', version: 'v1', plural: 'namespaces', namespaced: false }
    const namespace = this.#sources.made.get(definition, { name: HUB_NAMESPACE })
    return namespace !== undefined && !namespace.metadata.deletionTimestamp
  }
}

/** The servers of a hub. */
export function servingCertificates({ metadata, spec = {} }: ClusterManager): ServingCertificate[] {
  const inHub = (service: string) => `${service}.${HUB_NAMESPACE}.svc`
  const debug = inHub(placementDebugServiceName({ name: metadata.name ?? '' }))
  return [
    { secretName: REGISTRATION_WEBHOOK_SECRET, hostNames: [inHub(REGISTRATION_WEBHOOK_SERVICE)] },
    { secretName: WORK_WEBHOOK_SECRET, hostNames: [inHub(WORK_WEBHOOK_SERVICE)] },
    { secretName: ADDON_WEBHOOK_SECRET, hostNames: [inHub(ADDON_WEBHOOK_SERVICE)] },
    ...(hubGates(spec).placementDebugServer
      ? [{ secretName: PLACEMENT_DEBUG_SECRET, hostNames: [debug, `${debug}.cluster.local`] }]
      : []),
  ]
}
