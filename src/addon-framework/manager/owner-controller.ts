import { ADD_ON_GROUP } from '../../apis/addon/constants.ts'
import type { ClusterManagementAddOn, ManagedClusterAddOn } from '../../apis/addon/v1alpha1.ts'
import type { OwnerReference } from '../../apis/meta/v1.ts'
import { type Controller, enqueueSelf } from '../../kube/index.ts'
import { updateObject } from '../objects/change-object.ts'
import { isManagedByUs, ownerReferenceOf } from './lifecycle.ts'
import { BY_NAME, type ManagerContext } from './manager-context.ts'

/** An add-on on a cluster goes with the add-on as such, whoever has installed it: `addon-owner-controller` of the original. */
export function addOwnerController({ manager, informers }: ManagerContext): Controller {
  const { addOns, managements } = informers
  return manager
    .controller({
      name: 'addon-owner-controller',
      concurrency: 8,
      reconcile: async (request, { signal }) => {
        const addOn = addOns.store.get(request)
        const management = managements.store.get(request.name)
        if (!addOn || !management || !isManagedByUs(management)) return
        await updateObject(addOns.resource, addOn, (latest) => owned(latest, management), signal)
      },
    })
    .watch(addOns)
    .watch(managements, {
      map: ({ metadata }) => addOns.store.byIndex(BY_NAME, metadata.name ?? '').flatMap(enqueueSelf),
    })
}

/** Undefined if it is owned already. A reference to a former object of the same name is replaced. */
function owned(
  addOn: ManagedClusterAddOn,
  management: ClusterManagementAddOn,
): ManagedClusterAddOn | undefined {
  const wanted = ownerReferenceOf(management)
  const owners = addOn.metadata.ownerReferences ?? []
  const index = owners.findIndex((each) => isSameOwner(each, wanted))
  const existing = owners[index]
  if (existing && isEqual(existing, wanted)) return undefined
  const ownerReferences = existing ? owners.with(index, wanted) : [...owners, wanted]
  return { ...addOn, metadata: { ...addOn.metadata, ownerReferences } }
}

function isSameOwner({ apiVersion, kind, name }: OwnerReference, wanted: OwnerReference): boolean {
  return apiVersion.startsWith(`${ADD_ON_GROUP}/`) && kind === wanted.kind && name === wanted.name
}

function isEqual(one: OwnerReference, other: OwnerReference): boolean {
  return (
    one.apiVersion === other.apiVersion &&
    one.uid === other.uid &&
    one.controller === other.controller &&
    one.blockOwnerDeletion === other.blockOwnerDeletion
  )
}
