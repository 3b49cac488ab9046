import { CertificateAuthorityError } from './errors.ts'

const HOUR_MS = 60 * 60 * 1000
export const CA_VALIDITY_MS = 10 * 365 * 24 * HOUR_MS
export const CERTIFICATE_VALIDITY_MS = 365 * 24 * HOUR_MS

/** A certificate is valid from this long before its making, for peers whose clocks run behind. */
export const BACKDATE_MS = 5 * 60 * 1000

/** Wall-clock time in milliseconds since 1970. */
export interface WallClock {
  now(): number
}

export const systemClock: WallClock = { now: () => Date.now() }

export interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** Whole seconds: RFC 5280 knows no smaller unit. */
export function validityFrom(nowMs: number, validityMs: number): Validity {
  return { notBefore: wholeSeconds(nowMs - BACKDATE_MS), notAfter: wholeSeconds(nowMs + validityMs) }
}

/** What is issued does not outlive its issuer: it ends when that does, and from then on issuing fails. */
export function validityWithin(
  issuer: Validity,
  nowMs: number,
  validityMs: number,
  issuerName: string,
): Validity {
  if (nowMs >= issuer.notAfter.getTime()) {
    throw new CertificateAuthorityError(
      `the certificate authority "${issuerName}" expired at ${issuer.notAfter.toISOString()}: replace it, then issue again`,
    )
  }
  if (validityMs <= 0) {
    throw new CertificateAuthorityError(
      `a validity of ${validityMs} ms is not positive: ask for at least a minute`,
    )
  }
  const { notBefore, notAfter } = validityFrom(nowMs, validityMs)
  return {
    notBefore: notBefore < issuer.notBefore ? issuer.notBefore : notBefore,
    notAfter: notAfter > issuer.notAfter ? issuer.notAfter : notAfter,
  }
}

function wholeSeconds(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000)
}
