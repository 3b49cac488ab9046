import { type KubeObject, withMeta } from '../../registry/index.ts'
import { MAX_INT32 } from '../field-checks/index.ts'
import { podTemplateDefaults } from '../pod/index.ts'
import type { CronJob, FailureRule, Job } from './job-shape.ts'

/** What a client may leave out of a Job (kubernetes, apis/batch/v1, defaults). */
export function withJobDefaults(object: KubeObject): KubeObject {
  const job = object as Job
  const { spec } = job
  const runsOnce = spec.completions === undefined && spec.parallelism === undefined
  const { podFailurePolicy: policy } = spec
  const labels = spec.template.metadata?.labels ?? {}
  const takesLabels = Object.keys(job.metadata.labels ?? {}).length === 0 && Object.keys(labels).length > 0
  return {
    ...(takesLabels ? withMeta(job, { labels }) : job),
    spec: {
      ...spec,
      ...(runsOnce ? { completions: 1 } : {}),
      parallelism: spec.parallelism ?? 1,
      backoffLimit: spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32),
      completionMode: spec.completionMode ?? 'NonIndexed',
      suspend: spec.suspend ?? false,
      manualSelector: spec.manualSelector ?? false,
      ...(policy ? { podFailurePolicy: { ...policy, rules: (policy.rules ?? []).map(withTrueStatus) } } : {}),
      podReplacementPolicy: spec.podReplacementPolicy ?? (policy ? 'Failed' : 'TerminatingOrFailed'),
      template: podTemplateDefaults(spec.template),
    },
  }
}

function withTrueStatus(rule: FailureRule): FailureRule {
  const { onPodConditions } = rule
  if (!onPodConditions) return rule
  return {
    ...rule,
    onPodConditions: onPodConditions.map((each) => ({ ...each, status: each.status || 'True' })),
  }
}

export function withCronJobDefaults(object: KubeObject): KubeObject {
  const { spec } = object as CronJob
  const { jobTemplate } = spec
  return {
    ...object,
    spec: {
      ...spec,
      concurrencyPolicy: spec.concurrencyPolicy || 'Allow',
      suspend: spec.suspend ?? false,
      successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit ?? 3,
      failedJobsHistoryLimit: spec.failedJobsHistoryLimit ?? 1,
      jobTemplate: {
        ...jobTemplate,
        spec: { ...jobTemplate.spec, template: podTemplateDefaults(jobTemplate.spec.template) },
      },
    },
  }
}
