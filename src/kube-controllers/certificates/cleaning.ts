import { X509Certificate } from 'node:crypto'
import type { CertificateSigningRequest } from '../../apis/certificates/v1.ts'
import { CERTIFICATE_SIGNING_REQUESTS } from '../../apis/resources.ts'
import { type Controller, isNotFound } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { isIssued } from './signing-request.ts'

const HOUR_MS = 60 * 60_000
const PENDING_FOR_MS = 24 * HOUR_MS
const DECIDED_FOR_MS = HOUR_MS

/** Deletes requests that have had their time (kube-controller-manager's `certificatesigningrequest-cleaner-controller`). */
export function addCleaningController({ manager, client }: ControllerContext): Controller {
  const informer = manager.informers.for<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
  const requests = client.resource<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
  return manager
    .controller({
      name: 'certificate-cleaner',
      async reconcile({ name }, { signal }) {
        const request = informer.store.get({ name })
        if (!request) return undefined
        const endsAt = endOf(request)
        const leftMs = endsAt - client.clock.now()
        if (leftMs > 0) return Number.isFinite(leftMs) ? { requeueAfterMs: leftMs } : undefined
        const { uid } = request.metadata
        const options = { ...(uid && { preconditions: { uid } }), signal }
        await requests.delete({ name }, options).catch((error) => {
          if (!isNotFound(error)) throw error
        })
        return undefined
      },
    })
    .watch(informer, { predicates: [{ onDelete: () => false }] })
}

/** In ms since the epoch; Infinity for what is yet to be dealt with by a signer. */
export function endOf(request: CertificateSigningRequest): number {
  const { metadata, status } = request
  const { conditions = [], certificate } = status ?? {}
  if (conditions.length === 0) return Date.parse(metadata.creationTimestamp ?? '') + PENDING_FOR_MS
  const ends = conditions.map(({ type, lastUpdateTime }) => {
    const isDecided = type === 'Denied' || (type === 'Approved' && isIssued(request))
    return isDecided && lastUpdateTime
      ? Date.parse(lastUpdateTime) + DECIDED_FOR_MS
      : Number.POSITIVE_INFINITY
  })
  return Math.min(...ends, certificate ? expiryOf(certificate) : Number.POSITIVE_INFINITY)
}

/** What is no certificate does not expire. */
function expiryOf(certificate: string): number {
  try {
    return new X509Certificate(Buffer.from(certificate, 'base64')).validToDate.getTime()
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
