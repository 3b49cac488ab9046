import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
} from './x509.ts'

/** What the owner of a certificate may be in a TLS handshake. */
export type CertificateUsage = 'serverAuth' | 'clientAuth'

const CRITICAL = true

/** A root that signs end-entity certificates and nothing else (path length 0). */
export async function authorityExtensions(publicKey: Buffer): Promise<Extension[]> {
  const { keyCertSign, cRLSign, digitalSignature } = KeyUsageFlags
  const subjectKeyId = await SubjectKeyIdentifierExtension.create(publicKey)
  return [
    new BasicConstraintsExtension(true, 0, CRITICAL),
    new KeyUsagesExtension(keyCertSign | cRLSign | digitalSignature, CRITICAL),
    subjectKeyId,
    new AuthorityKeyIdentifierExtension(subjectKeyId.keyId),
  ]
}

/** `isRsa`: only RSA keys encipher keys (TLS 1.2 without forward secrecy, which some Go servers still accept). */
export async function endEntityExtensions(
  publicKey: Buffer,
  isRsa: boolean,
  usages: readonly CertificateUsage[],
  issuer: X509Certificate,
): Promise<Extension[]> {
  const { digitalSignature, keyEncipherment } = KeyUsageFlags
  return [
    new BasicConstraintsExtension(false, undefined, CRITICAL),
    new KeyUsagesExtension(isRsa ? digitalSignature | keyEncipherment : digitalSignature, CRITICAL),
    new ExtendedKeyUsageExtension(usages.map((usage) => ExtendedKeyUsage[usage])),
    await SubjectKeyIdentifierExtension.create(publicKey),
    await authorityKeyIdentifier(issuer),
  ]
}

/** Repeats the issuer's own subject key identifier: issuers made elsewhere need not derive it as we do. */
async function authorityKeyIdentifier(issuer: X509Certificate): Promise<Extension> {
  const subjectKeyId = issuer.getExtension(SubjectKeyIdentifierExtension)
  return subjectKeyId
    ? new AuthorityKeyIdentifierExtension(subjectKeyId.keyId)
    : AuthorityKeyIdentifierExtension.create(issuer.publicKey)
}
