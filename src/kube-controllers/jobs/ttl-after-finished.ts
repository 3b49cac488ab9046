import type { Job } from '../../apis/batch/v1.ts'
import { JOBS } from '../../apis/resources.ts'
import { type Controller, isConflict, isNotFound } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { trueCondition } from './job-conditions.ts'

const SECOND_MS = 1000

/** Deletes Jobs some time after their end, where they want it (kube-controller-manager's `ttl-after-finished-controller`). */
export function addTtlAfterFinishedController({ manager, client }: ControllerContext): Controller {
  const informer = manager.informers.for<Job>(JOBS)
  const jobs = client.resource<Job>(JOBS)
  return manager
    .controller({
      name: 'ttl-after-finished',
      concurrency: 5,
      async reconcile(request, { signal }) {
        const seen = informer.store.get(request)
        const leftMs = seen && expiresInMs(seen, client.clock.now())
        if (leftMs === undefined) return undefined
        if (leftMs > 0) return { requeueAfterMs: leftMs }
        // It may want to stay for longer by now.
        const job = await jobs.find(request, { signal })
        if (!job || expiresInMs(job, client.clock.now()) !== 0) return undefined
        const { uid, resourceVersion } = job.metadata
        const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
        const options = { propagationPolicy: 'Foreground', preconditions, signal } as const
        await jobs.delete(request, options).catch((error) => {
          if (!isNotFound(error) && !isConflict(error)) throw error
        })
        return undefined
      },
    })
    .watch(informer, { predicates: [{ onDelete: () => false }] })
}

/** Undefined for one that stays. */
export function expiresInMs(job: Job, nowMs: number): number | undefined {
  const { ttlSecondsAfterFinished } = job.spec
  const end = trueCondition(job, 'Complete') ?? trueCondition(job, 'Failed')
  if (ttlSecondsAfterFinished === undefined || job.metadata.deletionTimestamp || !end) return undefined
  const finishedAt = Date.parse(end.lastTransitionTime ?? '')
  return Number.isNaN(finishedAt)
    ? undefined
    : Math.max(finishedAt + ttlSecondsAfterFinished * SECOND_MS - nowMs, 0)
}
