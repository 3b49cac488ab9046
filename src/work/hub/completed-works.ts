import { REPLICA_SET_LABEL, WORK_CONDITION } from '../../apis/work/constants.ts'
import { MANIFEST_WORKS, type ManifestWork } from '../../apis/work/v1.ts'
import { findCondition, isNotFound, type Manager } from '../../kube/index.ts'

/** When a complete work is to be deleted, in ms since the epoch; undefined for one that stays. */
export function expiryOf({ metadata, spec, status }: ManifestWork): number | undefined {
  const ttlSeconds = spec?.deleteOption?.ttlSecondsAfterFinished
  if (metadata.deletionTimestamp || typeof ttlSeconds !== 'number') return undefined
  // Those of a ManifestWorkReplicaSet are its own to delete: it would make them again.
  if (Object.hasOwn(metadata.labels ?? {}, REPLICA_SET_LABEL)) return undefined
  const complete = findCondition(status?.conditions, WORK_CONDITION.complete)
  if (complete?.status !== 'True') return undefined
  return ttlSeconds <= 0 ? 0 : Date.parse(complete.lastTransitionTime) + ttlSeconds * 1000
}

/** Deletes works that are complete, once they have been for as long as they ask for. Works that are looked at at once: 5, as in the original. */
export function addCompletedWorkCleanup(manager: Manager): void {
  const works = manager.informers.for<ManifestWork>(MANIFEST_WORKS)
  const { clock } = manager.client
  const controller = manager.controller({
    name: 'completed-works',
    concurrency: 5,
    reconcile: async (request, { log, signal }) => {
      const work = works.store.get(request)
      const expiresAt = work && expiryOf(work)
      if (expiresAt === undefined) return {}
      const remainingMs = expiresAt - clock.now()
      if (remainingMs > 0) return { requeueAfterMs: remainingMs }
      const { uid } = work?.metadata ?? {}
      try {
        await works.resource.delete(request, { signal, ...(uid && { preconditions: { uid } }) })
        log.info('deleted a complete work')
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
      return {}
    },
  })
  controller.watch(works)
}
