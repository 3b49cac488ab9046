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
  /** The subject as it was asked for, attributes besides CN and O included. */
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
  const csr = decodeRequest(pem)
  if (!(await verifySignature(csr))) {
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
  return {
    subject: readSubject(csr.subjectName),
    subjectName: csr.subjectName,
    ...altNamesOf(csr),
    publicKey,
  }
}

function decodeRequest(pem: string): Pkcs10CertificateRequest {
  const block = parsePemBlocks(pem).find(({ label }) => /^(NEW )?CERTIFICATE REQUEST$/.test(label))
  if (!block) {
    throw new CertificateRequestError(
      'the certificate request holds no "-----BEGIN CERTIFICATE REQUEST-----" block: send a PKCS#10 request in PEM',
    )
  }
  try {
    return new Pkcs10CertificateRequest(block.der)
  } catch (cause) {
    throw new CertificateRequestError(`the certificate request is not readable: ${errorMessage(cause)}`, {
      cause,
    })
  }
}

async function verifySignature(csr: Pkcs10CertificateRequest): Promise<boolean> {
  try {
    return await csr.verify()
  } catch (cause) {
    throw new CertificateRequestError(
      `the signature of the certificate request of "${csr.subject}" cannot be verified (${errorMessage(cause)}): use an EC or RSA key`,
      { cause },
    )
  }
}

function altNamesOf(csr: Pkcs10CertificateRequest): Required<SubjectAltNames> {
  const extension = csr.getExtension(SUBJECT_ALT_NAME_OID)
  return extension instanceof SubjectAlternativeNameExtension
    ? readSubjectAltNames(extension)
    : { dnsNames: [], ipAddresses: [] }
}
