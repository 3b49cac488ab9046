export type { CommandStreams, LogOptions, PodName, PodRuntime, TerminalSize } from './pod-runtime.ts'
export { type PodStreamComponents, podStreamEndpoints } from './pod-stream-endpoints.ts'
