import { isJsonObject, type JsonObject } from '../api/json.ts'
import { badRequest } from '../api/status.ts'
import type { KubeObject } from '../registry/index.ts'

const STATUSES = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses']

/** What kubelet says of containers that have not got so far, by the reason for which they wait. */
const WAITS = new Map([
  ['ErrImagePull', "image can't be pulled"],
  ['ImagePullBackOff', 'trying and failing to pull image'],
])

/**
 * Refuses to read the log of a container that has not run yet (kubernetes, kubelet's validateContainerLogStatus).
 *
 * @throws StatusError BadRequest
 */
export function requireLog(pod: KubeObject, container: string, previous: boolean): void {
  const about = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)}`
  const status = statusOf(pod, container)
  if (!status) throw badRequest(`${about} is not available`)
  const { running, waiting, terminated } = stateIn(status, 'state')
  const { terminated: lastTerminated } = stateIn(status, 'lastState')
  if (previous) {
    if (lastTerminated) return
    throw badRequest(`previous terminated ${about} not found`)
  }
  if (running || terminated || lastTerminated) return
  if (!waiting) throw badRequest(`${about} is waiting to start - no logs yet`)
  const reason = String(waiting.reason ?? '')
  throw badRequest(`${about} is waiting to start: ${WAITS.get(reason) ?? reason}`)
}

function statusOf({ status }: KubeObject, container: string): JsonObject | undefined {
  if (!isJsonObject(status)) return undefined
  for (const field of STATUSES) {
    const statuses = status[field]
    if (!Array.isArray(statuses)) continue
    const found = statuses.filter(isJsonObject).find(({ name }) => name === container)
    if (found) return found
  }
  return undefined
}

function stateIn(
  status: JsonObject,
  field: 'state' | 'lastState',
): { running?: JsonObject; waiting?: JsonObject; terminated?: JsonObject } {
  const state = status[field]
  if (!isJsonObject(state)) return {}
  const { running, waiting, terminated } = state
  return {
    ...(isJsonObject(running) ? { running } : {}),
    ...(isJsonObject(waiting) ? { waiting } : {}),
    ...(isJsonObject(terminated) ? { terminated } : {}),
  }
}
