import type { Job } from '../../apis/batch/v1.ts'
import type { PodTemplateSpec } from '../../apis/core/pod-template.ts'
import type { Container, Pod } from '../../apis/core/v1.ts'
import { readyCondition } from '../pods/pod-state.ts'

/** On pods that are not in the counters of their Job yet: they must not go before. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking'

/** An annotation and a label of pods of indexed Jobs. */
export const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index'

const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX'

/** Five characters less than a label has, for what makes it unique. */
const LONGEST_PREFIX = 58

const SECOND_MS = 1000

export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false
}

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === 'Indexed'
}

/** Undefined for none, and for one that the Job does not have (any more). */
export function completionIndex({ metadata }: Pod, { spec }: Job): number | undefined {
  const text = metadata.annotations?.[COMPLETION_INDEX] ?? ''
  if (!/^\d{1,10}$/.test(text)) return undefined
  return Number(text) < (spec.completions ?? 0) ? Number(text) : undefined
}

/** A pod that is deleted counts as failed, unless the Job is to wait for its end. */
export function hasFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true
  if (replacesOnlyFailed(job)) return false
  return pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded'
}

export function replacesOnlyFailed({ spec }: Job): boolean {
  return spec.podReplacementPolicy === 'Failed'
}

/** When it ended, in ms: as its containers say, or else its conditions, or its deletion. */
export function finishedAtMs(pod: Pod): number {
  const { metadata, spec, status } = pod
  const sidecars = new Set(
    (spec?.initContainers ?? []).filter((each) => each.restartPolicy === 'Always').map(({ name }) => name),
  )
  const ends = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
  ].map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ''))
  if (ends.length > 0 && !ends.some(Number.isNaN)) return Math.max(...ends)
  const ready = readyCondition(pod)
  const unreadyAt = ready?.status === 'False' ? Date.parse(ready.lastTransitionTime ?? '') : Number.NaN
  if (!Number.isNaN(unreadyAt)) return unreadyAt
  if (metadata.deletionTimestamp)
    return Date.parse(metadata.deletionTimestamp) - (metadata.deletionGracePeriodSeconds ?? 0) * SECOND_MS
  return Date.parse(metadata.creationTimestamp ?? '')
}

/** What a Job makes its pods of; with an index, that of this index. */
export function jobPodTemplate(
  { metadata, spec }: Job,
  index?: number,
  annotations: Readonly<Record<string, string>> = {},
): { readonly template: PodTemplateSpec; readonly generateName?: string } {
  const { metadata: meta, spec: podSpec } = spec.template
  const finalizers = [...new Set([...(meta?.finalizers ?? []), TRACKING_FINALIZER])]
  if (index === undefined) return { template: { metadata: { ...meta, finalizers }, spec: podSpec ?? {} } }
  const name = metadata.name ?? ''
  const { containers, initContainers, ...others } = podSpec ?? {}
  const suffix = `-${index}-`
  return {
    generateName: `${name.slice(0, LONGEST_PREFIX - suffix.length)}${suffix}`,
    template: {
      metadata: {
        ...meta,
        finalizers,
        labels: { ...meta?.labels, [COMPLETION_INDEX]: String(index) },
        annotations: { ...meta?.annotations, [COMPLETION_INDEX]: String(index), ...annotations },
      },
      spec: {
        ...others,
        hostname: `${name}-${index}`,
        ...(containers && { containers: containers.map(withIndex) }),
        ...(initContainers && { initContainers: initContainers.map(withIndex) }),
      },
    },
  }
}

function withIndex(container: Container): Container {
  const { env = [] } = container
  if (env.some(({ name }) => name === INDEX_VARIABLE)) return container
  const fieldRef = { fieldPath: `metadata.labels['${COMPLETION_INDEX}']` }
  return { ...container, env: [...env, { name: INDEX_VARIABLE, valueFrom: { fieldRef } }] }
}
