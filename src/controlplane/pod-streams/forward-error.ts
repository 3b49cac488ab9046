import { errorMessage } from '../../common/errors.ts'
import type { PodName } from './pod-runtime.ts'

/** What a client is told of a port that cannot be had, as kubelet says it. */
export function forwardError({ namespace, name }: PodName, port: number, error: unknown): string {
  return `error forwarding port ${port} to pod ${name}_${namespace}: ${errorMessage(error)}`
}
