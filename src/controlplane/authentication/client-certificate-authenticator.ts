import { createHash, X509Certificate } from 'node:crypto'
import { certificatesOfBundle } from '../../common/ca-bundle.ts'
import { errorMessage } from '../../common/errors.ts'
import type { User } from '../rbac/index.ts'
import { AuthenticationError } from './authentication-error.ts'
import { userOfCertificate } from './certificate-user.ts'

const CLIENT_AUTH_OID = '1.3.6.1.5.5.7.3.2'
const ANY_USAGE_OID = '2.5.29.37.0'

/** Certificates that are remembered; a client has one. */
const MAX_ENTRIES = 1_024

/** Certificates are a few kB; what is larger is not looked at. */
const LONGEST_DER_BYTES = 64 * 1024

/** A certificate that one of our authorities has signed, for clients. */
interface KnownCertificate {
  /** Undefined when it has no common name, and so names nobody. */
  readonly user: User | undefined
  readonly validFrom: number
  readonly validTo: number
}

/**
 * Client certificates (k8s.io/apiserver, pkg/authentication/request/x509). The handshake has proven that the client has the key;
 * everything else is checked here, at each request, since a connection may outlive its certificate.
 *
 * Invariant: at most MAX_ENTRIES certificates are remembered, none of them one that was refused.
 */
export class ClientCertificateAuthenticator {
  readonly #authorities: readonly X509Certificate[]
  readonly #now: () => number
  /** By fingerprint, the one that was used last at the end. */
  readonly #known = new Map<string, KnownCertificate>()
  readonly #fingerprints = new WeakMap<object, string>()

  /** @throws AppError `ERR_CA_BUNDLE` */
  constructor(components: { readonly caPem: string; readonly now?: () => number }) {
    this.#authorities = certificatesOfBundle(components.caPem)
    this.#now = components.now ?? Date.now
  }

  /**
   * Undefined when the certificate names nobody.
   *
   * @throws AuthenticationError when it is not ours, not for clients, or not valid now
   */
  authenticate(presented: X509Certificate | Uint8Array): User | undefined {
    const fingerprint = this.#fingerprintOf(presented)
    const known = this.#known.get(fingerprint) ?? this.#verify(presented)
    this.#checkTime(known)
    this.#remember(fingerprint, known)
    return known.user
  }

  /** A connection presents the same object with each of its requests. */
  #fingerprintOf(presented: X509Certificate | Uint8Array): string {
    const known = this.#fingerprints.get(presented)
    if (known !== undefined) return known
    const der = presented instanceof X509Certificate ? presented.raw : presented
    if (der.byteLength > LONGEST_DER_BYTES)
      throw new AuthenticationError('the client certificate is too long')
    const fingerprint = createHash('sha256').update(der).digest('hex')
    if (presented instanceof X509Certificate) this.#fingerprints.set(presented, fingerprint)
    return fingerprint
  }

  /** What OpenSSL or the parser stumbles over is no certificate of ours. */
  #verify(presented: X509Certificate | Uint8Array): KnownCertificate {
    try {
      return this.#read(presented instanceof X509Certificate ? presented : parse(presented))
    } catch (cause) {
      if (cause instanceof AuthenticationError) throw cause
      throw new AuthenticationError(`the client certificate cannot be read: ${errorMessage(cause)}`, {
        cause,
      })
    }
  }

  #read(certificate: X509Certificate): KnownCertificate {
    const issuer = this.#authorities.find(
      (authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
    )
    if (!issuer) throw refusal(certificate, 'certificate signed by unknown authority')
    if (!isForClients(certificate))
      throw refusal(certificate, 'certificate specifies an incompatible key usage')
    return {
      user: userOfCertificate(certificate),
      validFrom: certificate.validFromDate.getTime(),
      validTo: Math.min(certificate.validToDate.getTime(), issuer.validToDate.getTime()),
    }
  }

  #checkTime({ validFrom, validTo }: KnownCertificate): void {
    const now = this.#now()
    if (now >= validFrom && now <= validTo) return
    const order = now < validFrom ? `before ${time(validFrom)}` : `after ${time(validTo)}`
    throw new AuthenticationError(
      `x509: certificate has expired or is not yet valid: current time ${time(now)} is ${order}`,
    )
  }

  #remember(fingerprint: string, known: KnownCertificate): void {
    this.#known.delete(fingerprint)
    this.#known.set(fingerprint, known)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_ENTRIES && oldest !== undefined) this.#known.delete(oldest)
  }
}

/** OpenSSL does not mind what comes behind a certificate. */
function parse(der: Uint8Array): X509Certificate {
  const certificate = new X509Certificate(der)
  if (certificate.raw.byteLength === der.byteLength) return certificate
  throw new AuthenticationError('the client certificate cannot be read: x509: trailing data')
}

/** Without the extension a certificate is good for everything. */
function isForClients({ keyUsage }: X509Certificate): boolean {
  const usages = keyUsage as readonly string[] | undefined
  return !usages || usages.includes(CLIENT_AUTH_OID) || usages.includes(ANY_USAGE_OID)
}

function refusal({ serialNumber }: X509Certificate, problem: string): AuthenticationError {
  return new AuthenticationError(`verifying certificate SN=0x${serialNumber} failed: x509: ${problem}`)
}

function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
