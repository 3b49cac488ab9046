import type { Event } from '../apis/events/v1.ts'
import { EVENTS, EventRecorder } from '../kube/index.ts'
import type { ControllerContext } from './controller-context.ts'

/** Records the Events of a controller, as long as the manager runs. */
export function controllerEvents({ manager, client, log }: ControllerContext, name: string): EventRecorder {
  const events = new EventRecorder(
    { events: client.resource<Event>(EVENTS), clock: client.clock, log },
    { controller: name, instance: name },
  )
  manager.add({ start: () => {}, stop: () => events.stop() })
  return events
}
