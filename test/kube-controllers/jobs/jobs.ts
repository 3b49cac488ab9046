import type { Job, JobSpec, JobStatus } from '../../../src/apis/batch/v1.ts'
import type { Pod, PodStatus } from '../../../src/apis/core/v1.ts'
import { COMPLETION_INDEX, TRACKING_FINALIZER } from '../../../src/kube-controllers/jobs/job-pods.ts'
import { ago, pod } from '../pods/pods.ts'

export function job(spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: 'default', name: 'work', uid: 'uid-work' },
    spec: {
      template: { spec: { restartPolicy: 'Never' } },
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      ...spec,
    },
    status,
  }
}

/** A pod of a Job that has not been counted yet, and has ended some seconds ago if it has. */
export function jobPod(
  name: string,
  phase: NonNullable<PodStatus['phase']>,
  {
    index,
    endedAgo = 0,
    exitCode = 0,
    annotations = {},
  }: {
    index?: number
    endedAgo?: number
    exitCode?: number
    annotations?: Record<string, string>
  } = {},
): Pod {
  const terminated = { exitCode, finishedAt: ago(endedAgo) }
  const hasEnded = phase === 'Succeeded' || phase === 'Failed'
  return pod(name, {
    metadata: {
      finalizers: [TRACKING_FINALIZER],
      annotations: { ...(index !== undefined && { [COMPLETION_INDEX]: `${index}` }), ...annotations },
    },
    status: {
      phase,
      containerStatuses: [
        {
          name: 'main',
          ready: false,
          restartCount: 0,
          image: '',
          imageID: '',
          ...(hasEnded && { state: { terminated } }),
        },
      ],
    },
  })
}
