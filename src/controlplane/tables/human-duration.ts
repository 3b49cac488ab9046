/** Go's longest duration: what lies further back looks as if it lay there. */
const MAX_DURATION_MS = 2 ** 63 / 1e6

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY_HOURS = 24
const YEAR_DAYS = 365

/**
 * A duration in its two or three greatest figures: `90s`, `5m30s`, `3h20m`, `2d4h`, `2y100d` (k8s.io/apimachinery, HumanDuration).
 * A second of a clock that is behind counts as now; what is more in the future is `<invalid>`.
 */
export function humanDuration(ms: number): string {
  const duration = Math.min(ms, MAX_DURATION_MS)
  const seconds = Math.trunc(duration / SECOND)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`

  const minutes = Math.floor(duration / MINUTE)
  if (minutes < 10) return withRest(`${minutes}m`, seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`

  const hours = Math.floor(duration / HOUR)
  if (hours < 8) return withRest(`${hours}h`, minutes % 60, 'm')
  if (hours < 48) return `${hours}h`

  const days = Math.floor(hours / DAY_HOURS)
  if (days < 8) return withRest(`${days}d`, hours % DAY_HOURS, 'h')
  if (days < 2 * YEAR_DAYS) return `${days}d`

  const years = Math.floor(days / YEAR_DAYS)
  return years < 8 ? withRest(`${years}y`, days % YEAR_DAYS, 'd') : `${years}y`
}

function withRest(text: string, rest: number, unit: string): string {
  return rest === 0 ? text : `${text}${rest}${unit}`
}
