import { selectableFields, valueAt } from '../../selectors/index.ts'
import { type KindEntry, KindTable, statusStrategy, strategyWithStatus } from '../strategy/index.ts'
import { cronJobErrors, cronJobUpdateErrors } from './cron-job-validation.ts'
import { withGeneratedSelector } from './generated-selector.ts'
import { withCronJobDefaults, withJobDefaults } from './job-defaults.ts'
import type { CronJob, Job } from './job-shape.ts'
import { jobStatusErrors } from './job-status-validation.ts'
import { jobErrors, jobUpdateErrors } from './job-validation.ts'

const JOB_STRATEGY = strategyWithStatus({
  countsGenerations: true,
  // As it was before there was a garbage collector, whose default is another one.
  deletion: { propagationPolicy: 'Orphan' },
  withDefaults: withJobDefaults,
  prepareForCreate: withGeneratedSelector,
  validate: (job) => jobErrors(job as Job),
  validateUpdate: (job, old) => jobUpdateErrors(job as Job, old as Job),
})

const JOB_STATUS_STRATEGY = statusStrategy(JOB_STRATEGY, {
  validateUpdate: (job, old) => jobStatusErrors(job as Job, old as Job),
})

const CRON_JOB_STRATEGY = strategyWithStatus({
  countsGenerations: true,
  withDefaults: withCronJobDefaults,
  validate: (cronJob) => cronJobErrors(cronJob as CronJob),
  validateUpdate: (cronJob, old) => cronJobUpdateErrors(cronJob as CronJob, old as CronJob),
})

const batch = new KindTable('batch')

export const BATCH_KINDS: readonly KindEntry[] = [
  batch.namespaced('jobs', 'Job', JOB_STRATEGY, {
    subresources: { status: JOB_STATUS_STRATEGY },
    selectableFields: selectableFields(['metadata.name', 'metadata.namespace', 'status.successful'], {
      'status.successful': valueAt('status.succeeded', '0'),
    }),
  }),
  batch.namespaced('cronjobs', 'CronJob', CRON_JOB_STRATEGY, {
    subresources: { status: statusStrategy(CRON_JOB_STRATEGY) },
  }),
]
