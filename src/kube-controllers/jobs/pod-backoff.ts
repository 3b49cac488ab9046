import type { Pod } from '../../apis/core/v1.ts'
import { finishedAtMs } from './job-pods.ts'

const INITIAL_MS = 10_000
const CAP_MS = 10 * 60_000

/** Failures in a row, and when the last of them was. */
export interface FailureRecord {
  readonly failures: number
  readonly lastAtMs: number
}

export const NO_FAILURES: FailureRecord = { failures: 0, lastAtMs: 0 }

/** The record after more pods have ended: a success makes good all failures before it. */
export function withEnded(
  record: FailureRecord,
  succeeded: readonly Pod[],
  failed: readonly Pod[],
): FailureRecord {
  const failedAt = failed.map(finishedAtMs)
  if (succeeded.length === 0) {
    if (failedAt.length === 0) return record
    return { failures: record.failures + failedAt.length, lastAtMs: Math.max(...failedAt) }
  }
  const lastSuccess = Math.max(...succeeded.map(finishedAtMs))
  const later = failedAt.filter((ms) => ms > lastSuccess)
  return later.length === 0 ? NO_FAILURES : { failures: later.length, lastAtMs: Math.max(...later) }
}

/** How long to wait yet before the next pod: 10 s after the first failure, and each time twice as long, up to 10 minutes. */
export function remainingMs({ failures, lastAtMs }: FailureRecord, nowMs: number): number {
  if (failures === 0) return 0
  const backoff = Math.min(INITIAL_MS * 2 ** Math.min(failures - 1, 30), CAP_MS)
  return Math.max(backoff - (nowMs - lastAtMs), 0)
}
