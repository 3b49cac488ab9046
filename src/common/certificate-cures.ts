/** What helps against OpenSSL's verdicts on the certificate of a peer. */
const CURES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the peer needs a new one, or the CA that it comes from does',
  CERT_NOT_YET_VALID: 'compare the clocks of both machines',
}

/** `text`, which tells that a peer's certificate was refused with `code`, and what helps where that can be said. */
export function withCure(text: string, code: string | undefined): string {
  return code !== undefined && Object.hasOwn(CURES, code) ? `${text}; ${CURES[code]}` : text
}
