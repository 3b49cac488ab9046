import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { elapsedSince, timeOf } from '../elapsed-time.ts'
import { booleanAt, numberAt, objectAt, objectsAt, textAt, valueAt } from '../members.ts'

/** How a pod stands, in a few words (kubernetes, printers.go). */
export interface PodSummary {
  /** Such as `1/2`: containers that are ready, of those that go on running. */
  readonly ready: string
  readonly status: string
  /** Such as `3 (5m ago)`. */
  readonly restarts: string
}

/** What one half of a pod's containers says of the pod. */
interface Progress {
  readonly ready: number
  readonly restarts: Restarts
  /** Undefined where the containers have nothing to say. */
  readonly reason: string | undefined
}

interface Initialization extends Progress {
  readonly isDone: boolean
  /** Of the init containers that go on running beside the others. */
  readonly sidecarRestarts: Restarts
}

interface Restarts {
  readonly count: number
  /** Milliseconds since 1970, of the last one; 0 where it is not known. */
  readonly lastMs: number
}

const NO_RESTARTS: Restarts = { count: 0, lastMs: 0 }

export function podSummary(pod: JsonObject, now: number): PodSummary {
  const initialization = initializationOf(pod)
  const runs = initialization.isDone || conditionStatus(pod, 'Initialized') === 'True'
  const containers = runs ? containersOf(pod, initialization.sidecarRestarts) : undefined
  const reason = containers?.reason ?? initialization.reason ?? podReason(pod)
  const total =
    objectsAt(pod, 'spec', 'containers').length +
    objectsAt(pod, 'spec', 'initContainers').filter(isSidecar).length
  return {
    ready: `${initialization.ready + (containers?.ready ?? 0)}/${total}`,
    status: deletionReason(pod) ?? backToRunning(pod, reason, containers !== undefined),
    restarts: restartsText(containers?.restarts ?? initialization.restarts, now),
  }
}

function podReason(pod: JsonObject): string {
  const isGated = objectsAt(pod, 'status', 'conditions').some(
    (condition) =>
      textAt(condition, 'type') === 'PodScheduled' && textAt(condition, 'reason') === 'SchedulingGated',
  )
  return isGated ? 'SchedulingGated' : textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase')
}

/** Init containers run one after the other: the first that is not done is what the pod waits for. */
function initializationOf(pod: JsonObject): Initialization {
  const specs = objectsAt(pod, 'spec', 'initContainers')
  const sidecars = new Set(specs.filter(isSidecar).map((container) => textAt(container, 'name')))
  let ready = 0
  let restarts = NO_RESTARTS
  let sidecarRestarts = NO_RESTARTS
  for (const [index, container] of objectsAt(pod, 'status', 'initContainerStatuses').entries()) {
    const isSidecar = sidecars.has(textAt(container, 'name'))
    restarts = withRestarts(restarts, container)
    if (isSidecar) sidecarRestarts = withRestarts(sidecarRestarts, container)

    const terminated = objectAt(container, 'state', 'terminated')
    if (terminated && numberAt(terminated, 'exitCode') === 0) continue
    if (isSidecar && booleanAt(container, 'started')) {
      if (booleanAt(container, 'ready')) ready++
      continue
    }
    const reason = `Init:${initReason(container) ?? `${index}/${specs.length}`}`
    return { ready, restarts, sidecarRestarts, reason, isDone: false }
  }
  return { ready, restarts, sidecarRestarts, reason: undefined, isDone: true }
}

function initReason(container: JsonObject): string | undefined {
  const terminated = objectAt(container, 'state', 'terminated')
  if (terminated) return endReason(terminated)
  const waiting = textAt(container, 'state', 'waiting', 'reason')
  return waiting === '' || waiting === 'PodInitializing' ? undefined : waiting
}

/** The first container that has something to say has the last word. */
function containersOf(pod: JsonObject, sidecarRestarts: Restarts): Progress {
  let ready = 0
  let restarts = sidecarRestarts
  let reason: string | undefined
  for (const container of objectsAt(pod, 'status', 'containerStatuses').toReversed()) {
    restarts = withRestarts(restarts, container)
    const waiting = textAt(container, 'state', 'waiting', 'reason')
    const terminated = objectAt(container, 'state', 'terminated')
    if (waiting !== '') reason = waiting
    else if (terminated) reason = endReason(terminated)
    else if (isReadyAndRunning(container)) ready++
  }
  return { ready, restarts, reason }
}

function endReason(terminated: JsonObject): string {
  const signal = numberAt(terminated, 'signal')
  const end = signal === 0 ? `ExitCode:${numberAt(terminated, 'exitCode')}` : `Signal:${signal}`
  return textAt(terminated, 'reason') || end
}

/** A pod of which one container has completed and another runs has not completed. */
function backToRunning(pod: JsonObject, reason: string, runs: boolean): string {
  const isRunning = runs && objectsAt(pod, 'status', 'containerStatuses').some(isReadyAndRunning)
  if (reason !== 'Completed' || !isRunning) return reason
  return objectsAt(pod, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
  )
    ? 'Running'
    : 'NotReady'
}

function isReadyAndRunning(container: JsonObject): boolean {
  const { waiting, terminated, running } = objectAt(container, 'state') ?? {}
  const hasEnded = isJsonObject(terminated) || textAt(waiting, 'reason') !== ''
  return !hasEnded && booleanAt(container, 'ready') && isJsonObject(running)
}

function deletionReason(pod: JsonObject): string | undefined {
  if (!valueAt(pod, 'metadata', 'deletionTimestamp')) return undefined
  if (textAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown'
  return ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase')) ? undefined : 'Terminating'
}

function isSidecar(initContainer: JsonObject): boolean {
  return textAt(initContainer, 'restartPolicy') === 'Always'
}

/** Of the first condition of that type. */
export function conditionStatus(pod: JsonObject, type: string): string {
  const condition = objectsAt(pod, 'status', 'conditions').find((each) => textAt(each, 'type') === type)
  return textAt(condition, 'status')
}

function withRestarts({ count, lastMs }: Restarts, container: JsonObject): Restarts {
  const ended = timeOf(valueAt(container, 'lastState', 'terminated', 'finishedAt'))
  return { count: count + numberAt(container, 'restartCount'), lastMs: Math.max(lastMs, ended ?? 0) }
}

function restartsText({ count, lastMs }: Restarts, now: number): string {
  if (count === 0 || lastMs === 0) return String(count)
  return `${count} (${elapsedSince(new Date(lastMs).toISOString(), now)} ago)`
}
