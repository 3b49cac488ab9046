export {
  CertificateAuthority,
  type CertificateAuthorityComponents,
  type ClientCertificateOptions,
  type DualUseCertificateOptions,
  type IssueOptions,
  type KeyedCertificate,
  type NewCertificateAuthority,
  type ServerCertificateOptions,
  type SignRequestOptions,
} from './certificate-authority.ts'
export {
  type CertificateRequest,
  type CertificateRequestWithKey,
  createCertificateRequest,
  type NewCertificateRequest,
  parseCertificateRequest,
} from './certificate-request.ts'
export {
  type CredentialFileNames,
  type CredentialFiles,
  type Credentials,
  writeCredentialFiles,
  writePrivateFile,
} from './credential-files.ts'
export { CertificateAuthorityError, CertificateRequestError } from './errors.ts'
export type { CertificateUsage } from './extensions.ts'
export { encodePem, type PemBlock, parseCertificate, parseCertificateBundle, parsePemBlocks } from './pem.ts'
export {
  DEFAULT_KEY_ALGORITHM,
  encodePrivateKey,
  generatePrivateKey,
  type KeyAlgorithm,
  parsePrivateKey,
} from './private-key.ts'
export { createSelfSignedCertificate, type SelfSignedOptions } from './self-signed-certificate.ts'
export type { Subject } from './subject.ts'
export type { SubjectAltNames } from './subject-alt-names.ts'
export { BACKDATE_MS, CA_VALIDITY_MS, CERTIFICATE_VALIDITY_MS, type WallClock } from './validity.ts'
