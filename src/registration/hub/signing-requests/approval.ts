import type { CertificateSigningRequest } from '../../../apis/certificates/v1.ts'
import { CERTIFICATE_SIGNING_REQUESTS } from '../../../apis/resources.ts'
import { isConflict, isNotFound, type KubeClient, timeText } from '../../../kube/index.ts'

const REASON = 'AutoApprovedByHubCSRApprovingController'

export function isDecided({ status }: CertificateSigningRequest): boolean {
  return status?.conditions?.some(({ type }) => type === 'Approved' || type === 'Denied') ?? false
}

/** Resolves with whether it was done: somebody else may have been quicker. */
export async function approve(
  client: KubeClient,
  request: CertificateSigningRequest,
  message: string,
  signal: AbortSignal,
): Promise<boolean> {
  const now = timeText(client.clock.now())
  const condition = {
    type: 'Approved',
    status: 'True',
    reason: REASON,
    message,
    lastUpdateTime: now,
  } as const
  const conditions = [...(request.status?.conditions ?? []), condition]
  try {
    await client
      .resource<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
      .update({ ...request, status: { ...request.status, conditions } }, { subresource: 'approval', signal })
    return true
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return false // an event makes us look again
    throw error
  }
}
