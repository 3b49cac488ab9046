import { createRequire } from 'node:module'
import { Counter, type Registry } from './prometheus.ts'

const require = createRequire(import.meta.url)

/** Each look at the event loop's lag wakes the process, an idle one too; prom-client would look 100 times a second. */
const EVENT_LOOP_SAMPLE_MS = 100

/** All of prom-client's default metrics, but for those of the CPU. */
const DEFAULT_METRICS = [
  'processStartTime',
  'osMemoryHeap',
  'processOpenFileDescriptors',
  'processMaxFileDescriptors',
  'eventLoopLag',
  'processResources',
  'processHandles',
  'processRequests',
  'heapSizeAndUsed',
  'heapSpacesSizeAndUsed',
  'version',
  'gc',
]

type Collect = (
  registry: Registry,
  options: { readonly eventLoopMonitoringPrecision: number; readonly register: Registry },
) => void

/** Adds what Node tells of its process: CPU, memory, garbage collection, event loop. */
export function collectProcessMetrics(registry: Registry): void {
  collectCpu(registry)
  for (const name of DEFAULT_METRICS) {
    const collect: Collect = require(`prom-client/lib/metrics/${name}.js`)
    collect(registry, { register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS })
  }
}

/** Under prom-client's names, of which its own module wants OpenTelemetry. */
function collectCpu(registry: Registry): void {
  const registers = [registry]
  const counter = (name: string, help: string) => new Counter({ name, help, registers })
  const system = counter('process_cpu_system_seconds_total', 'Total system CPU time spent in seconds.')
  const both = counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.')
  let last = { user: 0, system: 0 }
  new Counter({
    name: 'process_cpu_user_seconds_total',
    help: 'Total user CPU time spent in seconds.',
    registers,
    collect() {
      const now = process.cpuUsage()
      const [userSeconds, systemSeconds] = [(now.user - last.user) / 1e6, (now.system - last.system) / 1e6]
      last = now
      this.inc(userSeconds)
      system.inc(systemSeconds)
      both.inc(userSeconds + systemSeconds)
    },
  })
}
