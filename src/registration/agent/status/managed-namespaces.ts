import { createHash } from 'node:crypto'
import type { ClusterSetManagedNamespace, ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { Namespace } from '../../../apis/core/v1.ts'
import { errorMessage } from '../../../common/errors.ts'
import { type Informer, isAlreadyExists, setCondition } from '../../../kube/index.ts'

const LABEL_PREFIX = 'clusterset.open-cluster-management.io/'
const LONGEST_LABEL_NAME = 63

/** The label of namespaces that a hub manages, or has managed: a hash of its address, as its bootstrap kubeconfig has it. */
export function managedNamespaceLabel(hubServer: string): string {
  return LABEL_PREFIX + createHash('sha256').update(hubServer).digest('hex').slice(0, LONGEST_LABEL_NAME)
}

/** Keeps the namespaces that cluster sets want in a cluster. They are made and labelled, and never deleted. */
export class ManagedNamespaces {
  readonly #informer: Informer<Namespace>
  readonly #label: string
  readonly #now: () => number

  /** @param informer of namespaces that have the label with `true` */
  constructor(informer: Informer<Namespace>, label: string, now: () => number) {
    this.#informer = informer
    this.#label = label
    this.#now = now
  }

  /** Resolves with the namespaces as the status is to have them, and what went wrong. */
  async reconcile(
    cluster: ManagedCluster,
    signal: AbortSignal,
  ): Promise<{ managed: readonly ClusterSetManagedNamespace[]; errors: readonly unknown[] }> {
    const wanted = cluster.metadata.deletionTimestamp ? [] : (cluster.status?.managedNamespaces ?? [])
    const errors: unknown[] = []
    const managed: ClusterSetManagedNamespace[] = []
    for (const namespace of wanted) {
      const problem = await this.#apply(namespace.name, 'true', signal).catch((error: unknown) => error)
      if (problem) errors.push(problem)
      const condition = problem
        ? ({
            status: 'False',
            reason: 'NamespaceApplyFailed',
            message: `Failed to apply namespace: ${errorMessage(problem)}`,
          } as const)
        : ({
            status: 'True',
            reason: 'NamespaceApplied',
            message: 'Namespace successfully applied and managed',
          } as const)
      const conditions = setCondition(
        namespace.conditions,
        { type: 'NamespaceAvailable', ...condition },
        this.#now(),
      )
      managed.push({ ...namespace, conditions: [...conditions] })
    }
    errors.push(...(await this.#release(new Set(wanted.map(({ name }) => name)), signal)))
    return {
      managed: cluster.metadata.deletionTimestamp ? (cluster.status?.managedNamespaces ?? []) : managed,
      errors,
    }
  }

  async #release(wanted: ReadonlySet<string>, signal: AbortSignal): Promise<unknown[]> {
    const errors: unknown[] = []
    for (const { metadata } of this.#informer.store.list()) {
      const { name = '' } = metadata
      if (!wanted.has(name)) await this.#apply(name, 'false', signal).catch((error) => errors.push(error))
    }
    return errors
  }

  async #apply(name: string, value: 'true' | 'false', signal: AbortSignal): Promise<void> {
    const known = this.#informer.store.get({ name })?.metadata.labels?.[this.#label]
    if (known === value) return
    const metadata = { labels: { [this.#label]: value } }
    const { resource } = this.#informer
    const existing = await resource.find({ name }, { signal })
    if (existing?.metadata.labels?.[this.#label] === value) return
    if (!existing && value === 'true') {
      try {
        await resource.create({ metadata: { name, ...metadata } }, { signal })
        return
      } catch (error) {
        if (!isAlreadyExists(error)) throw error
      }
    }
    if (existing || value === 'true')
      await resource.patch({ name }, { type: 'merge', body: { metadata } }, { signal })
  }
}
