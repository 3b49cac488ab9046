import type { Probe } from '../../apis/core/v1.ts'
import type { Clock } from '../../kube/index.ts'
import type { ProbeResult } from './probe-result.ts'

export type ProbeKind = 'startup' | 'readiness' | 'liveness'

const DEFAULT_PERIOD_SECONDS = 10
const DEFAULT_FAILURE_THRESHOLD = 3

/** What is taken for true before there is a result; undefined where that is nobody's business. */
const BEFOREHAND: Readonly<Record<ProbeKind, boolean | undefined>> = {
  startup: undefined,
  readiness: false,
  liveness: true,
}

export interface ProbeWorkerComponents {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly runProbe: (probe: Probe, signal: AbortSignal) => Promise<ProbeResult>
  /** The thresholds say something new. */
  readonly onResult: (healthy: boolean, message: string) => void
  /** Of each single probe that did not go well, with kubelet's text. */
  readonly onFailure: (text: string) => void
  readonly onWarning: (text: string) => void
}

/**
 * Probes again and again until it does not matter any more: a startup probe until it has succeeded, a startup or liveness probe
 * until it has failed (kubernetes, pkg/kubelet/prober).
 */
export class ProbeWorker {
  readonly #components: ProbeWorkerComponents
  readonly #kind: ProbeKind
  readonly #probe: Probe
  #healthy: boolean | undefined
  #last: boolean | undefined
  #inARow = 0

  constructor(components: ProbeWorkerComponents, { kind, probe }: { kind: ProbeKind; probe: Probe }) {
    this.#components = components
    this.#kind = kind
    this.#probe = probe
    this.#healthy = BEFOREHAND[kind]
  }

  /** `startedAt`: when the container was, in the clock's monotonic time. Rejects when the signal is aborted. */
  async run(startedAt: number, signal: AbortSignal): Promise<void> {
    const { clock, runProbe } = this.#components
    const { initialDelaySeconds = 0, periodSeconds } = this.#probe
    const periodMs = (periodSeconds || DEFAULT_PERIOD_SECONDS) * 1000
    const delayMs = startedAt + initialDelaySeconds * 1000 - clock.monotonic()
    if (delayMs > 0) await clock.sleep(delayMs, signal)
    for (;;) {
      const beganAt = clock.monotonic()
      const result = await runProbe(this.#probe, signal)
      signal.throwIfAborted()
      this.#tell(result)
      if (result.outcome !== 'unknown' && this.#isOver(result.outcome === 'success', result.message)) return
      await clock.sleep(Math.max(beganAt + periodMs - clock.monotonic(), 0), signal)
    }
  }

  #tell({ outcome, message, isWarning }: ProbeResult): void {
    const { onFailure, onWarning } = this.#components
    const title = `${this.#kind.charAt(0).toUpperCase()}${this.#kind.slice(1)} probe`
    if (isWarning) onWarning(`${title} warning: ${message}`)
    else if (outcome === 'failure') onFailure(`${title} failed: ${message}`)
    else if (outcome === 'unknown') onFailure(`${title} errored and resulted in unknown state: ${message}`)
  }

  #isOver(isSuccess: boolean, message: string): boolean {
    const { successThreshold, failureThreshold } = this.#probe
    this.#inARow = this.#last === isSuccess ? this.#inARow + 1 : 1
    this.#last = isSuccess
    if (this.#inARow < (isSuccess ? successThreshold || 1 : failureThreshold || DEFAULT_FAILURE_THRESHOLD)) {
      return false
    }
    if (this.#healthy !== isSuccess) {
      this.#healthy = isSuccess
      this.#components.onResult(isSuccess, message)
    }
    return this.#kind === 'startup' || (this.#kind === 'liveness' && !isSuccess)
  }
}
