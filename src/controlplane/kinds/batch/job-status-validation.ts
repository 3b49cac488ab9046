import { duplicate, type FieldError, invalid, required } from '../../api/field-error.ts'
import { nonNegativeErrors } from '../field-checks/index.ts'
import { invalidWhole } from '../strategy/index.ts'
import { hasCondition } from './job-conditions.ts'
import type { Job } from './job-shape.ts'

const COUNTS = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const
const CONDITIONS = 'status.conditions'

/** What is wrong with a new status of a Job (kubernetes, apis/batch/validation, ValidateJobUpdateStatus). */
export function jobStatusErrors(job: Job, old: Job): FieldError[] {
  const { status } = job
  return [
    ...COUNTS.flatMap((name) => nonNegativeErrors(status[name], `status.${name}`)),
    ...uncountedErrors(job),
    ...contradictionErrors(job),
    ...timeErrors(job, old),
    ...finishedErrors(job),
    ...regressionErrors(job, old),
  ]
}

function is({ status }: Job, type: string): boolean {
  return hasCondition(status, type)
}

function isFinished(job: Job): boolean {
  return is(job, 'Complete') || is(job, 'Failed')
}

/** A pod is counted once, as one that succeeded or failed. */
function uncountedErrors({ status }: Job): FieldError[] {
  const seen = new Set<string>()
  const uncounted = status.uncountedTerminatedPods
  return (['succeeded', 'failed'] as const).flatMap((name) =>
    (uncounted?.[name] ?? []).flatMap((uid, index) => {
      const field = `status.uncountedTerminatedPods.${name}[${index}]`
      if (uid === '') return [invalid(field, uid, 'must not be empty')]
      if (seen.has(uid)) return [duplicate(field, uid)]
      seen.add(uid)
      return []
    }),
  )
}

const CONTRADICTIONS = [
  ['Complete', 'Failed', 'cannot set Complete=True and Failed=true conditions'],
  ['Complete', 'FailureTarget', 'cannot set Complete=True and FailureTarget=true conditions'],
  ['SuccessCriteriaMet', 'Failed', 'cannot set SuccessCriteriaMet=True and Failed=true conditions'],
  [
    'SuccessCriteriaMet',
    'FailureTarget',
    'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
  ],
] as const

/** A terminal condition comes after the one that announces it. */
function contradictionErrors(job: Job): FieldError[] {
  const errors = CONTRADICTIONS.filter(([one, other]) => is(job, one) && is(job, other)).map(([, , detail]) =>
    invalidWhole(CONDITIONS, detail),
  )
  if (is(job, 'Failed') && !is(job, 'FailureTarget')) {
    const detail = 'cannot set Failed=True condition without the FailureTarget=true condition'
    errors.push(invalidWhole(CONDITIONS, detail))
  }
  if (is(job, 'Complete') && !is(job, 'SuccessCriteriaMet')) {
    const detail = 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition'
    errors.push(invalidWhole(CONDITIONS, detail))
  }
  return errors
}

function timeErrors(job: Job, old: Job): FieldError[] {
  const { startTime, completionTime } = job.status
  const field = 'status.completionTime'
  const errors: FieldError[] = []
  if (completionTime !== undefined && !is(job, 'Complete')) {
    const detail = 'cannot set completionTime when there is no Complete=True condition'
    errors.push(invalid(field, completionTime, detail))
  }
  if (completionTime === undefined && is(job, 'Complete'))
    errors.push(required(field, 'completionTime is required for Complete jobs'))
  if (startTime !== undefined && completionTime !== undefined && completionTime < startTime)
    errors.push(invalid(field, completionTime, 'completionTime cannot be set before startTime'))
  const before = old.status
  if (completionTime !== undefined && before.completionTime !== undefined) {
    if (completionTime !== before.completionTime)
      errors.push(invalid(field, completionTime, 'completionTime cannot be mutated'))
  }
  const isMoved = before.startTime !== undefined && before.startTime !== startTime
  if (isMoved && !job.spec.suspend && !isResumed(job, old))
    errors.push(invalid('status.startTime', startTime, 'field is immutable for unsuspended job once set'))
  return errors
}

/** From then on its time counts anew (kubernetes#134769; without this, no job that had started before could go on). */
function isResumed(job: Job, old: Job): boolean {
  return is(old, 'Suspended') && hasCondition(job.status, 'Suspended', 'False')
}

function finishedErrors(job: Job): FieldError[] {
  const { active = 0, ready = 0, terminating = 0, startTime, uncountedTerminatedPods } = job.status
  const errors: FieldError[] = []
  if (ready > active) errors.push(invalid('status.ready', ready, 'cannot set more ready pods than active'))
  if (!isFinished(job)) return errors
  if (active > 0) errors.push(invalid('status.active', active, 'active>0 is invalid for finished job'))
  const neverBegan = job.spec.suspend === true && job.spec.completions === 0
  if (startTime === undefined && !neverBegan)
    errors.push(required('status.startTime', 'startTime is required for finished job'))
  const { succeeded = [], failed = [] } = uncountedTerminatedPods ?? {}
  if (succeeded.length + failed.length > 0) {
    const detail = 'uncountedTerminatedPods needs to be empty for finished job'
    errors.push(invalid('status.uncountedTerminatedPods', uncountedTerminatedPods, detail))
  }
  if (terminating > 0)
    errors.push(invalid('status.terminating', terminating, 'terminating>0 is invalid for finished job'))
  return errors
}

function regressionErrors(job: Job, old: Job): FieldError[] {
  const lost = ['Failed', 'Complete', 'FailureTarget'].filter((type) => is(old, type) && !is(job, type))
  const errors = lost.map((type) =>
    invalidWhole(CONDITIONS, `cannot disable the terminal ${type}=True condition`),
  )
  for (const name of ['failed', 'succeeded'] as const) {
    const [count = 0, before = 0] = [job.status[name], old.status[name]]
    if (count < before) errors.push(invalid(`status.${name}`, count, `cannot decrease the ${name} counter`))
  }
  if (is(old, 'SuccessCriteriaMet') && !is(job, 'SuccessCriteriaMet'))
    errors.push(invalidWhole(CONDITIONS, 'cannot disable the SuccessCriteriaMet=True condition'))
  return errors
}
