import type { Event } from '../../apis/events/v1.ts'
import { EVENTS, EventRecorder } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { GarbageCollector } from './garbage-collector.ts'

const NAME = 'garbage-collector-controller'

/** kube-controller-manager's `garbage-collector-controller`. */
export function addGarbageCollector({ manager, client, log }: ControllerContext): void {
  const events = new EventRecorder(
    { events: client.resource<Event>(EVENTS), clock: client.clock, log },
    { controller: NAME, instance: NAME },
  )
  manager.add({ start: () => {}, stop: () => events.stop() })
  new GarbageCollector({ manager, client, events, log })
}
