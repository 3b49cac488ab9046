import { createPublicKey, type KeyObject } from 'node:crypto'
import type { NewCertificateRequest, OpenedCertificateRequest } from './certificate-request.ts'
import { CertificateRequestError } from './errors.ts'
import { encodePublicKey } from './private-key.ts'
import type { SigningKey } from './signing-key.ts'
import { readSubject, subjectName } from './subject.ts'
import { readSubjectAltNames, type SubjectAltNames, subjectAltNameExtension } from './subject-alt-names.ts'
import {
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  PublicKey,
  SubjectAlternativeNameExtension,
} from './x509.ts'

const MIN_RSA_BITS = 2048
const SUBJECT_ALT_NAME_OID = '2.5.29.17'

/** A PKCS#10 request in PEM. */
export async function encodeRequest(
  request: NewCertificateRequest,
  privateKey: KeyObject,
  signer: SigningKey,
): Promise<string> {
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
  return `${csr.toString('pem')}\n`
}

/** @throws CertificateRequestError for what it asks wrongly, and the library's own errors for what cannot be read */
export async function decodeRequest(der: Buffer): Promise<OpenedCertificateRequest> {
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
