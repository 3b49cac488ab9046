import type { CertificateSigningRequest } from '../../apis/certificates/v1.ts'
import { CERTIFICATE_SIGNING_REQUESTS } from '../../apis/resources.ts'
import { type Controller, isConflict, isNotFound, timeText } from '../../kube/index.ts'
import {
  CERTIFICATE_VALIDITY_MS,
  type CertificateAuthority,
  CertificateRequestError,
  type CertificateUsage,
  parseCertificateRequest,
} from '../../pki/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { SIGNER_RULES } from './signer-rules.ts'
import { hasCondition, isIssued, requestPem, withCondition } from './signing-request.ts'

/** Twice what a certificate is dated back. */
const SHORTEST_VALIDITY_MS = 10 * 60_000

const SECOND_MS = 1000

/** How certificates name what else is asked for. */
const USAGES: ReadonlyMap<string, CertificateUsage> = new Map([
  ['client auth', 'clientAuth'],
  ['server auth', 'serverAuth'],
])

/**
 * Signs what was approved for the API server's own signers (kube-controller-manager's
 * `certificatesigningrequest-signing-controller`).
 */
export function addSigningController({ manager, client, authority }: ControllerContext): Controller {
  const informer = manager.informers.for<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
  const requests = client.resource<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
  return manager
    .controller({
      name: 'certificate-signing',
      concurrency: 5,
      async reconcile({ name }, { signal }) {
        const request = informer.store.get({ name })
        if (!request || isIssued(request)) return
        if (!hasCondition(request, 'Approved') || hasCondition(request, 'Failed', 'Denied')) return
        const signed = await signedOrFailed(request, authority, client.clock.now())
        if (!signed) return
        await requests.updateStatus(signed, { signal }).catch((error) => {
          if (!isNotFound(error) && !isConflict(error)) throw error // an event makes us look again
        })
      },
    })
    .watch(informer, { predicates: [{ onDelete: () => false }] })
}

/** With its certificate, or with what is wrong with it; undefined where it is another signer's. */
async function signedOrFailed(
  request: CertificateSigningRequest,
  authority: CertificateAuthority,
  nowMs: number,
): Promise<CertificateSigningRequest | undefined> {
  const { signerName, usages = [], expirationSeconds } = request.spec
  const rule = SIGNER_RULES.get(signerName)
  if (!rule) return undefined
  const pem = requestPem(request)
  try {
    const problem = rule(await parseCertificateRequest(pem), usages)
    if (problem !== undefined) return failed(request, problem, nowMs)
    const certificate = await authority.signRequest(pem, {
      usages: usages.flatMap((usage) => USAGES.get(usage) ?? []),
      validityMs: validityMs(expirationSeconds),
    })
    const status = { ...request.status, certificate: Buffer.from(certificate).toString('base64') }
    return { ...request, status }
  } catch (error) {
    if (!(error instanceof CertificateRequestError)) throw error
    return failed(request, error.message, nowMs)
  }
}

function failed(
  request: CertificateSigningRequest,
  message: string,
  nowMs: number,
): CertificateSigningRequest {
  const reason = 'SignerValidationFailure'
  const lastUpdateTime = timeText(nowMs)
  return withCondition(request, { type: 'Failed', status: 'True', reason, message, lastUpdateTime })
}

function validityMs(expirationSeconds: number | undefined): number {
  if (expirationSeconds === undefined) return CERTIFICATE_VALIDITY_MS
  return Math.min(Math.max(expirationSeconds * SECOND_MS, SHORTEST_VALIDITY_MS), CERTIFICATE_VALIDITY_MS)
}
