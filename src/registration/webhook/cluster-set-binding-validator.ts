import type { ManagedClusterSetBinding } from '../../apis/cluster/v1beta2.ts'
import type { KubeClient } from '../../kube/index.ts'
import { type AdmissionHandler, allow, denyBadRequest } from '../../kube/webhook/index.ts'
import { denialOf, rightToBind } from './cluster-access.ts'

const WRONG_NAME = 'The ManagedClusterSetBinding must have the same name as the target ManagedClusterSet'

/** Says who may bind a set to a namespace. A binding has the name of its set, so that there is but one. */
export function clusterSetBindingValidator({
  client,
}: {
  readonly client: KubeClient
}): AdmissionHandler<ManagedClusterSetBinding> {
  return async ({ operation, object, userInfo }, signal) => {
    if (!object || (operation !== 'CREATE' && operation !== 'UPDATE')) return allow()
    const clusterSet = object.spec?.clusterSet ?? ''
    if (object.metadata.name !== clusterSet) return denyBadRequest(WRONG_NAME)
    if (operation === 'UPDATE') return allow()
    return (await denialOf(client, userInfo, rightToBind(clusterSet), signal)) ?? allow()
  }
}
