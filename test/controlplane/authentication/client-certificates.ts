import { randomBytes } from 'node:crypto'
import { CertificateAuthority, generatePrivateKey, parsePrivateKey } from '../../../src/pki/index.ts'
import { encodePublicKey } from '../../../src/pki/private-key.ts'
import { toSigningKey } from '../../../src/pki/signing-key.ts'
import {
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonNameParams,
  Name,
  X509CertificateGenerator,
} from '../../../src/pki/x509.ts'

export const AUTHORITY = await CertificateAuthority.create({ commonName: 'test-ca' })

const HOUR_MS = 3_600_000

/** A client certificate in DER, of AUTHORITY, with what its own methods would not put into one. */
export async function unusualCertificate(options: {
  readonly subject: JsonNameParams
  /** Without it the extension is left out. */
  readonly usages?: readonly string[]
}): Promise<Buffer> {
  const signer = toSigningKey(parsePrivateKey(AUTHORITY.privateKeyPem), 'test')
  const extensions: Extension[] = options.usages ? [new ExtendedKeyUsageExtension([...options.usages])] : []
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomBytes(8).toString('hex'),
    subject: new Name(options.subject).toJSON(),
    issuer: 'CN=test-ca',
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + HOUR_MS),
    publicKey: encodePublicKey(await generatePrivateKey()),
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
    extensions,
  })
  return Buffer.from(certificate.rawData)
}
