import { ADD_ON_CONDITION } from '../../../apis/addon/constants.ts'
import type { ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import type { ServiceAccount } from '../../../apis/core/v1.ts'
import type { KubeObject } from '../../../apis/meta/v1.ts'
import type { Role, RoleBinding } from '../../../apis/rbac/v1.ts'
import { ROLE_BINDINGS, ROLES, SERVICE_ACCOUNTS } from '../../../apis/resources.ts'
import { errorMessage } from '../../../common/errors.ts'
import {
  type Clock,
  type Controller,
  deleteObject,
  ensureObject,
  findCondition,
  type Informer,
  keyOf,
  type NewCondition,
  removeCondition,
  setCondition,
} from '../../../kube/index.ts'
import { patchStatus } from '../../objects/change-object.ts'
import type { ManagerContext } from '../manager-context.ts'
import { addOnOfTokenObject, TOKEN_OBJECTS, type TokenObjects, tokenObjects } from './token-objects.ts'

const API_SERVER_SIGNER = 'kubernetes.io/kube-apiserver-client'
const { tokenInfrastructureReady } = ADD_ON_CONDITION

interface TokenInformers {
  readonly serviceAccounts: Informer<ServiceAccount>
  readonly roles: Informer<Role>
  readonly roleBindings: Informer<RoleBinding>
}

/** Whether the agent shows tokens to the hub's API server, and not certificates. */
export function usesTokens({ status }: ManagedClusterAddOn): boolean {
  return (
    status?.kubeClientDriver === 'token' &&
    (status.registrations ?? []).some(({ signerName }) => signerName === API_SERVER_SIGNER)
  )
}

/** Keeps accounts for agents that show tokens, and takes them away with their need: `addon-token-infrastructure-controller` of the original. */
export function addTokenController({ manager, informers: { addOns } }: ManagerContext): Controller {
  const informers: TokenInformers = {
    serviceAccounts: manager.informers.for<ServiceAccount>(SERVICE_ACCOUNTS, TOKEN_OBJECTS),
    roles: manager.informers.for<Role>(ROLES, TOKEN_OBJECTS),
    roleBindings: manager.informers.for<RoleBinding>(ROLE_BINDINGS, TOKEN_OBJECTS),
  }
  const reconciler = new TokenReconciler(addOns, informers, manager.client.clock)
  const map = ({ metadata }: KubeObject) => addOnOfTokenObject(metadata)
  return manager
    .controller({
      name: 'addon-token-infrastructure-controller',
      concurrency: 4,
      reconcile: ({ namespace = '', name }, { signal }) => reconciler.reconcile(namespace, name, signal),
    })
    .watch(addOns)
    .watch(informers.serviceAccounts, { map })
    .watch(informers.roles, { map })
    .watch(informers.roleBindings, { map })
}

class TokenReconciler {
  readonly #addOns: Informer<ManagedClusterAddOn>
  readonly #informers: TokenInformers
  readonly #clock: Clock

  constructor(addOns: Informer<ManagedClusterAddOn>, informers: TokenInformers, clock: Clock) {
    this.#addOns = addOns
    this.#informers = informers
    this.#clock = clock
  }

  async reconcile(cluster: string, name: string, signal: AbortSignal): Promise<void> {
    const addOn = this.#addOns.store.get({ namespace: cluster, name })
    if (addOn && !addOn.metadata.deletionTimestamp && usesTokens(addOn)) {
      await this.#ensure(addOn, cluster, name, signal)
      return
    }
    await this.#cleanUp(cluster, name, signal)
    if (!addOn || addOn.metadata.deletionTimestamp) return
    const change = ({ status }: ManagedClusterAddOn) => {
      const before = status?.conditions ?? []
      const conditions = removeCondition(before, tokenInfrastructureReady)
      return conditions === before ? undefined : { conditions }
    }
    await patchStatus(this.#addOns.resource, addOn, change, signal)
  }

  async #ensure(
    addOn: ManagedClusterAddOn,
    cluster: string,
    name: string,
    signal: AbortSignal,
  ): Promise<void> {
    let account: ServiceAccount
    try {
      account = await this.#apply(tokenObjects(cluster, name), signal)
    } catch (error) {
      signal.throwIfAborted()
      const message = `Failed to apply token infrastructure: ${errorMessage(error)}`
      await this.#tell(addOn, { status: 'False', reason: 'TokenInfrastructureApplyFailed', message }, signal)
      throw error
    }
    const message = `ServiceAccount ${keyOf(account)} (UID: ${account.metadata.uid}) is ready`
    await this.#tell(addOn, { status: 'True', reason: 'TokenInfrastructureReady', message }, signal)
  }

  async #apply(wanted: TokenObjects, signal: AbortSignal): Promise<ServiceAccount> {
    const { serviceAccounts, roles, roleBindings } = this.#informers
    const account = await ensureObject(serviceAccounts, wanted.serviceAccount, signal)
    await ensureObject(roles, wanted.role, signal)
    await ensureObject(roleBindings, wanted.roleBinding, signal)
    return account
  }

  async #cleanUp(cluster: string, name: string, signal: AbortSignal): Promise<void> {
    const { serviceAccount, role, roleBinding } = tokenObjects(cluster, name)
    const { serviceAccounts, roles, roleBindings } = this.#informers
    await deleteKnown(serviceAccounts, serviceAccount, signal)
    await deleteKnown(roles, role, signal)
    await deleteKnown(roleBindings, roleBinding, signal)
  }

  #tell(addOn: ManagedClusterAddOn, told: Omit<NewCondition, 'type'>, signal: AbortSignal): Promise<void> {
    const change = ({ status }: ManagedClusterAddOn) => {
      const before = findCondition(status?.conditions, tokenInfrastructureReady)
      const conditions = setCondition(
        status?.conditions,
        { type: tokenInfrastructureReady, ...told },
        this.#clock.now(),
      )
      return findCondition(conditions, tokenInfrastructureReady) === before ? undefined : { conditions }
    }
    return patchStatus(this.#addOns.resource, addOn, change, signal)
  }
}

/** Objects that lost their label are given it back while they are needed, so that all that are not are known. */
async function deleteKnown<T extends KubeObject>(
  informer: Informer<T>,
  wanted: T,
  signal: AbortSignal,
): Promise<void> {
  const known = informer.store.get(keyOf(wanted))
  if (known) await deleteObject(informer, known, signal)
}
