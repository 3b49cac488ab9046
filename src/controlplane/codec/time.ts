import { MalformedBody } from './malformed-body.ts'

/** Since 1970; nanoseconds are not negative. */
export interface Timestamp {
  readonly seconds: number
  readonly nanoseconds: number
}

/** The first second of year 1 is Go's zero, which Kubernetes writes as null. */
const ZERO_SECONDS = -62_135_596_800
const MIN_SECONDS = -62_167_219_200
const MAX_SECONDS = 253_402_300_799

const CANONICAL = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/
const CANONICAL_MICRO = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$/

/** The elements of RFC 3339 as Go names them in its layout, each with what it takes. */
const ELEMENTS: readonly (readonly [element: string, pattern: RegExp])[] = [
  ['2006', /\d{4}/y],
  ['-', /-/y],
  ['01', /\d{2}/y],
  ['-', /-/y],
  ['02', /\d{2}/y],
  ['T', /T/y],
  ['15', /\d{2}/y],
  [':', /:/y],
  ['04', /\d{2}/y],
  [':', /:/y],
  ['05', /\d{2}/y],
]
const FRACTION = /(?:[.,]\d+)?/y
const MICROSECONDS = /\.\d{6}/y
const ZONE = /Z|[-+]\d{2}:\d{2}/y

/** A time as Kubernetes writes it: UTC, in seconds or for `micro` with six decimals; null for Go's zero. Throws MalformedBody. */
export function canonicalTime(text: string, micro: boolean): string | null {
  const canonical = (micro ? CANONICAL_MICRO : CANONICAL).test(text)
  const ms = canonical ? Date.parse(text) : Number.NaN
  // Date takes the 31st of any month, and 24:00.
  if (
    !Number.isNaN(ms) &&
    ms / 1000 > ZERO_SECONDS &&
    new Date(ms).toISOString().startsWith(text.slice(0, 19))
  )
    return text
  return writeTime(parseTime(text, micro), micro)
}

/** Throws MalformedBody for what Go's time.Parse would not take, in its words. */
export function parseTime(text: string, micro: boolean): Timestamp {
  const scan = new TimeScan(text, micro)
  const [year, , month, , day, , hour, , minute, , second] = ELEMENTS.map(([name, pattern]) =>
    scan.take(name, pattern),
  ).map(Number)
  const fraction = micro ? scan.take('.000000', MICROSECONDS) : scan.take('', FRACTION)
  const zone = scan.take('Z07:00', ZONE)
  scan.end()

  scan.requireRange('month', month, 1, 12)
  scan.requireRange(
    'day',
    day,
    1,
    new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate(),
  )
  scan.requireRange('hour', hour, 0, 23)
  scan.requireRange('minute', minute, 0, 59)
  scan.requireRange('second', second, 0, 59)
  const seconds = Date.parse(`${text.slice(0, 19)}Z`) / 1000 - zoneSeconds(zone)
  return { seconds, nanoseconds: Number(fraction.slice(1, 10).padEnd(9, '0')) }
}

/** Throws MalformedBody for years that have no four digits. */
export function writeTime({ seconds, nanoseconds }: Timestamp, micro: boolean): string | null {
  if (seconds === ZERO_SECONDS && nanoseconds === 0) return null
  if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS)) {
    throw new MalformedBody('Time.MarshalJSON: year outside of range [0,9999]')
  }
  const text = new Date(seconds * 1000).toISOString().slice(0, 19)
  if (!micro) return `${text}Z`
  return `${text}.${String(Math.trunc(nanoseconds / 1000)).padStart(6, '0')}Z`
}

function zoneSeconds(zone: string): number {
  if (zone === 'Z') return 0
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4)) * 60
  return zone.startsWith('-') ? -seconds : seconds
}

class TimeScan {
  readonly #text: string
  readonly #layout: string
  #at = 0

  constructor(text: string, micro: boolean) {
    this.#text = text
    this.#layout = `2006-01-02T15:04:05${micro ? '.000000' : ''}Z07:00`
  }

  take(element: string, pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found === undefined) {
      const rest = quote(this.#text.slice(this.#at))
      throw this.#error(` as ${quote(this.#layout)}: cannot parse ${rest} as ${quote(element)}`)
    }
    this.#at += found.length
    return found
  }

  end(): void {
    if (this.#at < this.#text.length) throw this.#error(`: extra text: ${quote(this.#text.slice(this.#at))}`)
  }

  requireRange(what: string, value: number | undefined, min: number, max: number): void {
    if (value === undefined || value < min || value > max) throw this.#error(`: ${what} out of range`)
  }

  #error(what: string): MalformedBody {
    return new MalformedBody(`parsing time ${quote(this.#text)}${what}`)
  }
}

function quote(text: string): string {
  return JSON.stringify(text)
}
