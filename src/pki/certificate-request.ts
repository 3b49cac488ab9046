import { createPublicKey, type KeyObject } from 'node:crypto'
import { errorMessage } from '../common/errors.ts'
import { CertificateRequestError } from './errors.ts'
import { parsePemBlocks } from './pem.ts'
import { encodePrivateKey, encodePublicKey, generatePrivateKey, parsePrivateKey } from './private-key.ts'
import { toSigningKey } from './signing-key.ts'
import { readSubject, type Subject, subjectName } from './subject.ts'
import { readSubjectAltNames, type SubjectAltNames, subjectAltNameExtension } from './subject-alt-names.ts'
import {
  type Name,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  PublicKey,
  SubjectAlternativeNameExtension,
} from './x509.ts'

const MIN_RSA_BITS = 2048
const SUBJECT_ALT_NAME_OID = '2.5.29.17'

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

interface OpenedCertificateRequest {
  readonly request: CertificateRequest
  readonly subjectName: Name
}

export async function createCertificateRequest(
  request: NewCertificateRequest,
): Promise<CertificateRequestWithKey> {
  const privateKey =
    request.privateKeyPem === undefined ? await generatePrivateKey() : parsePrivateKey(request.privateKeyPem)
  const signer = toSigningKey(privateKey, 'private key')
  const altNames = subjectAltNameExtension(request)
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: subjectName(request),
    keys: {
      privateKey: signer.key,
      publicKey: await new PublicKey(encodePublicKey(privateKey)).export(
        { ...signer.key.algorithm, ...signer.algorithm },
        ['verify'],
      ),
    },
    signingAlgorithm: signer.algorithm,
    extensions: altNames ? [altNames] : [],
  })
  return { requestPem: `${csr.toString('pem')}\n`, privateKeyPem: encodePrivateKey(privateKey) }
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
  try {
    return await openDer(block.der)
  } catch (cause) {
    if (cause instanceof CertificateRequestError) throw cause
    // The library decodes piece by piece, so that a broken piece shows at its first use.
    throw new CertificateRequestError(
      `the certificate request cannot be read: ${errorMessage(cause)}; create it anew, with an EC or RSA key`,
      { cause },
    )
  }
}

async function openDer(der: Buffer): Promise<OpenedCertificateRequest> {
  const csr = new Pkcs10CertificateRequest(der)
  if (!(await csr.verify())) {
    throw new CertificateRequestError(
      `the certificate request of "${csr.subject}" is not signed by its own key: it was altered, create it anew`,
    )
  }
  const publicKey = createPublicKey({ key: Buffer.from(csr.publicKey.rawData), format: 'der', type: 'spki' })
  const rsaBits = publicKey.asymmetricKeyDetails?.modulusLength
  if (rsaBits !== undefined && rsaBits < MIN_RSA_BITS) {
    throw new CertificateRequestError(
      `the certificate request of "${csr.subject}" has an RSA key of ${rsaBits} bits: at least ${MIN_RSA_BITS} are needed`,
    )
  }
  const { subjectName } = csr
  const altNames = altNamesOf(csr)
  subjectAltNameExtension(altNames) // throws for names that could not be issued
  return { request: { subject: readSubject(subjectName), ...altNames, publicKey }, subjectName }
}

function altNamesOf(csr: Pkcs10CertificateRequest): Required<SubjectAltNames> {
  const extension = csr.getExtension(SUBJECT_ALT_NAME_OID)
  return extension instanceof SubjectAlternativeNameExtension
    ? readSubjectAltNames(extension)
    : { dnsNames: [], ipAddresses: [] }
}
