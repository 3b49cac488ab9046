import type { KubeObject } from '../../../apis/meta/v1.ts'
import type { RoleBinding } from '../../../apis/rbac/v1.ts'
import { MANIFEST_WORK_FINALIZER } from '../../../apis/work/constants.ts'
import {
  deleteObject,
  ensureObject,
  hasFinalizer,
  type Informer,
  removeFinalizer,
} from '../../../kube/index.ts'
import { clusterRoleName, registrationRoleBindingName, workRoleBindingName } from '../../role-names.ts'
import type { HubContext } from '../hub-context.ts'
import {
  clusterRoleBindingOf,
  clusterRoleOf,
  registrationRoleBindingOf,
  sharedClusterRoles,
  workRoleBindingOf,
} from './cluster-access.ts'

/** The roles and bindings of one cluster after the other, as they are and as they should be. */
export class ClusterAccess {
  readonly #context: HubContext

  constructor(context: HubContext) {
    this.#context = context
  }

  /** All that an accepted cluster's agents may do. Its namespace must be there. */
  async grant(cluster: string, signal: AbortSignal): Promise<void> {
    const { clusterRoles, clusterRoleBindings, roleBindings } = this.#context.informers
    await this.#releaseLostBinding(cluster, signal)
    // The bindings are to these, and the API refuses bindings to roles that it does not know.
    for (const role of sharedClusterRoles(this.#labels)) await ensureObject(clusterRoles, role, signal)
    await ensureObject(clusterRoles, clusterRoleOf(cluster, true, this.#labels), signal)
    await ensureObject(clusterRoleBindings, clusterRoleBindingOf(cluster, this.#labels), signal)
    await ensureObject(roleBindings, registrationRoleBindingOf(cluster, this.#labels), signal)
    await ensureObject(roleBindings, workRoleBindingOf(cluster, this.#labels), signal)
  }

  /** A cluster that was denied may see itself, and clean up its ManifestWorks while there are any. */
  async restrict(cluster: string, signal: AbortSignal): Promise<void> {
    const { clusterRoles, clusterRoleBindings } = this.#context.informers
    await ensureObject(clusterRoles, clusterRoleOf(cluster, false, this.#labels), signal)
    await ensureObject(clusterRoleBindings, clusterRoleBindingOf(cluster, this.#labels), signal)
    await this.#removeRoleBindings(cluster, signal)
  }

  /** Resolves with whether all is gone, rather than waiting for the last ManifestWork. */
  async remove(cluster: string, signal: AbortSignal): Promise<boolean> {
    const { clusterRoles, clusterRoleBindings } = this.#context.informers
    const name = clusterRoleName(cluster)
    await deleteKnown(clusterRoles, name, signal)
    await deleteKnown(clusterRoleBindings, name, signal)
    return this.#removeRoleBindings(cluster, signal)
  }

  /** Lets a namespace go that waits for the binding by which the last ManifestWorks are cleaned up. */
  async releaseNamespace(cluster: string, signal: AbortSignal): Promise<void> {
    if (this.#hasWorks(cluster)) return
    const binding = this.#workBinding(cluster)
    if (binding) await this.#release(binding, signal)
  }

  async #removeRoleBindings(cluster: string, signal: AbortSignal): Promise<boolean> {
    const { roleBindings } = this.#context.informers
    await deleteKnown(roleBindings, `${cluster}/${registrationRoleBindingName(cluster)}`, signal)
    await deleteKnown(roleBindings, `${cluster}/${workRoleBindingName(cluster)}`, signal)
    if (this.#hasWorks(cluster)) return false
    const binding = this.#workBinding(cluster)
    if (binding) await this.#release(binding, signal)
    return true
  }

  /** Somebody has deleted the binding of a cluster that is accepted: it is to be made anew, for which the old one must go. */
  async #releaseLostBinding(cluster: string, signal: AbortSignal): Promise<void> {
    const binding = this.#workBinding(cluster)
    if (binding?.metadata.deletionTimestamp) await this.#release(binding, signal)
  }

  async #release(binding: RoleBinding, signal: AbortSignal): Promise<void> {
    if (!hasFinalizer(binding, MANIFEST_WORK_FINALIZER)) return
    const { resource } = this.#context.informers.roleBindings
    await removeFinalizer(resource, binding, MANIFEST_WORK_FINALIZER, { signal })
  }

  #hasWorks(cluster: string): boolean {
    return this.#context.informers.works.store.list(cluster).length > 0
  }

  #workBinding(cluster: string): RoleBinding | undefined {
    return this.#context.informers.roleBindings.store.get(`${cluster}/${workRoleBindingName(cluster)}`)
  }

  get #labels(): Readonly<Record<string, string>> {
    return this.#context.options.labels ?? {}
  }
}

async function deleteKnown<T extends KubeObject>(
  informer: Informer<T>,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const object = informer.store.get(key)
  if (object && !object.metadata.deletionTimestamp) await deleteObject(informer, object, signal)
}
