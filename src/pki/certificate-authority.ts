import { createPublicKey, X509Certificate } from 'node:crypto'
import { ConfigError } from '../common/errors.ts'
import { openCertificateRequest } from './certificate-request.ts'
import { CertificateRequestError } from './errors.ts'
import type { CertificateUsage } from './extensions.ts'
import type { CertificateDraft } from './issuing.ts'
import { parseCertificate, parseCertificateBundle } from './pem.ts'
import { encodePrivateKey, generatePrivateKey, type KeyAlgorithm, parsePrivateKey } from './private-key.ts'
import { type SigningKey, toSigningKey } from './signing-key.ts'
import type { Subject } from './subject.ts'
import type { SubjectAltNames } from './subject-alt-names.ts'
import { CA_VALIDITY_MS, CERTIFICATE_VALIDITY_MS, systemClock, type WallClock } from './validity.ts'

export interface CertificateAuthorityComponents {
  /** @default the system's */
  readonly clock?: WallClock
}

/** A certificate and its private key (PKCS#8), both in PEM. */
export interface KeyedCertificate {
  readonly certificatePem: string
  readonly privateKeyPem: string
}

export interface NewCertificateAuthority extends Subject {
  /** @default 'ec-p256' */
  readonly keyAlgorithm?: KeyAlgorithm
  /** @default ten years */
  readonly validityMs?: number
}

export interface IssueOptions {
  /** Cut at the end of the authority's own. @default one year */
  readonly validityMs?: number
  /** @default 'ec-p256' */
  readonly keyAlgorithm?: KeyAlgorithm
}

/** At least one name. The subject's common name is the first of them unless given; nobody verifies by it. */
export type ServerCertificateOptions = SubjectAltNames & Partial<Subject> & IssueOptions

export type ClientCertificateOptions = Subject & IssueOptions

/** For a process that both accepts and dials under one identity. */
export type DualUseCertificateOptions = Subject & SubjectAltNames & IssueOptions

export interface SignRequestOptions extends Pick<IssueOptions, 'validityMs'> {
  /** Never taken from the request: the signer decides what its certificates are good for. */
  readonly usages: readonly CertificateUsage[]
}

/**
 * Issues TLS certificates from one key.
 *
 * Invariant: the certificate is a CA's and belongs to the private key. What is issued is an end-entity certificate
 * whatever was asked for, starts five minutes ago, and does not outlive the authority. The class owns no file and
 * remembers nothing that it issued. What makes certificates is loaded when the first one is made.
 */
export class CertificateAuthority implements KeyedCertificate {
  readonly certificatePem: string
  readonly privateKeyPem: string
  readonly #signer: SigningKey
  readonly #clock: WallClock

  private constructor(keyed: KeyedCertificate, signer: SigningKey, clock: WallClock) {
    this.certificatePem = keyed.certificatePem
    this.privateKeyPem = keyed.privateKeyPem
    this.#signer = signer
    this.#clock = clock
  }

  /** Makes a new self-signed root. */
  static async create(
    options: NewCertificateAuthority,
    { clock = systemClock }: CertificateAuthorityComponents = {},
  ): Promise<CertificateAuthority> {
    const privateKey = await generatePrivateKey(options.keyAlgorithm)
    const signer = toSigningKey(privateKey, 'the key of the certificate authority')
    const { selfSignedCertificate } = await import('./issuing.ts')
    const certificatePem = await selfSignedCertificate({
      subject: options,
      publicKey: privateKey,
      signer,
      nowMs: clock.now(),
      validityMs: options.validityMs ?? CA_VALIDITY_MS,
    })
    const keyed = { certificatePem, privateKeyPem: encodePrivateKey(privateKey) }
    return new CertificateAuthority(keyed, signer, clock)
  }

  /** Takes over an existing authority. Of a bundle, the first certificate is the one that signs. */
  static load(
    keyed: KeyedCertificate,
    { clock = systemClock }: CertificateAuthorityComponents = {},
  ): CertificateAuthority {
    const [certificatePem = ''] = parseCertificateBundle(keyed.certificatePem, 'the CA certificate')
    const certificate = parseCertificate(certificatePem)
    const privateKey = parsePrivateKey(keyed.privateKeyPem, 'the CA private key')
    if (!certificate.ca) {
      throw new ConfigError(
        `the certificate of "${certificate.subject}" is not a certificate authority's: give one with basicConstraints CA:TRUE`,
      )
    }
    if (!certificate.checkPrivateKey(privateKey)) {
      throw new ConfigError(
        `the CA private key does not belong to the CA certificate of "${certificate.subject}": give the pair that was made together`,
      )
    }
    const signer = toSigningKey(privateKey, 'the CA private key')
    return new CertificateAuthority(
      { certificatePem, privateKeyPem: encodePrivateKey(privateKey) },
      signer,
      clock,
    )
  }

  get notAfter(): Date {
    return new X509Certificate(this.certificatePem).validToDate
  }

  async issueServerCertificate(options: ServerCertificateOptions): Promise<KeyedCertificate> {
    const commonName = options.commonName ?? options.dnsNames?.[0] ?? options.ipAddresses?.[0]
    if (commonName === undefined || !hasNames(options)) {
      throw new ConfigError(
        'a server certificate needs a DNS name or an IP address: clients verify nothing else',
      )
    }
    return this.#issue({ ...options, commonName }, ['serverAuth'])
  }

  async issueClientCertificate(options: ClientCertificateOptions): Promise<KeyedCertificate> {
    return this.#issue(options, ['clientAuth'])
  }

  async issueDualUseCertificate(options: DualUseCertificateOptions): Promise<KeyedCertificate> {
    return this.#issue(options, ['serverAuth', 'clientAuth'])
  }

  /**
   * Signs a PKCS#10 request: its subject, DNS names, IP addresses and key are taken as they are, its other
   * extensions are not. Whether the sender may have those names is the caller's to decide first
   * (`parseCertificateRequest`). Returns the certificate in PEM.
   */
  async signRequest(requestPem: string, options: SignRequestOptions): Promise<string> {
    const { request, subjectName: subject } = await openCertificateRequest(requestPem)
    if (request.subject.commonName === '' && !hasNames(request)) {
      throw new CertificateRequestError(
        'the certificate request names nobody: set a common name or a DNS name',
      )
    }
    const { usages, validityMs } = options
    return this.#sign({ subject, altNames: request, publicKey: request.publicKey, usages }, validityMs)
  }

  async #issue(
    options: Subject & SubjectAltNames & IssueOptions,
    usages: readonly CertificateUsage[],
  ): Promise<KeyedCertificate> {
    const privateKey = await generatePrivateKey(options.keyAlgorithm)
    const publicKey = createPublicKey(privateKey)
    const draft = { subject: options, altNames: options, publicKey, usages }
    const certificatePem = await this.#sign(draft, options.validityMs)
    return { certificatePem, privateKeyPem: encodePrivateKey(privateKey) }
  }

  async #sign(draft: CertificateDraft, validityMs: number = CERTIFICATE_VALIDITY_MS): Promise<string> {
    const { signedCertificate } = await import('./issuing.ts')
    return signedCertificate(draft, {
      issuerPem: this.certificatePem,
      signer: this.#signer,
      nowMs: this.#clock.now(),
      validityMs,
    })
  }
}

function hasNames({ dnsNames = [], ipAddresses = [] }: SubjectAltNames): boolean {
  return dnsNames.length + ipAddresses.length > 0
}
