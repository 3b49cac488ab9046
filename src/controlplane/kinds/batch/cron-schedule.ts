/** Schedules as Kubernetes' CronJobs have them: five fields, or `@daily` and its like (robfig/cron v3, ParseStandard). */

class ScheduleError extends Error {}

interface Bounds {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  {
    min: 1,
    max: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
]

const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']
const EVERY = '@every '
const DURATION = /^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/
const ZONE = /^(?:CRON_)?TZ=([^ ]*) /

/** What is wrong with a schedule, in the words of the original; undefined when nothing is. */
export function scheduleProblem(schedule: string): string | undefined {
  try {
    checkSchedule(schedule)
    return undefined
  } catch (error) {
    if (error instanceof ScheduleError) return error.message
    throw error
  }
}

/** Go takes the names of the time zone database, and no other. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

function checkSchedule(schedule: string): void {
  const [prefix = '', zone = ''] = ZONE.exec(schedule) ?? []
  if (prefix !== '' && !isTimeZone(zone))
    throw new ScheduleError(`provided bad location ${zone}: unknown time zone ${zone}`)
  const spec = schedule.slice(prefix.length).trim()
  if (spec.startsWith('@')) {
    checkDescriptor(spec)
    return
  }
  const fields = spec.split(/\s+/).filter((field) => field !== '')
  if (fields.length !== FIELDS.length)
    throw new ScheduleError(
      `expected exactly ${FIELDS.length} fields, found ${fields.length}: [${fields.join(' ')}]`,
    )
  FIELDS.forEach((bounds, index) => {
    for (const range of (fields[index] ?? '').split(',')) if (range !== '') checkRange(range, bounds)
  })
}

function checkDescriptor(descriptor: string): void {
  if (DESCRIPTORS.includes(descriptor)) return
  if (!descriptor.startsWith(EVERY)) throw new ScheduleError(`unrecognized descriptor: ${descriptor}`)
  const duration = descriptor.slice(EVERY.length)
  let rest = duration
  for (let match = DURATION.exec(rest); match; match = DURATION.exec(rest)) rest = rest.slice(match[0].length)
  if (rest !== '' || duration === '') {
    const text = JSON.stringify(duration)
    throw new ScheduleError(`failed to parse duration ${descriptor}: time: invalid duration ${text}`)
  }
}

/** `*`, `5`, `1-5`, any of them with a step: `*` and `/15`. */
function checkRange(range: string, bounds: Bounds): void {
  const [limits = '', step, ...moreSteps] = range.split('/')
  const [low = '', high, ...moreLimits] = limits.split('-')
  const isAny = low === '*' || low === '?'
  const start = isAny ? bounds.min : numberOf(low, bounds, range)
  let end = isAny ? bounds.max : start
  if (!isAny && moreLimits.length > 0) throw new ScheduleError(`too many hyphens: ${range}`)
  if (!isAny && high !== undefined) end = numberOf(high, bounds, range)
  if (moreSteps.length > 0) throw new ScheduleError(`too many slashes: ${range}`)
  const stride = step === undefined ? 1 : numberOf(step, { min: 0, max: 0 }, range)
  if (step !== undefined && high === undefined) end = bounds.max
  if (start < bounds.min)
    throw new ScheduleError(`beginning of range (${start}) below minimum (${bounds.min}): ${range}`)
  if (end > bounds.max)
    throw new ScheduleError(`end of range (${end}) above maximum (${bounds.max}): ${range}`)
  if (start > end)
    throw new ScheduleError(`beginning of range (${start}) beyond end of range (${end}): ${range}`)
  if (stride === 0) throw new ScheduleError(`step of range should be a positive number: ${range}`)
}

function numberOf(text: string, { min, names = [] }: Bounds, range: string): number {
  const named = names.indexOf(text.toLowerCase())
  if (named >= 0) return named + min
  if (!/^[-+]?[0-9]+$/.test(text)) {
    const reason = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
    throw new ScheduleError(`failed to parse int from ${range}: ${reason}`)
  }
  const number = Number(text)
  if (number < 0) throw new ScheduleError(`negative number (${number}) not allowed: ${range}`)
  return number
}
