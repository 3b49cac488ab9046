import { StatusError } from '../api/status.ts'
import type { ObjectStore } from '../storage/index.ts'

/** How long a client that has heard of a revision from elsewhere waits for it here, as in k8s.io/apiserver. */
const WAIT_MS = 3_000

/**
 * Waits until the store has got to `revision`.
 *
 * @throws StatusError Timeout, with the cause ResourceVersionTooLarge
 */
export async function reachRevision(store: ObjectStore, revision: number): Promise<void> {
  if (revision <= store.revision || (await store.reach(revision, WAIT_MS))) return
  throw new StatusError(
    'Timeout',
    `Timeout: Too large resource version: ${BigInt(revision)}, current: ${store.revision}`,
    {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  )
}
