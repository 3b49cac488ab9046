import { type FieldError, invalid, notSupported, required, tooLong } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { labelProblems } from '../../registry/index.ts'
import { compileLabelSelector, labelSelectorErrors } from '../../selectors/index.ts'
import { nonNegativeErrors } from '../field-checks/index.ts'
import { podTemplateErrors } from '../pod/index.ts'
import { domainPrefixedPathErrors, immutableErrors, tooManyErrors } from '../strategy/index.ts'
import { failurePolicyErrors } from './failure-policy.ts'
import { generatedSelectorErrors } from './generated-selector.ts'
import { parseIndexes } from './job-indexes.ts'
import type { Job, JobSpec, SuccessRule } from './job-shape.ts'
import { templateChangeErrors } from './job-template-change.ts'

/** What is wrong with Jobs, in Kubernetes' words (kubernetes, apis/batch/validation). */

const MOST_INDEXED_PODS = 100_000
const MANY_COMPLETIONS = 100_000
const MOST_OF_MANY = 10_000
const LONGEST_MANAGER = 63
const LONGEST_INDEXES = 64 * 1024
const MOST_SUCCESS_RULES = 20

const LIMITS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const

export function jobErrors(job: Job): FieldError[] {
  return [...generatedSelectorErrors(job), ...selectingSpecErrors(job.spec), ...hostNameErrors(job)]
}

export function jobUpdateErrors(job: Job, old: Job): FieldError[] {
  const fixed = (name: keyof JobSpec & string) =>
    immutableErrors(job.spec[name], old.spec[name], `spec.${name}`)
  return [
    ...selectingSpecErrors(job.spec),
    ...completionErrors(job.spec, old.spec),
    ...fixed('selector'),
    ...templateChangeErrors(job, old),
    ...fixed('completionMode'),
    ...fixed('podFailurePolicy'),
    ...fixed('backoffLimitPerIndex'),
    ...fixed('managedBy'),
    ...fixed('successPolicy'),
  ]
}

/** Of a spec in `path`, in a job or in a template of one. */
export function jobSpecErrors(spec: JobSpec, path: string): FieldError[] {
  const { maxFailedIndexes, backoffLimitPerIndex, managedBy, successPolicy } = spec
  const isIndexed = spec.completionMode === 'Indexed'
  return [
    ...LIMITS.flatMap((name) => nonNegativeErrors(spec[name], `${path}.${name}`)),
    ...(maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined
      ? [required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')]
      : []),
    ...(managedBy === undefined ? [] : managerErrors(managedBy, `${path}.managedBy`)),
    ...completionModeErrors(spec, path),
    ...(spec.podFailurePolicy ? failurePolicyErrors(spec, `${path}.podFailurePolicy`) : []),
    ...(successPolicy && !isIndexed
      ? [invalid(`${path}.successPolicy`, successPolicy, 'requires indexed completion mode')]
      : []),
    ...(successPolicy && isIndexed ? successPolicyErrors(spec, `${path}.successPolicy.rules`) : []),
    ...replacementErrors(spec, `${path}.podReplacementPolicy`),
    ...podTemplateErrors(spec.template, `${path}.template`),
    ...restartPolicyErrors(spec, `${path}.template.spec.restartPolicy`),
  ]
}

function selectingSpecErrors(spec: JobSpec): FieldError[] {
  const { selector, template } = spec
  const selectorErrors = selector ? labelSelectorErrors(selector, 'spec.selector') : []
  const labels = template.metadata?.labels
  const errors = [
    ...jobSpecErrors(spec, 'spec'),
    ...(selector ? selectorErrors : [required('spec.selector')]),
  ]
  if (selectorErrors.length > 0 || compileLabelSelector(selector).matches(labels ?? {})) return errors
  const detail = '`selector` does not match template `labels`'
  return [...errors, invalid('spec.template.metadata.labels', labels as JsonObject | undefined, detail)]
}

/** The pods of an indexed job have their index in their host name. */
function hostNameErrors({ metadata, spec }: Job): FieldError[] {
  const { name = '' } = metadata
  const { completionMode, completions = 0 } = spec
  const hostname = `${name}-${completions - 1}`
  if (completionMode !== 'Indexed' || completions <= 0 || labelProblems(hostname).length === 0) return []
  return [invalid('metadata.name', name, `will not able to create pod with invalid DNS label: ${hostname}`)]
}

function managerErrors(managedBy: string, field: string): FieldError[] {
  return [
    ...domainPrefixedPathErrors(managedBy, field),
    ...(managedBy.length > LONGEST_MANAGER
      ? [tooLong(field, `may not be more than ${LONGEST_MANAGER} bytes`)]
      : []),
  ]
}

function completionModeErrors(spec: JobSpec, path: string): FieldError[] {
  const { completionMode = 'NonIndexed' } = spec
  switch (completionMode) {
    case 'Indexed':
      return indexedErrors(spec, path)
    case 'NonIndexed':
      return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
        .filter((name) => spec[name] !== undefined)
        .map((name) => invalid(`${path}.${name}`, spec[name], 'requires indexed completion mode'))
    default:
      return [notSupported(`${path}.completionMode`, completionMode, ['NonIndexed', 'Indexed'])]
  }
}

function indexedErrors(spec: JobSpec, path: string): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec
  const errors: FieldError[] = []
  if (completions === undefined)
    errors.push(required(`${path}.completions`, 'when completion mode is Indexed'))
  if (parallelism > MOST_INDEXED_PODS) {
    const detail = `must be less than or equal to ${MOST_INDEXED_PODS} when completion mode is Indexed`
    errors.push(invalid(`${path}.parallelism`, parallelism, detail))
  }
  const maxField = `${path}.maxFailedIndexes`
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions)
    errors.push(invalid(maxField, maxFailedIndexes, 'must be less than or equal to completions'))
  if (maxFailedIndexes !== undefined && maxFailedIndexes > MOST_INDEXED_PODS)
    errors.push(invalid(maxField, maxFailedIndexes, `must be less than or equal to ${MOST_INDEXED_PODS}`))
  if ((completions ?? 0) <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return errors

  const detail = `must be less than or equal to ${MOST_OF_MANY} when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`
  if (maxFailedIndexes === undefined)
    errors.push(required(maxField, `must be specified when completions is above ${MANY_COMPLETIONS}`))
  if (parallelism > MOST_OF_MANY) errors.push(invalid(`${path}.parallelism`, parallelism, detail))
  if (maxFailedIndexes !== undefined && maxFailedIndexes > MOST_OF_MANY)
    errors.push(invalid(maxField, maxFailedIndexes, detail))
  return errors
}

function successPolicyErrors(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.successPolicy?.rules ?? []
  const detail = 'at least one rules must be specified when the successPolicy is specified'
  return [
    ...(rules.length === 0 ? [required(path, detail)] : []),
    ...tooManyErrors(rules.length, MOST_SUCCESS_RULES, path),
    ...rules.flatMap((rule, index) => successRuleErrors(spec, rule, `${path}[${index}]`)),
  ]
}

function successRuleErrors({ completions = 0 }: JobSpec, rule: SuccessRule, path: string): FieldError[] {
  const { succeededCount, succeededIndexes } = rule
  const errors: FieldError[] = []
  if (succeededCount === undefined && succeededIndexes === undefined)
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'))
  const { count = 0, problem } = parseIndexes(succeededIndexes ?? '', completions)
  const indexesField = `${path}.succeededIndexes`
  if ((succeededIndexes ?? '').length > LONGEST_INDEXES)
    errors.push(tooLong(indexesField, `may not be more than ${LONGEST_INDEXES} bytes`))
  if (problem !== undefined)
    errors.push(invalid(indexesField, succeededIndexes, `error parsing succeededIndexes: ${problem}`))
  if (succeededCount === undefined) return errors

  const field = `${path}.succeededCount`
  const atMost = (most: number, what: string) =>
    succeededCount > most
      ? [invalid(field, succeededCount, `must be less than or equal to ${most} (${what})`)]
      : []
  errors.push(
    ...nonNegativeErrors(succeededCount, field),
    ...atMost(completions, 'the number of specified completions'),
    ...(succeededIndexes === undefined
      ? []
      : atMost(count, 'the number of indexes in the specified succeededIndexes field')),
  )
  return errors
}

function replacementErrors({ podReplacementPolicy, podFailurePolicy }: JobSpec, field: string): FieldError[] {
  const choices = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  if (podReplacementPolicy === undefined || choices.includes(podReplacementPolicy)) return []
  return [notSupported(field, podReplacementPolicy, choices)]
}

function restartPolicyErrors({ template, podFailurePolicy }: JobSpec, field: string): FieldError[] {
  const policy = template.spec?.restartPolicy ?? ''
  if (policy === 'Always' || policy === '') return [required(field, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never')
    return [notSupported(field, policy, ['OnFailure', 'Never'])]
  if (!podFailurePolicy || policy === 'Never') return []
  return [invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')]
}

/** An indexed job may become larger or smaller as a whole. */
function completionErrors(spec: JobSpec, old: JobSpec): FieldError[] {
  const { completions, parallelism, completionMode } = spec
  if (completionMode !== 'Indexed') return immutableErrors(completions, old.completions, 'spec.completions')
  if (completions === old.completions || completions === undefined || completions === parallelism) return []
  const detail = 'can only be modified in tandem with spec.parallelism'
  return [invalid('spec.completions', completions, detail)]
}
