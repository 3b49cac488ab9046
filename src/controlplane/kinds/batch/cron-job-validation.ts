import { type FieldError, invalid, notSupported, required } from '../../api/field-error.ts'
import { nonNegativeErrors } from '../field-checks/index.ts'
import { isTimeZone, scheduleProblem } from './cron-schedule.ts'
import type { CronJob } from './job-shape.ts'
import { jobSpecErrors } from './job-validation.ts'

/** What is wrong with CronJobs, in Kubernetes' words (kubernetes, apis/batch/validation). */

const LONGEST_NAME = 52
const CONCURRENCY_POLICIES = ['Allow', 'Forbid', 'Replace']
const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/

export function cronJobErrors(cronJob: CronJob): FieldError[] {
  const { name = '' } = cronJob.metadata
  return [
    ...specErrors(cronJob),
    // Eleven characters more make the name of a job.
    ...(name.length > LONGEST_NAME
      ? [invalid('metadata.name', name, `must be no more than ${LONGEST_NAME} characters`)]
      : []),
  ]
}

export function cronJobUpdateErrors(cronJob: CronJob, old: CronJob): FieldError[] {
  return specErrors(cronJob, old)
}

function specErrors({ spec }: CronJob, old?: CronJob): FieldError[] {
  const { timeZone, concurrencyPolicy = '' } = spec
  const policyField = 'spec.concurrencyPolicy'
  return [
    ...(spec.schedule === '' ? [required('spec.schedule')] : scheduleErrors(spec, old)),
    ...nonNegativeErrors(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    ...(timeZone === undefined || timeZone === old?.spec.timeZone ? [] : timeZoneErrors(timeZone)),
    ...(concurrencyPolicy === '' ? [required(policyField)] : []),
    ...(concurrencyPolicy === '' || CONCURRENCY_POLICIES.includes(concurrencyPolicy)
      ? []
      : [notSupported(policyField, concurrencyPolicy, CONCURRENCY_POLICIES)]),
    ...jobTemplateErrors(spec.jobTemplate),
    ...nonNegativeErrors(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
    ...nonNegativeErrors(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
  ]
}

function scheduleErrors({ schedule, timeZone }: CronJob['spec'], old?: CronJob): FieldError[] {
  const field = 'spec.schedule'
  const problem = scheduleProblem(schedule)
  const errors = problem === undefined ? [] : [invalid(field, schedule, problem)]
  if (!schedule.includes('TZ')) return errors
  if (!old?.spec.schedule.includes('TZ'))
    return [
      ...errors,
      invalid(field, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
    ]
  if (timeZone === undefined) return errors
  const detail = 'cannot use both timeZone field and TZ or CRON_TZ in schedule'
  return [...errors, invalid(field, schedule, detail)]
}

function timeZoneErrors(timeZone: string): FieldError[] {
  const wrong = (detail: string) => invalid('spec.timeZone', timeZone, detail)
  if (timeZone === '') return [wrong('timeZone must be nil or non-empty string')]
  const unknown = wrong(`unknown time zone ${timeZone}`)
  const isPart = (part: string) =>
    ZONE_PART.test(part) && part !== '.' && part !== '..' && !part.startsWith('-')
  if (!timeZone.split('/').every(isPart)) return [unknown]
  if (timeZone.toLowerCase() === 'local')
    return [wrong('timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')]
  return isTimeZone(timeZone) ? [] : [unknown]
}

function jobTemplateErrors({ spec }: CronJob['spec']['jobTemplate']): FieldError[] {
  const path = 'spec.jobTemplate.spec'
  return [
    ...jobSpecErrors(spec, path),
    ...(spec.selector
      ? [invalid(`${path}.selector`, spec.selector, '`selector` will be auto-generated')]
      : []),
    ...(spec.manualSelector ? [notSupported(`${path}.manualSelector`, true, ['nil', 'false'])] : []),
  ]
}
