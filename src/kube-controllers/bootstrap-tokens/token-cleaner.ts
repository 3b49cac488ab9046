import type { Secret } from '../../apis/core/v1.ts'
import { SECRETS } from '../../apis/resources.ts'
import { type Controller, isConflict, isNotFound } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'

export const BOOTSTRAP_TOKENS = {
  namespace: 'kube-system',
  fieldSelector: 'type=bootstrap.kubernetes.io/token',
}

/** Deletes bootstrap tokens that have expired (kube-controller-manager's `token-cleaner-controller`). */
export function addTokenCleaner({ manager, client }: ControllerContext): Controller {
  const informer = manager.informers.for<Secret>(SECRETS, BOOTSTRAP_TOKENS)
  const secrets = client.resource<Secret>(SECRETS)
  return manager
    .controller({
      name: 'token-cleaner',
      async reconcile(key, { signal }) {
        const secret = informer.store.get(key)
        if (!secret) return undefined
        const leftMs = expiryOf(secret) - client.clock.now()
        if (leftMs > 0) return Number.isFinite(leftMs) ? { requeueAfterMs: leftMs } : undefined
        const { uid, resourceVersion } = secret.metadata
        const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
        await secrets.delete(key, { preconditions, signal }).catch((error) => {
          if (!isNotFound(error) && !isConflict(error)) throw error // an event makes us look again
        })
        return undefined
      },
    })
    .watch(informer, { predicates: [{ onDelete: () => false }] })
}

/** In ms since the epoch; Infinity for a token without an end. An end that nobody can read has been. */
export function expiryOf({ data = {} }: Secret): number {
  const text = Buffer.from(data.expiration ?? '', 'base64').toString()
  if (text === '') return Number.POSITIVE_INFINITY
  const isTime = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)
  return isTime ? Date.parse(text) : Number.NEGATIVE_INFINITY
}
