import { parseExactJson } from '../../common/exact-json.ts'
import { type Selection, selectedEvent, type WatchEvent } from '../collection/index.ts'
import type { KubeObject } from '../registry/index.ts'
import type { ServedResource } from '../resources/served-resource.ts'

/** Events as a client hears them, of those that are about objects as they are kept. */
export type ConvertEvents = (events: readonly WatchEvent[]) => Promise<readonly WatchEvent[]>

/** For resources whose objects a webhook converts. A client selects by what it sees, so that nothing can be selected before. */
export function convertedEvents(resource: ServedResource, selection: Selection): ConvertEvents {
  return async (events) => {
    const kept = new Set<Buffer>()
    for (const { object, previous } of events) {
      if (Buffer.isBuffer(object)) kept.add(object)
      if (previous && selection) kept.add(previous)
    }
    const objects = await resource.fromStored([...kept].map(decode))
    const byBytes = new Map([...kept].map((bytes, index) => [bytes, objects[index] as KubeObject]))
    return events.flatMap((event) => {
      if (!Buffer.isBuffer(event.object)) return [event]
      const object = byBytes.get(event.object) as KubeObject
      if (!selection) return [{ type: event.type, object }]
      const old = event.previous && byBytes.get(event.previous)
      const change = {
        object,
        deleted: event.type === 'DELETED',
        revision: object.metadata.resourceVersion ?? '',
      }
      const is = !change.deleted && selection(object)
      return selectedEvent(change, is, old && selection(old) ? old : undefined) ?? []
    })
  }
}

function decode(bytes: Buffer): KubeObject {
  return parseExactJson(bytes.toString()) as KubeObject
}
