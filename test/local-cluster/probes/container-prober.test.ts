import { describe, expect, it } from 'vitest'
import type { Container, Probe } from '../../../src/apis/core/v1.ts'
import { ContainerProber } from '../../../src/local-cluster/probes/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** A container whose probes are commands that end as the test says, the first word being the kind. */
class Bench {
  readonly clock = new ManualClock()
  readonly told: string[] = []
  readonly asked: string[] = []
  readonly exitCodes = new Map<string, number | Error>()
  readonly prober: ContainerProber

  constructor(probes: Partial<Record<'startup' | 'readiness' | 'liveness', Probe>>) {
    const container: Record<string, unknown> = {}
    for (const [kind, probe] of Object.entries(probes)) {
      container[`${kind}Probe`] = { exec: { command: [kind] }, ...probe }
    }
    this.prober = new ContainerProber(
      {
        clock: this.clock,
        exec: async ([kind = '']) => {
          this.asked.push(kind)
          const code = this.exitCodes.get(kind) ?? 0
          if (code instanceof Error) throw code
          return { exitCode: code, output: `it is ${code}` }
        },
        onResult: (kind, healthy, message, grace) =>
          this.told.push(`${kind} ${healthy} (${message})${grace === undefined ? '' : ` in ${grace}s`}`),
        onFailure: (_, text) => this.told.push(text),
      },
      { container: container as Partial<Container>, podIP: '127.0.0.1' },
    )
  }

  /** Lets time pass second by second, so that all that is due is done before the next. */
  async pass(seconds: number): Promise<void> {
    await settled()
    for (let second = 0; second < seconds; second += 1) {
      this.clock.advance(1000)
      await settled()
    }
  }

  takeTold(): string[] {
    return this.told.splice(0)
  }
}

/** All that needs no time is done. */
const settled = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

describe('the probes of a container', () => {
  it('make it ready and unready, by their thresholds', async () => {
    const bench = new Bench({
      readiness: { periodSeconds: 2, initialDelaySeconds: 3, successThreshold: 2, failureThreshold: 2 },
    })
    bench.prober.start()
    await bench.pass(2)
    expect(bench.asked).toEqual([])
    await bench.pass(1)
    expect(bench.asked).toHaveLength(1)
    expect(bench.takeTold()).toEqual([])
    await bench.pass(2)
    expect(bench.takeTold()).toEqual(['readiness true (it is 0)'])
    bench.exitCodes.set('readiness', 1)
    await bench.pass(2)
    expect(bench.takeTold()).toEqual(['Readiness probe failed: it is 1'])
    await bench.pass(4)
    expect(bench.takeTold()).toEqual([
      'Readiness probe failed: it is 1',
      'readiness false (it is 1)',
      'Readiness probe failed: it is 1',
    ])
    bench.prober.stop()
    await bench.pass(10)
    expect(bench.takeTold()).toEqual([])
  })

  it('have it restarted once when it is not alive, with the grace of the probe', async () => {
    const bench = new Bench({
      liveness: { periodSeconds: 1, failureThreshold: 3, terminationGracePeriodSeconds: 7 },
    })
    bench.prober.start()
    await bench.pass(3)
    expect(bench.takeTold()).toEqual([])
    bench.exitCodes.set('liveness', 2)
    await bench.pass(20)
    const failure = 'Liveness probe failed: it is 2'
    expect(bench.takeTold()).toEqual([failure, failure, failure, 'liveness false (it is 2) in 7s'])
    bench.prober.stop()
  })

  it('wait for the startup probe, which ends with its success', async () => {
    const bench = new Bench({
      startup: { periodSeconds: 1, failureThreshold: 30 },
      readiness: { periodSeconds: 1 },
      liveness: { periodSeconds: 1 },
    })
    bench.exitCodes.set('startup', 1)
    bench.prober.start()
    await bench.pass(3)
    expect(new Set(bench.asked)).toEqual(new Set(['startup']))
    bench.exitCodes.set('startup', 0)
    bench.takeTold()
    await bench.pass(1)
    expect(bench.takeTold()).toEqual(['startup true (it is 0)', 'readiness true (it is 0)'])
    bench.asked.length = 0
    await bench.pass(2)
    expect(bench.asked.toSorted()).toEqual(['liveness', 'liveness', 'readiness', 'readiness'])
    bench.prober.stop()
  })

  it('end with a startup probe that fails', async () => {
    const bench = new Bench({
      startup: { periodSeconds: 1, failureThreshold: 2 },
      readiness: { periodSeconds: 1 },
    })
    bench.exitCodes.set('startup', 1)
    bench.prober.start()
    await bench.pass(10)
    expect(bench.takeTold().at(-1)).toBe('startup false (it is 1)')
    expect(bench.asked).toEqual(['startup', 'startup'])
  })

  it('count nothing that could not be asked', async () => {
    const bench = new Bench({ liveness: { periodSeconds: 1, failureThreshold: 1 } })
    bench.exitCodes.set('liveness', new Error('not now'))
    bench.prober.start()
    await bench.pass(2)
    const text = 'Liveness probe errored and resulted in unknown state: not now'
    expect(bench.takeTold()).toEqual([text, text, text])
    bench.prober.stop()
  })

  it('restart nothing that is being deleted, and still say whether it is ready', async () => {
    const bench = new Bench({
      readiness: { periodSeconds: 1, failureThreshold: 1 },
      liveness: { periodSeconds: 1, failureThreshold: 1 },
    })
    bench.prober.start()
    await bench.pass(1)
    bench.takeTold()
    bench.prober.stopRestarting()
    bench.exitCodes.set('readiness', 1).set('liveness', 1)
    await bench.pass(1)
    expect(bench.takeTold()).toEqual(['Readiness probe failed: it is 1', 'readiness false (it is 1)'])
    bench.prober.stop()
  })
})
