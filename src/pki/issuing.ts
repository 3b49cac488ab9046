import type { KeyObject } from 'node:crypto'
import { authorityExtensions, type CertificateUsage, endEntityExtensions } from './extensions.ts'
import { encodePublicKey } from './private-key.ts'
import { randomSerialNumber } from './serial-number.ts'
import type { SigningKey } from './signing-key.ts'
import { type Subject, subjectName } from './subject.ts'
import { type SubjectAltNames, subjectAltNameExtension } from './subject-alt-names.ts'
import { validityFrom, validityWithin } from './validity.ts'
import { Name, X509Certificate, X509CertificateGenerator } from './x509.ts'

/** What a certificate says of its owner. */
export interface CertificateDraft {
  readonly subject: Subject | Name
  readonly altNames: SubjectAltNames
  readonly publicKey: KeyObject
  readonly usages: readonly CertificateUsage[]
}

/** Of a new authority. Returns PEM. */
export async function selfSignedCertificate(options: {
  readonly subject: Subject
  readonly publicKey: KeyObject
  readonly signer: SigningKey
  readonly nowMs: number
  readonly validityMs: number
}): Promise<string> {
  const { signer, nowMs, validityMs } = options
  const publicKey = encodePublicKey(options.publicKey)
  const name = subjectName(options.subject)
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomSerialNumber(),
    subject: name,
    issuer: name,
    ...validityFrom(nowMs, validityMs),
    publicKey,
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
    extensions: await authorityExtensions(publicKey),
  })
  return toPem(certificate)
}

/** Of an end entity. Returns PEM. */
export async function signedCertificate(
  { subject, altNames, publicKey, usages }: CertificateDraft,
  options: {
    readonly issuerPem: string
    readonly signer: SigningKey
    readonly nowMs: number
    readonly validityMs: number
  },
): Promise<string> {
  const { signer, nowMs, validityMs } = options
  const issuer = new X509Certificate(options.issuerPem)
  const encodedKey = encodePublicKey(publicKey)
  const altNameExtension = subjectAltNameExtension(altNames)
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomSerialNumber(),
    subject: subject instanceof Name ? subject : subjectName(subject),
    issuer: issuer.subjectName,
    ...validityWithin(issuer, nowMs, validityMs, issuer.subject),
    publicKey: encodedKey,
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
    extensions: [
      ...(await endEntityExtensions(encodedKey, publicKey.asymmetricKeyType === 'rsa', usages, issuer)),
      ...(altNameExtension ? [altNameExtension] : []),
    ],
  })
  return toPem(certificate)
}

function toPem(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}
