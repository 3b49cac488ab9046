export {
  ContainerProber,
  type ContainerProberComponents,
  type ContainerProberOptions,
} from './container-prober.ts'
export { type HttpProbeTarget, probeHttp } from './http-probe.ts'
export { probePort } from './probe-port.ts'
export type { ProbeResult } from './probe-result.ts'
export type { ProbeKind } from './probe-worker.ts'
export { probeTcp } from './tcp-probe.ts'
