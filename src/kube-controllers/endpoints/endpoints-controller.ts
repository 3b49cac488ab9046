import { isDeepStrictEqual } from 'node:util'
import type { Endpoints, Pod, Service } from '../../apis/core/v1.ts'
import { ENDPOINTS, PODS, SERVICES } from '../../apis/resources.ts'
import { type Controller, isAlreadyExists, isConflict, isNotFound, keyText } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { isTerminatingError } from '../service-accounts/terminating.ts'
import { HEADLESS, hasOwnEndpoints, isHeadless, podsOf, servicesOf } from './service-pods.ts'
import { MOST_ADDRESSES, subsetsOf, truncated } from './subsets.ts'
import { TRIGGER_TIME, TriggerTimes } from './trigger-times.ts'

const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity'
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by'
const MANAGER = 'endpoint-controller'

/** Keeps for each Service with a selector the addresses of its Pods (kube-controller-manager's `endpoints-controller`). */
export function addEndpointsController({ manager, client }: ControllerContext): Controller {
  const services = manager.informers.for<Service>(SERVICES)
  const pods = manager.informers.for<Pod>(PODS)
  const informer = manager.informers.for<Endpoints>(ENDPOINTS)
  const endpoints = client.resource<Endpoints>(ENDPOINTS)
  const triggers = new TriggerTimes()
  return manager
    .controller({
      name: 'endpoint',
      concurrency: 5,
      async reconcile(key, { signal }) {
        const service = services.store.get(key)
        const existing = informer.store.get(key)
        try {
          if (service) await sync(service, existing)
          else if (existing && isManaged(existing)) await remove(existing)
        } catch (error) {
          if (isAlreadyExists(error) || isConflict(error) || isNotFound(error)) return // an event makes us look again
          if (!isTerminatingError(error)) throw error
        }
        if (!service) triggers.forget(keyText(key))

        async function remove({ metadata: { uid } }: Endpoints): Promise<void> {
          await endpoints.delete(key, { ...(uid && { preconditions: { uid } }), signal })
        }
        async function sync(owner: Service, current: Endpoints | undefined): Promise<void> {
          if (!hasOwnEndpoints(owner)) return
          const selected = podsOf(owner, pods.store)
          const trigger = triggers.next(owner, selected)
          const wanted = endpointsFor(owner, selected, current)
          if (current && isSame(current, wanted)) return
          const object = triggered(wanted, trigger)
          if (current) await endpoints.update(object, { signal })
          else await endpoints.create(object, { signal })
        }
      },
    })
    .watch(services)
    .watch(pods, { map: (pod) => servicesOf(pod, services.store) })
    .watch(informer)
}

function isManaged({ metadata }: Endpoints): boolean {
  return metadata.labels?.[MANAGED_BY] === MANAGER
}

/** As they should be, but for the time of the change. */
export function endpointsFor(service: Service, pods: readonly Pod[], existing?: Endpoints): Endpoints {
  const { namespace, name, labels } = service.metadata
  const all = subsetsOf(service, pods)
  const subsets = truncated(all, MOST_ADDRESSES)
  const { [OVER_CAPACITY]: _, ...annotations } = existing?.metadata.annotations ?? {}
  const { [HEADLESS]: __, ...others } = labels ?? {}
  return {
    ...existing,
    metadata: {
      ...existing?.metadata,
      ...(namespace && { namespace }),
      ...(name && { name }),
      labels: { ...others, ...(isHeadless(service) && { [HEADLESS]: '' }), [MANAGED_BY]: MANAGER },
      annotations: subsets === all ? annotations : { ...annotations, [OVER_CAPACITY]: 'truncated' },
    },
    subsets,
  }
}

function isSame(existing: Endpoints, wanted: Endpoints): boolean {
  const { annotations = {}, labels = {} } = existing.metadata
  return (
    isDeepStrictEqual(existing.subsets ?? [], wanted.subsets) &&
    isDeepStrictEqual(labels, wanted.metadata.labels) &&
    annotations[OVER_CAPACITY] === wanted.metadata.annotations?.[OVER_CAPACITY]
  )
}

function triggered(endpoints: Endpoints, time: string | undefined): Endpoints {
  const { [TRIGGER_TIME]: _, ...rest } = endpoints.metadata.annotations ?? {}
  const annotations = time === undefined ? rest : { ...rest, [TRIGGER_TIME]: time }
  return { ...endpoints, metadata: { ...endpoints.metadata, annotations } }
}
