import type { EndpointSlice } from '../../apis/discovery/v1.ts'
import type { ObjectKey } from '../../apis/meta/v1.ts'
import { ENDPOINT_SLICES } from '../../apis/resources.ts'
import { type Informer, keyText, type Manager } from '../../kube/index.ts'
import { MANAGED_BY, SERVICE_NAME } from './service-slices.ts'

const BY_SERVICE = 'service'

/** All slices, to be found by their Services. */
export function sliceInformer(manager: Manager): Informer<EndpointSlice> {
  return manager.informers.for<EndpointSlice>(ENDPOINT_SLICES, { indexers: { [BY_SERVICE]: byService } })
}

export function slicesOf(
  informer: Informer<EndpointSlice>,
  service: ObjectKey,
  managedBy: string,
): readonly EndpointSlice[] {
  return informer.store
    .byIndex(BY_SERVICE, keyText(service))
    .filter(({ metadata }) => metadata.labels?.[MANAGED_BY] === managedBy)
}

/** Of those of one controller. */
export function serviceOfSlice(managedBy: string) {
  return ({ metadata: { namespace, labels = {} } }: EndpointSlice): readonly ObjectKey[] => {
    const name = labels[SERVICE_NAME]
    return name && labels[MANAGED_BY] === managedBy ? [{ namespace, name }] : []
  }
}

function byService({ metadata: { namespace, labels = {} } }: EndpointSlice): string[] {
  const name = labels[SERVICE_NAME]
  return name ? [keyText({ namespace, name })] : []
}
