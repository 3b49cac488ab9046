import type { Container } from '../../apis/core/v1.ts'
import type { Clock } from '../../kube/index.ts'
import type { RunCommand } from './exec-probe.ts'
import { type ProbeKind, ProbeWorker } from './probe-worker.ts'
import { runProbe } from './run-probe.ts'

export interface ContainerProberComponents {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly exec: RunCommand
  /**
   * The thresholds say something new. Before that a container has not started, is not ready, and is alive. Of a startup or
   * liveness probe that has failed, the fourth argument is the probe's own `terminationGracePeriodSeconds`, if it has one.
   */
  readonly onResult: (
    kind: ProbeKind,
    healthy: boolean,
    message: string,
    terminationGracePeriodSeconds?: number,
  ) => void
  /** Of each single probe that did not go well: the text of kubelet's event `Unhealthy`. */
  readonly onFailure?: (kind: ProbeKind, text: string) => void
  /** Of each single probe that went well only just: the text of kubelet's event `ProbeWarning`. */
  readonly onWarning?: (kind: ProbeKind, text: string) => void
}

export interface ContainerProberOptions {
  readonly container: Pick<Container, 'ports' | 'startupProbe' | 'readinessProbe' | 'livenessProbe'>
  readonly podIP: string
}

/**
 * The probes of one run of a container: made when it starts, and not used again for the next. Readiness and liveness are asked
 * for once the startup probe has succeeded. Of probes that it does not have, nothing is told.
 */
export class ContainerProber {
  readonly #components: ContainerProberComponents
  readonly #options: ContainerProberOptions
  readonly #stopping = new AbortController()
  readonly #ending = new AbortController()
  #isStarted = false

  constructor(components: ContainerProberComponents, options: ContainerProberOptions) {
    this.#components = components
    this.#options = options
  }

  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    const startedAt = this.#components.clock.monotonic()
    const { startupProbe } = this.#options.container
    if (startupProbe) this.#run('startup', startedAt)
    else this.#runOthers(startedAt)
  }

  stop(): void {
    this.#stopping.abort()
  }

  /** The Pod is being deleted: whether it is ready still matters, but nothing is restarted any more. */
  stopRestarting(): void {
    this.#ending.abort()
  }

  #runOthers(startedAt: number): void {
    this.#run('readiness', startedAt)
    this.#run('liveness', startedAt)
  }

  #run(kind: ProbeKind, startedAt: number): void {
    const { container, podIP } = this.#options
    const { clock, exec, onResult, onFailure, onWarning } = this.#components
    const probe = container[`${kind}Probe`]
    if (!probe) return
    const signal =
      kind === 'readiness'
        ? this.#stopping.signal
        : AbortSignal.any([this.#stopping.signal, this.#ending.signal])
    const worker = new ProbeWorker(
      {
        clock,
        runProbe: (each, aborted) => runProbe(each, { container, podIP, exec }, aborted),
        onResult: (healthy, message) => {
          const grace = healthy || kind === 'readiness' ? undefined : probe.terminationGracePeriodSeconds
          onResult(kind, healthy, message, grace)
          if (kind === 'startup' && healthy) this.#runOthers(startedAt)
        },
        onFailure: (text) => onFailure?.(kind, text),
        onWarning: (text) => onWarning?.(kind, text),
      },
      { kind, probe },
    )
    worker.run(startedAt, signal).catch((error) => {
      if (!signal.aborted) throw error
    })
  }
}
