import type { Node, Service } from '../../apis/core/v1.ts'
import type { EndpointSlice } from '../../apis/discovery/v1.ts'
import { ENDPOINT_SLICES, NODES, SERVICES } from '../../apis/resources.ts'
import { type Controller, isConflict, isNotFound, keyText, type Predicate } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { hasOwnEndpoints, podsOf, servicesOf } from '../endpoints/service-pods.ts'
import { TRIGGER_TIME, TriggerTimes } from '../endpoints/trigger-times.ts'
import { podsByNode, podsOn } from '../pods-by-node.ts'
import { planForService, SLICE_MANAGER } from './service-slices.ts'
import { SliceWriter } from './slice-writer.ts'
import { serviceOfSlice, sliceInformer, slicesOf } from './slices-by-service.ts'

/** Nodes come and go, and may be told their zone; how they are is told over and over, and does not matter. */
const zoneChanged: Predicate<Node> = {
  onUpdate: (previous, node) => previous.metadata.labels?.[ZONE] !== node.metadata.labels?.[ZONE],
}
const ZONE = 'topology.kubernetes.io/zone'

/**
 * Keeps for each Service with a selector the slices that say where its Pods are, and how they are (kube-controller-manager's
 * `endpointslice-controller`). Slices of Services that are gone are left to the garbage collector.
 */
export function addEndpointSliceController({ manager, client }: ControllerContext): Controller {
  const services = manager.informers.for<Service>(SERVICES)
  const pods = podsByNode(manager)
  const nodes = manager.informers.for<Node>(NODES)
  const informer = sliceInformer(manager)
  const slices = client.resource<EndpointSlice>(ENDPOINT_SLICES)
  const writer = new SliceWriter({ informer, slices, clock: client.clock })
  const triggers = new TriggerTimes()
  return manager
    .controller({
      name: 'endpointslice',
      concurrency: 5,
      async reconcile(key, { signal }) {
        const service = services.store.get(key)
        const id = keyText(key)
        if (!service) return triggers.forget(id)
        if (!hasOwnEndpoints(service) || writer.isBehind(id)) return undefined
        const selected = podsOf(service, pods.store)
        const plan = planForService({
          service,
          pods: selected,
          nodeOf: (name) => nodes.store.get({ name }),
          slices: slicesOf(informer, key, SLICE_MANAGER),
        })
        const trigger = triggers.next(service, selected)
        const withTime = (slice: EndpointSlice) => triggered(slice, trigger)
        const { create, update, remove } = plan
        // What is being deleted is not worth a new slice, which the garbage collector would have to delete, too.
        const wanted = service.metadata.deletionTimestamp ? [] : create.map(withTime)
        try {
          await writer.write(id, { create: wanted, update: update.map(withTime), remove }, signal)
        } catch (error) {
          if (!isConflict(error) && !isNotFound(error)) throw error // an event makes us look again
        }
        return undefined
      },
    })
    .watch(services)
    .watch(pods, { map: (pod) => servicesOf(pod, services.store) })
    .watch(nodes, {
      predicates: [zoneChanged],
      map: ({ metadata: { name = '' } }) =>
        podsOn(pods, name).flatMap((pod) => servicesOf(pod, services.store)),
    })
    .watch(informer, { map: serviceOfSlice(SLICE_MANAGER) })
}

function triggered(slice: EndpointSlice, time: string | undefined): EndpointSlice {
  const { [TRIGGER_TIME]: _, ...rest } = slice.metadata.annotations ?? {}
  const annotations = time === undefined ? rest : { ...rest, [TRIGGER_TIME]: time }
  return { ...slice, metadata: { ...slice.metadata, annotations } }
}
