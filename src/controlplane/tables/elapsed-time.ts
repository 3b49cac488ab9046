import type { JsonValue } from '../api/json.ts'
import { humanDuration } from './human-duration.ts'

const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})([.,]\d+)?(Z|[-+]\d{2}:\d{2})$/

/** The first second of year 1, which stands for no time at all. */
const ZERO_TIME_MS = -62_135_596_800_000

/** Milliseconds since 1970; undefined for what is no time in RFC 3339. */
export function parseTime(text: string): number | undefined {
  const [, local, fraction = '', zone] = RFC3339.exec(text) ?? []
  const utc = Date.parse(`${local}Z`)
  // Date takes the 31st of any month, and 24:00.
  if (!local || Number.isNaN(utc) || !new Date(utc).toISOString().startsWith(local)) return undefined
  const ms = Date.parse(`${local}${fraction.replace(',', '.')}${zone}`)
  return Number.isNaN(ms) ? undefined : ms
}

/** The same for a field of an object, which is absent or null where there is no time. */
export function timeOf(value: JsonValue | undefined): number | undefined {
  const ms = typeof value === 'string' ? parseTime(value) : undefined
  return ms === ZERO_TIME_MS ? undefined : ms
}

/** How long ago it was, in a form for people. */
export function elapsedSince(time: JsonValue | undefined, now: number): string {
  const ms = timeOf(time)
  return ms === undefined ? '<unknown>' : humanDuration(now - ms)
}
