import type { Endpoints, Service } from '../../apis/core/v1.ts'
import type { EndpointSlice } from '../../apis/discovery/v1.ts'
import { ENDPOINT_SLICES, ENDPOINTS, SERVICES } from '../../apis/resources.ts'
import { type Controller, isConflict, isNotFound, keyText } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { isMirrored, MIRRORING_MANAGER, planForEndpoints } from './mirrored-slices.ts'
import { SliceWriter } from './slice-writer.ts'
import { serviceOfSlice, sliceInformer, slicesOf } from './slices-by-service.ts'

/**
 * Makes slices of the Endpoints that somebody has made for a Service without a selector, since those who look for endpoints look at
 * slices (kube-controller-manager's `endpointslice-mirroring-controller`).
 */
export function addMirroringController({ manager, client }: ControllerContext): Controller {
  const services = manager.informers.for<Service>(SERVICES)
  const endpoints = manager.informers.for<Endpoints>(ENDPOINTS)
  const informer = sliceInformer(manager)
  const slices = client.resource<EndpointSlice>(ENDPOINT_SLICES)
  const writer = new SliceWriter({ informer, slices, clock: client.clock })
  return manager
    .controller({
      name: 'endpointslice-mirroring',
      concurrency: 5,
      async reconcile(key, { signal }) {
        const id = keyText(key)
        if (writer.isBehind(id)) return
        const source = endpoints.store.get(key)
        const existing = slicesOf(informer, key, MIRRORING_MANAGER)
        const plan =
          source && isMirrored(source, services.store.get(key))
            ? planForEndpoints(source, existing)
            : { create: [], update: [], remove: existing }
        try {
          await writer.write(id, plan, signal)
        } catch (error) {
          if (!isConflict(error) && !isNotFound(error)) throw error // an event makes us look again
        }
      },
    })
    .watch(endpoints)
    .watch(services)
    .watch(informer, { map: serviceOfSlice(MIRRORING_MANAGER) })
}
