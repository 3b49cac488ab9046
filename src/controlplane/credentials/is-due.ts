import { X509Certificate } from 'node:crypto'
import type { SubjectAltNames } from '../../pki/index.ts'

/** A serving certificate is replaced when this part of its life is left. */
const RENEW_BELOW = 0.3

/** Whether a serving certificate should be replaced: because of its age, or because it is not good for the names. */
export function isDue(certificatePem: string, names: Required<SubjectAltNames>, nowMs: number): boolean {
  const certificate = new X509Certificate(certificatePem)
  const from = certificate.validFromDate.getTime()
  const to = certificate.validToDate.getTime()
  if (to - nowMs < (to - from) * RENEW_BELOW) return true
  return (
    names.dnsNames.some((name) => certificate.checkHost(name) === undefined) ||
    names.ipAddresses.some((address) => certificate.checkIP(address) === undefined)
  )
}
