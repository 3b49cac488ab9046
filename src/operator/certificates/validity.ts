import { X509Certificate } from 'node:crypto'

/** A certificate is renewed when this part of its life is left. */
const RENEWAL_FRACTION = 1 / 5

/** When to renew a certificate, in ms since 1970. */
export function renewalTime({ validFromDate, validToDate }: X509Certificate): number {
  const life = validToDate.getTime() - validFromDate.getTime()
  return validToDate.getTime() - life * RENEWAL_FRACTION
}

/** The first certificate of a Secret's PEM; undefined where there is none that can be read. */
export function readCertificate(pem: string | undefined): X509Certificate | undefined {
  if (!pem) return undefined
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}
