import type { CertificateSigningRequest } from '../../src/apis/certificates/v1.ts'
import { AVAILABLE_CONDITION, CLUSTER_NAME_LABEL } from '../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../src/apis/cluster/v1.ts'
import { CERTIFICATE_SIGNING_REQUESTS } from '../../src/apis/resources.ts'
import { Informer, isConditionTrue, type KubeClient, timeText } from '../../src/kube/index.ts'

const AGAIN_AFTER_MS = 1_000

/**
 * The administrator: sees who wants to join, and says yes as `clusteradm accept` does. Holds back those that it is told to, until
 * they are accepted by hand.
 */
export class Administrator {
  /** When each cluster was seen to be available, in ms of `performance.now()`. */
  readonly availableAt = new Map<string, number>()
  readonly #client: KubeClient
  readonly #clusters: Informer<ManagedCluster>
  readonly #requests: Informer<CertificateSigningRequest>
  readonly #heldBack = new Set<string>()
  readonly #accepted = new Set<string>()
  readonly #approved = new Set<string>()
  readonly #observers = new Set<() => void>()

  constructor(client: KubeClient) {
    this.#client = client
    const { clock, log } = client
    this.#clusters = new Informer({ resource: client.resource<ManagedCluster>(MANAGED_CLUSTERS), clock, log })
    this.#requests = new Informer({
      resource: client.resource<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS),
      clock,
      log,
    })
  }

  start(): void {
    const look = () => this.#look()
    this.#clusters.addHandler({ onAdd: look, onUpdate: look, onDelete: look })
    this.#requests.addHandler({ onAdd: look, onUpdate: look, onDelete: look })
    this.#clusters.start()
    this.#requests.start()
  }

  async stop(): Promise<void> {
    await Promise.all([this.#clusters.stop(), this.#requests.stop()])
  }

  holdBack(clusterName: string): void {
    this.#heldBack.add(clusterName)
  }

  accept(clusterName: string): void {
    this.#heldBack.delete(clusterName)
    this.#look()
  }

  /** Resolves once all of them are available. */
  async untilAvailable(clusterNames: readonly string[]): Promise<void> {
    await this.#until(() => clusterNames.every((name) => this.availableAt.has(name)))
  }

  /** Resolves once somebody has asked for the cluster and for its certificate. */
  async untilAsked(clusterName: string): Promise<void> {
    await this.#until(
      () =>
        this.#clusters.store.get({ name: clusterName }) !== undefined &&
        this.#requests.store.list().some((request) => clusterOf(request) === clusterName),
    )
  }

  async #until(isSo: () => boolean): Promise<void> {
    if (isSo()) return
    await new Promise<void>((resolve) => {
      const observer = () => {
        if (!isSo()) return
        this.#observers.delete(observer)
        resolve()
      }
      this.#observers.add(observer)
    })
  }

  #look(): void {
    for (const cluster of this.#clusters.store.list()) {
      const { name = '' } = cluster.metadata
      const isAvailable = isConditionTrue(cluster.status?.conditions, AVAILABLE_CONDITION)
      if (isAvailable && !this.availableAt.has(name)) this.availableAt.set(name, performance.now())
      if (cluster.spec?.hubAcceptsClient || !this.#isNew(this.#accepted, name, name)) continue
      const body = { spec: { hubAcceptsClient: true } }
      const patched = this.#client.resource(MANAGED_CLUSTERS).patch({ name }, { type: 'merge', body })
      patched.catch(() => this.#again(this.#accepted, name))
    }
    for (const request of this.#requests.store.list()) {
      const { name = '' } = request.metadata
      if (request.status?.conditions?.length || !this.#isNew(this.#approved, name, clusterOf(request)))
        continue
      this.#approve(request).catch(() => this.#again(this.#approved, name))
    }
    for (const observer of this.#observers) observer()
  }

  /** Whether it is to be done now; once. */
  #isNew(done: Set<string>, name: string, clusterName: string | undefined): boolean {
    if (done.has(name) || clusterName === undefined || this.#heldBack.has(clusterName)) return false
    done.add(name)
    return true
  }

  /** As a person does who sees an error: somebody was faster, or the hub has too much to do. */
  #again(done: Set<string>, name: string): void {
    done.delete(name)
    setTimeout(() => this.#look(), AGAIN_AFTER_MS).unref()
  }

  async #approve(request: CertificateSigningRequest): Promise<void> {
    const now = timeText(this.#client.clock.now())
    const condition = {
      type: 'Approved',
      status: 'True',
      reason: 'AdministratorApproved',
      message: 'approved by the measurement',
      lastUpdateTime: now,
      lastTransitionTime: now,
    }
    const approved = { ...request, status: { ...request.status, conditions: [condition] } }
    await this.#client
      .resource<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
      .update(approved as CertificateSigningRequest, { subresource: 'approval' })
  }
}

function clusterOf({ metadata }: CertificateSigningRequest): string | undefined {
  return metadata.labels?.[CLUSTER_NAME_LABEL]
}
