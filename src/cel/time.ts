import { Duration, EvaluationError, Timestamp } from './values.ts'

const SECOND = 1_000_000_000n
const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: SECOND,
  m: 60n * SECOND,
  h: 3600n * SECOND,
}

const LONGEST_TEXT = 128
const MIN_SECONDS = -62_135_596_800n
const MAX_SECONDS = 253_402_300_799n

/** Of Go's durations, such as `1h30.5m`. @throws EvaluationError */
export function parseDuration(text: string): Duration {
  if (
    text.length > LONGEST_TEXT ||
    !/^[-+]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)
  )
    throw new EvaluationError(`time: invalid duration ${JSON.stringify(text)}`)
  let total = 0n
  for (const [, number = '', unit = ''] of text.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const [whole = '', fraction = ''] = number.split('.')
    const size = UNITS[unit] ?? 0n
    total += BigInt(whole || '0') * size
    if (fraction !== '') total += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length)
  }
  return new Duration(text.startsWith('-') ? -total : total)
}

/** Of RFC 3339. @throws EvaluationError */
export function parseTimestamp(text: string): Timestamp {
  const match =
    /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,30}))?(?:[Zz]|([+-]\d{2}:\d{2}))$/.exec(text)
  const [, date = '', time = '', fraction = '', zone = 'Z'] = match ?? []
  const ms = match ? Date.parse(`${date}T${time}${zone}`) : Number.NaN
  // Date takes the 31st of any month.
  const midnight = Date.parse(`${date}T00:00:00Z`)
  if (Number.isNaN(ms) || Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(date))
    throw new EvaluationError(`invalid timestamp ${JSON.stringify(text)}`)
  return timestampOf(BigInt(ms / 1000), BigInt(fraction.padEnd(9, '0').slice(0, 9)))
}

export function timestampOf(seconds: bigint, nanoseconds = 0n): Timestamp {
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) throw new EvaluationError('timestamp overflow')
  return new Timestamp(seconds * SECOND + nanoseconds)
}

/** With arithmetic, which may leave the years that there are. @throws EvaluationError */
export function shifted({ nanoseconds }: Timestamp, by: bigint): Timestamp {
  const moved = nanoseconds + by
  const seconds = moved / SECOND - (moved % SECOND < 0n ? 1n : 0n)
  return timestampOf(seconds, moved - seconds * SECOND)
}

export function printTimestamp({ nanoseconds }: Timestamp): string {
  const seconds = nanoseconds / SECOND - (nanoseconds % SECOND < 0n ? 1n : 0n)
  const rest = nanoseconds - seconds * SECOND
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction}Z`
}

export function printDuration({ nanoseconds }: Duration): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const fraction =
    size % SECOND === 0n
      ? ''
      : `.${String(size % SECOND)
          .padStart(9, '0')
          .replace(/0+$/, '')}`
  return `${nanoseconds < 0n ? '-' : ''}${size / SECOND}${fraction}s`
}

export interface CalendarTime {
  readonly year: number
  /** From 0 on. */
  readonly month: number
  readonly day: number
  /** From Sunday on. */
  readonly weekday: number
  /** From 0 on. */
  readonly yearDay: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  readonly milliseconds: number
}

/** In UTC, at an offset such as `+02:00`, or in a zone of the tz database. @throws EvaluationError */
export function calendarTime({ nanoseconds }: Timestamp, zone = 'UTC'): CalendarTime {
  const ms = Number(nanoseconds / 1_000_000n)
  const date = new Date(ms + offsetMs(ms, zone))
  const year = date.getUTCFullYear()
  return {
    year,
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    yearDay: Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / 86_400_000),
    hours: date.getUTCHours(),
    minutes: date.getUTCMinutes(),
    seconds: date.getUTCSeconds(),
    milliseconds: date.getUTCMilliseconds(),
  }
}

function offsetMs(ms: number, zone: string): number {
  if (zone === 'UTC' || zone === '') return 0
  const [, sign, hours, minutes] = /^([+-]?)(\d{2}):(\d{2})$/.exec(zone) ?? []
  if (hours !== undefined)
    return (sign === '-' ? -1 : 1) * (Number(hours) * 3_600_000 + Number(minutes) * 60_000)
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      timeZoneName: 'longOffset',
    }).formatToParts(ms)
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
    return name === 'GMT' ? 0 : offsetMs(ms, name.slice(3))
  } catch {
    throw new EvaluationError(`unknown time zone ${zone}`)
  }
}
