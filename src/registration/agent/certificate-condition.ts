import type { NewCondition } from '../../kube/index.ts'

export const CERTIFICATE_ROTATED_CONDITION = 'ClusterCertificateRotated'

/** Of ManagedClusters and ManagedClusterAddOns, in the original's words. */
export function rotatedCondition({
  notBefore,
  notAfter,
}: {
  readonly notBefore: number
  readonly notAfter: number
}): NewCondition {
  return {
    type: CERTIFICATE_ROTATED_CONDITION,
    status: 'True',
    reason: 'ClientCertificateUpdated',
    message: `client certificate rotated starting from ${goTime(notBefore)} to ${goTime(notAfter)}`,
  }
}

export function notRotatedCondition(message: string): NewCondition {
  return {
    type: CERTIFICATE_ROTATED_CONDITION,
    status: 'False',
    reason: 'ClientCertificateUpdateFailed',
    message,
  }
}

/** As Go prints a time: `2026-01-31 12:00:00 +0000 UTC`. */
function goTime(ms: number): string {
  return new Date(ms).toISOString().replace(/T(.*)\.\d+Z$/, ' $1 +0000 UTC')
}
