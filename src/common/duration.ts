const NANOSECONDS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3, // U+00B5, the micro sign
  μs: 1e3, // U+03BC, the Greek letter
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

const NANOSECONDS_PER_MS = 1e6

/** Go keeps durations in an int64 of nanoseconds, some 292 years. */
const MAX_NANOSECONDS = 2 ** 63

/** Node fires a longer timer at once. Whoever writes `8760h` means never, and 24 days are as good. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Reads a duration as Go writes it (`1h30m`, `300ms`, `-1.5s`, `0`) and returns milliseconds, with fractions where there
 * are any. Throws an Error with Go's message.
 */
export function parseDuration(text: string): number {
  const negative = text.startsWith('-')
  let rest = text.replace(/^[+-]/, '')
  if (rest === '0') return 0
  if (rest === '') throw invalidDuration(text)

  let nanoseconds = 0
  while (rest !== '') {
    const [number = '', whole = '', fraction = ''] = /^(\d*)(?:\.(\d*))?/.exec(rest) ?? []
    if (whole === '' && fraction === '') throw invalidDuration(text)
    rest = rest.slice(number.length)

    const [unit = ''] = /^[^.\d]*/.exec(rest) ?? []
    if (unit === '') throw new Error(`time: missing unit in duration ${JSON.stringify(text)}`)
    rest = rest.slice(unit.length)

    const perUnit = Object.hasOwn(NANOSECONDS_PER_UNIT, unit) ? NANOSECONDS_PER_UNIT[unit] : undefined
    if (perUnit === undefined) {
      throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`)
    }
    nanoseconds += Number(number) * perUnit
    if (nanoseconds >= MAX_NANOSECONDS) throw invalidDuration(text)
  }
  return (negative ? -nanoseconds : nanoseconds) / NANOSECONDS_PER_MS
}

/** Writes milliseconds as Go writes a duration: `1h30m0s`, `1.5s`, `300ms`, `0s`. */
export function formatDuration(ms: number): string {
  const nanoseconds = Math.round(Math.abs(ms) * NANOSECONDS_PER_MS)
  const sign = ms < 0 ? '-' : ''
  if (nanoseconds === 0) return '0s'
  for (const unit of ['ns', 'µs', 'ms'] as const) {
    const perUnit = NANOSECONDS_PER_UNIT[unit] ?? 1
    if (nanoseconds < perUnit * 1000) return `${sign}${nanoseconds / perUnit}${unit}`
  }

  const totalSeconds = Math.floor(nanoseconds / 1e9)
  const seconds = `${totalSeconds % 60}${decimals(nanoseconds % 1e9)}s`
  const minutes = Math.floor(totalSeconds / 60)
  if (minutes === 0) return `${sign}${seconds}`
  if (minutes < 60) return `${sign}${minutes}m${seconds}`
  return `${sign}${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`
}

function decimals(nanoseconds: number): string {
  return nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`
}

function invalidDuration(text: string): Error {
  return new Error(`time: invalid duration ${JSON.stringify(text)}`)
}
