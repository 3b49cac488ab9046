import type { KeyObject } from 'node:crypto'
import { errorMessage } from '../common/errors.ts'
import { CertificateRequestError } from './errors.ts'
import { parsePemBlocks } from './pem.ts'
import { encodePrivateKey, generatePrivateKey, parsePrivateKey } from './private-key.ts'
import { toSigningKey } from './signing-key.ts'
import type { Subject } from './subject.ts'
import type { SubjectAltNames } from './subject-alt-names.ts'
import type { Name } from './x509.ts'

export interface NewCertificateRequest extends Subject, SubjectAltNames {
  /** Renews with an existing key. @default a new EC P-256 key */
  readonly privateKeyPem?: string
}

/** A request and the key it speaks for. The key stays with whoever asks. */
export interface CertificateRequestWithKey {
  readonly requestPem: string
  readonly privateKeyPem: string
}

/** What a request asks for. Reading one proves that its sender holds the key, not that it deserves the names. */
export interface CertificateRequest {
  readonly subject: Subject
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly publicKey: KeyObject
}

export interface OpenedCertificateRequest {
  readonly request: CertificateRequest
  readonly subjectName: Name
}

export async function createCertificateRequest(
  request: NewCertificateRequest,
): Promise<CertificateRequestWithKey> {
  const privateKey =
    request.privateKeyPem === undefined ? await generatePrivateKey() : parsePrivateKey(request.privateKeyPem)
  const signer = toSigningKey(privateKey, 'private key')
  const { encodeRequest } = await import('./request-encoding.ts')
  const requestPem = await encodeRequest(request, privateKey, signer)
  return { requestPem, privateKeyPem: encodePrivateKey(privateKey) }
}

/** Reads a PKCS#10 request in PEM and verifies that its own key signed it. */
export async function parseCertificateRequest(pem: string): Promise<CertificateRequest> {
  return (await openCertificateRequest(pem)).request
}

/** As `parseCertificateRequest`, with the subject as it was asked for: attributes besides CN and O included. */
export async function openCertificateRequest(pem: string): Promise<OpenedCertificateRequest> {
  const block = parsePemBlocks(pem).find(({ label }) => /^(NEW )?CERTIFICATE REQUEST$/.test(label))
  if (!block) {
    throw new CertificateRequestError(
      'the certificate request holds no "-----BEGIN CERTIFICATE REQUEST-----" block: send a PKCS#10 request in PEM',
    )
  }
  const { decodeRequest } = await import('./request-encoding.ts')
  try {
    return await decodeRequest(block.der)
  } catch (cause) {
    if (cause instanceof CertificateRequestError) throw cause
    // The library decodes piece by piece, so that a broken piece shows at its first use.
    throw new CertificateRequestError(
      `the certificate request cannot be read: ${errorMessage(cause)}; create it anew, with an EC or RSA key`,
      { cause },
    )
  }
}
