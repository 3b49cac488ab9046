import type { JsonObject } from '../../api/json.ts'
import { column, type TableColumns, tableOf } from '../column.ts'
import { AGE, containerColumns, NAME, selectorColumn } from '../common-columns.ts'
import { elapsedSince, timeOf } from '../elapsed-time.ts'
import { humanDuration } from '../human-duration.ts'
import { numberAt, objectsAt, sizeAt, textAt, valueAt } from '../members.ts'

const JOB_TEMPLATE = ['spec', 'jobTemplate', 'spec']
const SELECTOR_DESCRIPTION = 'The pods that the job counts as its own'

export const JOBS: TableColumns = tableOf(
  NAME,
  column('Status', 'string', 'Whether it runs, or how it ended', jobStatus),
  column('Completions', 'string', 'Pods that have succeeded, of those that must', completions),
  column('Duration', 'string', 'How long it has run', duration),
  AGE,
  ...containerColumns(['spec', 'template']),
  selectorColumn(SELECTOR_DESCRIPTION, 'spec', 'selector'),
)

export const CRON_JOBS: TableColumns = tableOf(
  NAME,
  column('Schedule', 'string', 'When jobs are made, in the format of cron', (cronJob) =>
    textAt(cronJob, 'spec', 'schedule'),
  ),
  column(
    'Timezone',
    'string',
    'The time zone of the schedule',
    (cronJob) => valueAt(cronJob, 'spec', 'timeZone') ?? '<none>',
  ),
  column('Suspend', 'boolean', 'Whether no more jobs are made', (cronJob) => {
    const suspend = valueAt(cronJob, 'spec', 'suspend')
    return typeof suspend === 'boolean' ? (suspend ? 'True' : 'False') : '<unset>'
  }),
  column('Active', 'integer', 'How many of its jobs run', (cronJob) => sizeAt(cronJob, 'status', 'active')),
  column('Last Schedule', 'string', 'When a job was last made', (cronJob, now) => {
    const last = valueAt(cronJob, 'status', 'lastScheduleTime')
    return last ? elapsedSince(last, now) : '<none>'
  }),
  AGE,
  ...containerColumns([...JOB_TEMPLATE, 'template']),
  selectorColumn(SELECTOR_DESCRIPTION, ...JOB_TEMPLATE, 'selector'),
)

function jobStatus(job: JsonObject): string {
  if (hasCondition(job, 'Complete')) return 'Complete'
  if (hasCondition(job, 'Failed')) return 'Failed'
  if (valueAt(job, 'metadata', 'deletionTimestamp')) return 'Terminating'
  if (hasCondition(job, 'Suspended')) return 'Suspended'
  return hasCondition(job, 'FailureTarget') ? 'FailureTarget' : 'Running'
}

/** By the first condition of that type. */
function hasCondition(job: JsonObject, type: string): boolean {
  const condition = objectsAt(job, 'status', 'conditions').find((each) => textAt(each, 'type') === type)
  return textAt(condition, 'status') === 'True'
}

function completions(job: JsonObject): string {
  const succeeded = numberAt(job, 'status', 'succeeded')
  const wanted = valueAt(job, 'spec', 'completions')
  if (typeof wanted === 'number') return `${succeeded}/${wanted}`
  const parallelism = numberAt(job, 'spec', 'parallelism')
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function duration(job: JsonObject, now: number): string {
  const started = timeOf(valueAt(job, 'status', 'startTime'))
  if (started === undefined) return ''
  return humanDuration((timeOf(valueAt(job, 'status', 'completionTime')) ?? now) - started)
}
